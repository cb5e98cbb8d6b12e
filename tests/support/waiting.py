# SPDX-License-Identifier: Apache-2.0
"""Bounded waits: for a condition, never for a length of time."""

import time
from collections.abc import Callable
from typing import TypeVar

from support import tap

Value = TypeVar("Value")


def until(condition: Callable[[], Value], about: str | Callable[[], str],
          seconds: float = 15) -> Value:
    """The first true value of `condition`; the case fails when none comes. `about` may be a
    function, for a text that knows the last state."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            text = about if isinstance(about, str) else about()
            tap.fail(f"waited {seconds} s in vain: {text}")
        time.sleep(0.02)


def pause(seconds: float) -> None:
    """For what no condition tells, such as "the other side has read this". No claim may need it."""
    time.sleep(seconds)
