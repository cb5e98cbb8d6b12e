#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every #include obeys src/ROOMS: a room includes only the rooms and libraries of its line.

The compiler cannot know this: all rooms share one include path.
"""

import pathlib
import re

from support import source_tree, tap

# The first part of an #include <...> that belongs to a third-party library of src/ROOMS.
LIBRARIES = {
    "CLI": "CLI11", "cap-ng.h": "cap", "fmt": "fmt", "gio": "glib", "glib": "glib",
    "glib-object.h": "glib", "glib-unix.h": "glib", "glib.h": "glib", "libmnl": "libmnl",
    "nlohmann": "nlohmann", "seccomp.h": "seccomp", "slirp": "slirp", "libslirp.h": "slirp",
    "spdlog": "spdlog",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)
# Libraries that may be included only by the file that parses options: they are slow to compile.
OPTION_FILES_ONLY = {"CLI11"}


def read_rooms() -> dict[str, tuple[set[str], set[str]]]:
    rooms = {}
    for line in (source_tree.ROOT / "src/ROOMS").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            room, _, rest = line.partition(":")
            may_include, _, libraries = rest.partition("|")
            rooms[room.strip()] = (set(may_include.split()), set(libraries.split()))
    return rooms


ROOMS = read_rooms()


def folders_of(room: str) -> list[pathlib.Path]:
    own = "launcher" if room == "launcher" else f"src/{room}"
    return [source_tree.ROOT / own, source_tree.ROOT / f"include/{room}"]


def library_of(header: str) -> str | None:
    # <sys/capability.h> is libcap's, though the kernel's headers share its folder.
    if header == "sys/capability.h":
        return "cap"
    return LIBRARIES.get(header.split("/")[0])


def offences(room: str, path: pathlib.Path) -> list[str]:
    may_include, libraries = ROOMS[room]
    found = []
    for bracket, header in INCLUDE.findall(path.read_text()):
        where = f"{source_tree.name(path)} includes {header}"
        if bracket == '"':
            other = header.split("/")[0]
            if "/" not in header or other not in ROOMS:
                found.append(f'{where}: write "room/file.hh"')
            elif other != room and other not in may_include:
                allowed = " ".join(sorted(may_include)) or "no other"
                found.append(f"{where}: room {room} may include: {allowed}")
        else:
            library = library_of(header)
            if library and library not in libraries:
                found.append(f"{where}: library {library} is not on the line of room {room}")
            if library in OPTION_FILES_ONLY and "options" not in path.name:
                found.append(f"{where}: {library} belongs into options files only")
    return found


def check_room(room: str) -> None:
    sources = [p for p in source_tree.with_suffix(".hh", ".cc") if p.parent in folders_of(room)]
    if not sources:
        tap.skip("the room has no sources yet")
    found = [line for path in sources for line in offences(room, path)]
    tap.true(not found, "\n".join(found))


for name in ROOMS:
    tap.case(f"room {name} includes only what its line allows")(lambda name=name: check_room(name))


@tap.case("every source file is in a room of the table")
def _():
    folders = {folder for room in ROOMS for folder in folders_of(room)}
    strays = [
        source_tree.name(p)
        for p in source_tree.with_suffix(".hh", ".cc", below=("src", "include", "launcher"))
        if p.parent not in folders
    ]
    tap.equal(strays, [])


@tap.case("a room may only include rooms that have a line, and no two rooms each other")
def _():
    for room, (may_include, _) in ROOMS.items():
        for other in may_include:
            tap.true(other in ROOMS, f"{room} names {other}, which has no line")
            tap.true(room not in ROOMS[other][0], f"{room} and {other} may include each other")


tap.main()
