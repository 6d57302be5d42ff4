"""Steps of a benchmark, each with its time and the memory of this process and its workers, as a table."""

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.table import Table

from memory import family_pss

Result = TypeVar("Result")


class Report:
    """Runs steps and keeps what they took."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str, str]] = []
        self.fastest = 0.0
        """Rows a second of the last step."""
        self.peak = 0
        """Octets that the last step held at most."""

    def step(
        self, name: str, wanted: str, rows: int, work: Callable[[], Result], *, again: int = 1
    ) -> Result:
        """``rows``: over which the time is shared, 0 for none; ``again``: the best of so many."""
        peak = 0
        over = threading.Event()

        def look() -> None:
            nonlocal peak
            while not over.wait(0.25):
                peak = max(peak, family_pss(os.getpid()))

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        best = float("inf")
        for _ in range(again):
            began = time.perf_counter()
            result = work()
            best = min(best, time.perf_counter() - began)
        over.set()
        watcher.join()
        self.fastest = rows / best
        self.peak = peak
        rate = f"{self.fastest:,.0f}" if rows else ""
        memory = f"{peak / 1e6:,.0f} MB" if peak else ""
        self.rows.append((name, f"{best:,.2f} s", rate, memory, wanted))
        sys.stderr.write(f"{name}: {best:.2f} s {rate} {memory}\n")
        return result

    def show(self, title: str) -> None:
        table = Table("", title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("time", "rows/s", "memory"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("wanted")
        for row in self.rows:
            table.add_row(*row)
        Console(width=None if sys.stdout.isatty() else 120).print(table)
