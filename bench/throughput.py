"""Dialogues a second on all cores, shared with the simulated Internet, against plain asyncio streams in the same run; and
whether an endpoint costs more in a large survey than in a small one.

    python bench/throughput.py [--hosts 5000] [--tls-hosts 3000] [--rounds 3] [--small 50000] [--large 1000000]

Engine and reference run in as many processes as there are cores, beside as many of the simulation, in turns. The growth is
that of a whole survey: scope, engine, spool files; CPU of the survey's processes, that of the simulation left out.
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, summarize_address_range
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from contenders import CLEARTEXT, STARTTLS, engine_round, hosts, reference_round
from openletter.dialogue.observation import Endpoint, Observation
from openletter.lab.internet.population import FIRST
from openletter.lab.internet.simulation import SimulatedInternet

CORES = os.cpu_count() or 1
CLEARTEXT_WANTED, TLS_WANTED, GROWTH_ALLOWED = 2.5, 1.3, 1.10
PORTS_PER_HOST = 4

Round = Callable[[list[Endpoint]], list[Observation]]


def _share(run: Round, endpoints: list[Endpoint], pipe: "Connection[object, object]") -> None:
    pipe.send("ready")
    pipe.recv()
    run(endpoints)
    pipe.send("done")


def per_second(run: Round, endpoints: list[Endpoint]) -> float:
    """Dialogues a second of one process a core, from the start of the first to the end of the last."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for core in range(CORES):
        ours, theirs = context.Pipe()
        process = context.Process(target=_share, args=(run, endpoints[core::CORES], theirs))
        process.start()
        pipes.append(ours)
        processes.append(process)
    for pipe in pipes:
        pipe.recv()
    began = time.perf_counter()
    for pipe in pipes:
        pipe.send("go")
    for pipe in pipes:
        pipe.recv()
    took = time.perf_counter() - began
    for process in processes:
        process.join()
    return len(endpoints) / took


def compare(name: str, endpoints: list[Endpoint], rounds: int, wanted: float) -> None:
    engine, reference = [], []
    for _ in range(rounds):
        engine.append(per_second(engine_round, endpoints))
        reference.append(per_second(reference_round, endpoints))
    ours, theirs = median(engine), median(reference)
    print(
        f"{name:<10} {len(endpoints):>7,} hosts   engine {ours:8,.0f}/s   asyncio {theirs:8,.0f}/s   "
        f"ratio {ours / theirs:.2f} (wanted: at least {wanted})",
        flush=True,
    )


def _scope(addresses: int) -> Iterator[str]:
    """The first addresses of the world."""
    last = FIRST + addresses - 1
    return (str(block) for block in summarize_address_range(IPv4Address(FIRST), IPv4Address(last)))


def survey_cpu(internet: SimulatedInternet, endpoints: int) -> tuple[float, float]:
    """CPU in microseconds and seconds of clock of a survey without its judging, an endpoint and in all."""
    folder = Path(tempfile.mkdtemp(prefix="openletter-bench-"))
    try:
        scope = folder / "scope.txt"
        scope.write_text("\n".join(_scope(endpoints // PORTS_PER_HOST)) + "\n")
        ports = [word for name, port in internet.ports.items() for word in ("--port", f"{name}={port}")]
        command = [
            sys.executable,
            "-m",
            "openletter",
            "survey",
            str(scope),
            *ports,
            "--store",
            str(folder / "store"),
        ]
        before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [
                *command,
                "--concurrency",
                "400",
                "--timeout",
                "10",
                "--fail-on",
                "never",
                "--roots",
                internet.root_pem,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        clock = time.perf_counter() - clock
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return cpu / endpoints * 1e6, clock
    finally:
        shutil.rmtree(folder)


def growth(internet: SimulatedInternet, small: int, large: int) -> None:
    few, few_took = survey_cpu(internet, small)
    many, many_took = survey_cpu(internet, large)
    print(
        f"{'growth':<10} {small:,} endpoints {few:.0f} µs each ({few_took:.0f} s)   {large:,} endpoints {many:.0f} µs each "
        f"({many_took:.0f} s)   ratio {many / few:.2f} (wanted: at most {GROWTH_ALLOWED})",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--hosts", type=int, default=5_000)
    options.add_argument("--tls-hosts", type=int, default=3_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--small", type=int, default=50_000)
    options.add_argument("--large", type=int, default=1_000_000, help="0 leaves the growth out")
    given = options.parse_args()
    with SimulatedInternet(100, CORES, port_base=None) as internet:
        compare("cleartext", hosts(internet, *CLEARTEXT, given.hosts), given.rounds, CLEARTEXT_WANTED)
        compare("STARTTLS", hosts(internet, *STARTTLS, given.tls_hosts), given.rounds, TLS_WANTED)
    if given.large:
        # At 1:10 the world has 3.4 million endpoints, open and closed, with all that is odd about them.
        with SimulatedInternet(10, CORES, port_base=None) as internet:
            growth(internet, given.small, given.large)


if __name__ == "__main__":
    main()
