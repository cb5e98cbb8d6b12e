# SPDX-License-Identifier: Apache-2.0
"""The host's resolv.conf, changed in the ways in which programs do it."""

import os
import pathlib

ETC = pathlib.Path("/etc")
RESOLV_CONF = ETC / "resolv.conf"


def set_to(text: str) -> None:
    """A plain file, whatever was there."""
    RESOLV_CONF.unlink(missing_ok=True)
    RESOLV_CONF.write_text(text)


def replace_by_rename(text: str) -> None:
    """What NetworkManager and resolvconf do."""
    new = ETC / "resolv.conf.new"
    new.write_text(text)
    os.rename(new, RESOLV_CONF)


def switch_symlink(target: str) -> None:
    """What an administrator, or the start of systemd-resolved, does."""
    link = ETC / "resolv.conf.link"
    link.symlink_to(target)
    os.rename(link, RESOLV_CONF)
