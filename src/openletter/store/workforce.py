"""Work on many files by several processes, each of them with one file at a time, so that memory is bounded by their number.

Processes are started anew and not forked: threads of the columnar library do not survive a fork.
"""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import pyarrow as pa

from openletter.store.error import StoreError
from openletter.survey.ctrl_c import ctrl_c_held_back
from openletter.survey.orphan import end_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_PROCESSES = 8
"""Each may hold some three hundred megabytes."""

WORTH_IT = 500_000
"""Rows below which starting processes takes longer than the work."""


def default_processes(rows: int) -> int:
    """For work on so many rows: one a core that this process may use, or one alone for few."""
    if rows < WORTH_IT:
        return 1
    return min(MOST_PROCESSES, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)


def _begin(parent: int) -> None:
    end_with_parent(parent)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)


def spread(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    processes: int,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> list[Result]:
    """``work`` on each item; the results in their order. ``work`` is a function of a module, items and results can be
    pickled. ``watch`` is told how many of how many are done.

    Raises what the work raises, and StoreError where a process was killed.
    """
    watch(0, len(items))
    if min(processes, len(items)) <= 1:
        results: list[Result] = []
        for item in items:
            results.append(work(item))
            watch(len(results), len(items))
        return results
    pool = ProcessPoolExecutor(
        min(processes, len(items)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(os.getpid(),),
    )
    try:
        with ctrl_c_held_back():
            futures: list[Future[Result]] = [pool.submit(work, item) for item in items]
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
            watch(len(futures) - len(waiting), len(futures))
        return [future.result() for future in futures]
    except BrokenProcessPool as error:
        raise StoreError(
            "a worker process was killed (by hand, or by the system for want of memory: see dmesg); "
            "what was published before stands"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
