# SPDX-License-Identifier: Apache-2.0
"""Test cases in the Test Anything Protocol, which Meson reads: one line for each case.

    from support import tap

    @tap.case("a web server is published")
    def _():
        tap.equal(fetch(), "hello")

    tap.main()

A case fails by any exception. It is stopped when its time is over, so nothing waits for ever.
"""

import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

DEFAULT_SECONDS = 60


class Failed(AssertionError):
    """What a check found; its text is all that is printed."""


class Skipped(Exception):
    """The case cannot be tried here; the text says why."""


class _TimeIsOver(BaseException):
    """Not an Exception: no test code may catch it by accident."""


@dataclass
class _Case:
    claim: str
    body: Callable[[], None]
    seconds: float


_cases: list[_Case] = []
# After a case, also a failed one, a check may raise Failed (see host.py: nothing is left over).
_before_each: list[Callable[[], None]] = []
_after_each: list[Callable[[], None]] = []


def case(claim: str, seconds: float = DEFAULT_SECONDS) -> Callable[[Callable], Callable]:
    """Registers a test case under the sentence that it proves."""

    def register(body: Callable[[], None]) -> Callable[[], None]:
        _cases.append(_Case(claim.replace("#", ""), body, seconds))
        return body

    return register


def before_each(action: Callable[[], None]) -> None:
    _before_each.append(action)


def after_each(check: Callable[[], None]) -> None:
    _after_each.append(check)


def fail(text: str) -> None:
    raise Failed(text)


def skip(reason: str) -> None:
    raise Skipped(reason)


def equal(found: object, expected: object, about: str = "") -> None:
    if found != expected:
        fail(f"{about + ': ' if about else ''}found {found!r}, expected {expected!r}")


def contains(text: str, *parts: str) -> None:
    for part in parts:
        if part not in text:
            fail(f"{part!r} is not in {text!r}")


def lacks(text: str, *parts: str) -> None:
    for part in parts:
        if part in text:
            fail(f"{part!r} is in {text!r}")


def true(condition: object, text: str) -> None:
    if not condition:
        fail(text)


def main() -> None:
    """Runs all cases; ends the program. Arguments: parts of the claims to be run only."""
    # nohup(1) has some ignored, and a shell others of what it runs in the background; every program
    # below would inherit that.
    for ignored in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(ignored, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = [c for c in _cases if not sys.argv[1:] or any(a in c.claim for a in sys.argv[1:])]
    print(f"1..{len(chosen)}", flush=True)
    for number, item in enumerate(chosen, start=1):
        outcome, notes = _run(item)
        directive = f" # SKIP {notes}" if outcome == "skip" else ""
        word = "ok" if outcome == "skip" else outcome
        print(f"{word} {number} - {item.claim}{directive}")
        if outcome == "not ok":
            for line in notes.splitlines():
                print(f"# {line}")
        sys.stdout.flush()
    # The lines are the verdict; another status would mean that this program itself went wrong.
    sys.exit(0)


def _run(item: _Case) -> tuple[str, str]:
    for action in _before_each:
        action()
    outcome, notes = _guarded(item.body, item.seconds)
    for check in _after_each:
        after_outcome, after_notes = _guarded(check, 30)
        if after_outcome != "ok" and outcome == "ok":
            outcome, notes = after_outcome, after_notes
        elif after_outcome == "not ok":
            notes += "\n" + after_notes
    return outcome, notes


def _guarded(body: Callable[[], None], seconds: float) -> tuple[str, str]:
    def on_alarm(_signal, _frame):
        raise _TimeIsOver

    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        body()
        return "ok", ""
    except Skipped as reason:
        return "skip", str(reason)
    except Failed as found:
        # The line of the test, not of the check that it called.
        frames = [f for f in traceback.extract_tb(found.__traceback__) if f.filename != __file__]
        return "not ok", f"line {frames[-1].lineno}: {found}"
    except _TimeIsOver:
        return "not ok", f"not over after {seconds} s\n{traceback.format_exc()}"
    except Exception:  # Any mistake of a test is a failed test.
        return "not ok", traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
