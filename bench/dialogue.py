"""What a dialogue costs: CPU an endpoint against plain asyncio streams, and memory a waiting connection.

    python bench/dialogue.py [--hosts 5000] [--tls-hosts 2000] [--rounds 9] [--waiting 15000]

The peers are those of the simulated Internet, in processes of their own: only the CPU of this process counts (user and
system). Rounds alternate between the engine and the reference; the ratio printed is that
of the cheapest round of each: other work on the machine only ever adds to the CPU of a round.
"""

import argparse
import gc
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from contenders import CLEARTEXT, STARTTLS, engine_round, hosts, reference_round
from openletter.dialogue.observation import Endpoint, Mode, Observation, Protocol
from openletter.engine.engine import Engine
from openletter.engine.schedule import Target
from openletter.lab.internet.simulation import SimulatedInternet
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient

CLEARTEXT_LIMIT, TLS_LIMIT, MEMORY_LIMIT = 0.35, 0.75, 2_048


def cpu_of(
    run: Callable[[list[Endpoint]], list[Observation]], endpoints: list[Endpoint]
) -> tuple[float, float, int]:
    """CPU in microseconds an endpoint, endpoints a second, and how many came as far as they should."""
    gc.collect()
    cpu, clock = time.process_time(), time.perf_counter()
    seen = run(endpoints)
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    assert len(seen) == len(endpoints)
    return cpu / len(seen) * 1e6, len(seen) / clock, sum(bool(o.caps_pre) for o in seen)


def compare(name: str, endpoints: list[Endpoint], rounds: int, limit: float) -> None:
    engine, reference = [], []
    for _ in range(rounds):
        engine.append(cpu_of(engine_round, endpoints))
        reference.append(cpu_of(reference_round, endpoints))
    ours, theirs = min(c for c, _, _ in engine), min(c for c, _, _ in reference)
    print(
        f"{name:<10} {len(endpoints):>6} hosts   engine {ours:7.1f} µs {median(r for _, r, _ in engine):8.0f}/s   "
        f"asyncio {theirs:7.1f} µs {median(r for _, r, _ in reference):8.0f}/s   "
        f"ratio {ours / theirs:.3f} (wanted: at most {limit})"
    )


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def memory(waiting: int) -> None:
    """Resident memory that ``waiting`` connections take which stand and wait for a greeting."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("silence.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        port = int(peer.stdout.readline())

        def targets() -> Iterator[Target]:
            for n in range(waiting):
                ip = f"127.{20 + n // 62_500}.{n // 250 % 250}.{1 + n % 250}"
                yield Target(Endpoint(ip=ip, port=port, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT))

        engine = Engine(FastClient(CertificateBook()), concurrency=waiting)
        gc.collect()
        before = resident()
        peak = 0

        def watch() -> None:
            nonlocal peak
            while engine.open_connections < waiting:
                time.sleep(0.1)
            time.sleep(0.3)
            peak = resident()
            engine.stop()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        engine.run(targets(), lambda _, __: None)
        watcher.join(5)
        peer.stdin.close()
    print(
        f"{'waiting':<10} {waiting:>6} connections   {(peak - before) / waiting:7.0f} bytes each (wanted: at most {MEMORY_LIMIT})"
    )


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--hosts", type=int, default=5_000)
    options.add_argument("--tls-hosts", type=int, default=2_000)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--waiting", type=int, default=15_000)
    given = options.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    memory(given.waiting)
    with SimulatedInternet(scale=100, processes=1, port_base=None) as internet:
        cleartext = hosts(internet, *CLEARTEXT, given.hosts)
        compare("cleartext", cleartext, given.rounds, CLEARTEXT_LIMIT)
        starttls = hosts(internet, *STARTTLS, given.tls_hosts)
        compare("STARTTLS", starttls, given.rounds, TLS_LIMIT)


if __name__ == "__main__":
    main()
