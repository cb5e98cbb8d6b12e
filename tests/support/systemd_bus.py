#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the user's systemd on a bus: systemd_bus.py ADDRESS GROUPS FILES CONTROLLERS OUTCOME

Answers org.freedesktop.systemd1.Manager.StartTransientUnit as org.freedesktop.systemd1(5) has it:
the processes go to a control group of the scope's name below GROUPS, a real hierarchy of version 2,
and the limits of CONTROLLERS ("memory,pids") to files below FILES, which stand for the files that
the kernel would have there. OUTCOME is the result of the job ("done"), or "refused" for an error.
Prints each request in JSON. Says "listening" when it is there.
"""

import json
import pathlib
import sys

from gi.repository import Gio, GLib

ADDRESS, GROUPS, FILES, CONTROLLERS, OUTCOME = sys.argv[1:]
JOB = "/org/freedesktop/systemd1/job/7"
INTERFACE = """<node><interface name="org.freedesktop.systemd1.Manager">
<method name="Subscribe"/>
<method name="StartTransientUnit">
<arg direction="in" type="s"/><arg direction="in" type="s"/><arg direction="in" type="a(sv)"/>
<arg direction="in" type="a(sa(sv))"/><arg direction="out" type="o"/>
</method></interface></node>"""
FILE_NAMES = {"MemoryMax": ("memory", "memory.max"), "TasksMax": ("pids", "pids.max"),
              "CPUQuotaPerSecUSec": ("cpu", "cpu.max")}


def make_scope(unit: str, properties: dict) -> None:
    for top in (GROUPS, FILES):
        pathlib.Path(top, unit).mkdir()
    for pid in properties["PIDs"]:
        pathlib.Path(GROUPS, unit, "cgroup.procs").write_text(str(pid))
    for name, (controller, file) in FILE_NAMES.items():
        if controller in CONTROLLERS.split(","):
            pathlib.Path(FILES, unit, file).write_text(f"{properties.get(name, 'max')}\n")


def on_call(connection, sender, path, _interface, method, arguments, invocation) -> None:
    if method == "Subscribe":
        return invocation.return_value(None)
    unit, mode, properties, _aux = arguments.unpack()
    print(json.dumps({"unit": unit, "mode": mode, "properties": dict(properties)}), flush=True)
    if OUTCOME == "refused":
        return invocation.return_dbus_error("org.freedesktop.DBus.Error.AccessDenied", "not today")
    if OUTCOME == "done":
        make_scope(unit, dict(properties))
    # Before the answer, as systemd may.
    connection.emit_signal(sender, path, "org.freedesktop.systemd1.Manager", "JobRemoved",
                           GLib.Variant("(uoss)", (7, JOB, unit, OUTCOME)))
    return invocation.return_value(GLib.Variant("(o)", (JOB,)))


connection = Gio.DBusConnection.new_for_address_sync(
    ADDRESS, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
    | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
node = Gio.DBusNodeInfo.new_for_xml(INTERFACE)
connection.register_object("/org/freedesktop/systemd1", node.interfaces[0], on_call, None, None)
Gio.bus_own_name_on_connection(connection, "org.freedesktop.systemd1", Gio.BusNameOwnerFlags.NONE,
                               lambda *_: print("listening", flush=True), None)
GLib.MainLoop().run()
