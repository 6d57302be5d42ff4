"""Ctrl-C reaches every process of a terminal, and the parent alone says what becomes of it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Processes that are started under this never see Ctrl-C, not even before their first line; we see it afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def on_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C and SIGTERM call ``stop``; the same a second time is taken as usual. In the main thread only."""

    def heard(number: int, _: FrameType | None) -> None:
        signal.signal(number, before[signal.Signals(number)])
        stop()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
