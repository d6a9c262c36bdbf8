"""Waiting for a condition, never for a time."""
import time

PAUSE_S = 0.02


class Late(Exception):
    pass


def until(condition, what, seconds=20.0):
    """The condition's first true value; Late, with what was waited for, when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Late(f"waited {seconds:g} s for {what}; last seen: {value!r}")
        time.sleep(PAUSE_S)
