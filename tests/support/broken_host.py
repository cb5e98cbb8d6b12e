# SPDX-License-Identifier: Apache-2.0
"""netns-run where something of the host is missing or forbidden, for this one run only."""

from support import host, process


def after(preparation: str, *arguments: str, chroot: str = "/") -> process.Result:
    """netns-run in a mount namespace of its own, after commands of the host's root."""
    command = " ".join(["chroot", chroot, *host.as_user(), process.NETNS_RUN, *arguments])
    return process.run(["unshare", "--mount", "sh", "-c", f"{preparation} && exec {command}"],
                       user=False, env=host.environment(user=True))


def below_limit(name: str, *arguments: str) -> process.Result:
    """With sysctl user.NAME at 0 in a user namespace: limits count below each of them, so this
    changes nothing for the host."""
    command = f"echo 0 >/proc/sys/user/{name}; exec {process.NETNS_RUN} {' '.join(arguments)}"
    return process.run(["unshare", "--user", "--map-root-user", "sh", "-c", command])


# A device that is there and closed.
CLOSED_TUN = "mknod -m 600 /run/host/closed-tun c 10 200 && " \
             "mount --bind /run/host/closed-tun /dev/net/tun"
NO_TUN = "umount /dev/net/tun 2>/dev/null; mount -t tmpfs none /dev/net"
