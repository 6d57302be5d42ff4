"""A whole survey of the simulated world, from the discovery list to the published table of countries, with its result held
against the truth.

    python bench/rehearsal.py [--scale 10] [--keep FOLDER]

With --keep, the same command goes on after it was broken off, with the stage that was not done: the whole world takes
hours. Stages are the commands that a user would run, each in processes of its own; time is clock time, memory is the greatest
sum of proportional shares (PSS) of a command's processes, looked at twice a second. The simulation shares the machine.
"""

import argparse
import ctypes
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from memory import family_pss
from openletter.lab.internet.population import World
from openletter.lab.internet.simulation import SimulatedInternet
from openletter.statistics.country import by_country
from openletter.statistics.database import Verdicts
from openletter.statistics.overview import overview
from openletter.store.store import Store

CORES = os.cpu_count() or 1
MEMORY_WANTED = 1.5e9
LOOKS_BETWEEN_NOTES = 60
"""At memory, twice a second: time and memory so far are written down every half minute."""
LISTED, SURVEY = "discovery list (the lab's work)", "survey and judging"
BYTES_EACH = 3_000
"""Of disk for each endpoint, generously: spool, compacted files and verdicts stand side by side for a while."""

Affected = tuple[int, int, int, int]
"""Hosts of a country: POP3 wide and strict, IMAP wide and strict."""


_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _end_with_us() -> None:
    """In a child: the kernel ends it when we are killed (prctl(2))."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


class Stages:
    """Runs commands and keeps what they took, in a file as well: what was done in an earlier run is not done again."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._done: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else {}

    @property
    def peak(self) -> int:
        """Memory of the stage that took most, octets."""
        return max(int(stage["peak"]) for stage in self._done.values())

    def given(self, name: str) -> dict[str, Any] | None:
        """What is known of a stage that was begun."""
        return self._done.get(name)

    def keep(self, name: str, **facts: Any) -> None:
        stage = self._done.setdefault(name, {"seconds": 0.0, "peak": 0, "done": False, "parts": 0})
        stage.update(facts)
        beside = self._kept.with_suffix(".new")
        beside.write_text(json.dumps(self._done))
        beside.replace(self._kept)

    def command(self, name: str, *words: str) -> str:
        """Run it, or say what it said before. Time that an earlier run spent on it in vain counts as well."""
        known = self.given(name) or {}
        if known.get("done"):
            self.told(name, known)
            return str(known["said"])
        spent, parts, peak_before = (known.get(fact, 0) for fact in ("seconds", "parts", "peak"))
        began = time.perf_counter()
        peak = 0
        with subprocess.Popen(
            [sys.executable, "-m", "openletter", *words],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=_end_with_us,
        ) as ran:

            def watch() -> None:
                nonlocal peak
                for look in itertools.count():
                    if ran.poll() is not None:
                        return
                    peak = max(peak, family_pss(ran.pid))
                    if look % LOOKS_BETWEEN_NOTES == 0:
                        self.keep(
                            name,
                            seconds=spent + time.perf_counter() - began,
                            peak=max(peak, peak_before),
                            parts=parts + 1,
                        )
                    time.sleep(0.5)

            watcher = threading.Thread(target=watch, daemon=True)
            watcher.start()
            assert ran.stdout is not None
            try:
                said = ran.stdout.read()
            except BaseException:
                # Before the simulation ends: a survey that goes on without it takes a world that is gone for the truth.
                ran.send_signal(signal.SIGINT)
                ran.wait()
                raise
        watcher.join()
        if ran.returncode:
            raise SystemExit(f"{name}: openletter {words[0]} ended with {ran.returncode}\n{said}")
        self.keep(
            name,
            seconds=spent + time.perf_counter() - began,
            peak=max(peak, peak_before),
            parts=parts + 1,
            said=said,
            done=True,
        )
        self.told(name, self._done[name])
        return said

    def work(self, name: str, seconds: float, said: Any = None) -> None:
        """Of the lab's own work, whose memory does not count."""
        self.keep(name, seconds=seconds, parts=1, said=said, done=True)
        self.told(name, self._done[name])

    def told(self, name: str, stage: dict[str, Any]) -> None:
        memory = f"{stage['peak'] / 1e6:8,.0f} MB" if stage["peak"] else ""
        parts = f" in {stage['parts']} parts" if stage["parts"] > 1 else ""
        print(f"{name:<34}{stage['seconds']:10.1f} s {memory}{parts}", flush=True)


def write_discovery_list(internet: SimulatedInternet, path: Path) -> int:
    """Open endpoints as discovery would find them, with the country that the world has at the address."""
    world, count = internet.world, 0
    ports = dict(
        zip(
            (110, 143, 993, 995), (internet.ports[n] for n in ("pop3", "imap", "imaps", "pop3s")), strict=True
        )
    )
    with path.open("w", encoding="ascii") as out:
        for ip, port in world.endpoints():
            out.write(f"{IPv4Address(ip)}:{ports[port]} country={world.country(ip)}\n")
            count += 1
    return count


def truth(world: World) -> tuple[dict[str, Affected], Counter[str]]:
    """Affected hosts of each country, and endpoints of each class, over the open endpoints."""
    totals: dict[str, Counter[str]] = {}
    classes: Counter[str] = Counter()
    for ip in world.addresses():
        here: set[str] = set()
        for port in (110, 143, 993, 995):
            role = world.endpoint(ip, port)
            if role.open:
                classes[role.truth.cls.value] += 1
                protocol = "pop3" if port in (110, 995) else "imap"
                here |= {f"{protocol} {name}" for name in ("wide", "strict") if getattr(role.truth, name)}
        if here:
            totals.setdefault(world.country(ip), Counter()).update(here)
    names = ("pop3 wide", "pop3 strict", "imap wide", "imap strict")
    return {c: (t[names[0]], t[names[1]], t[names[2]], t[names[3]]) for c, t in totals.items()}, classes


def found_in(store: Path) -> tuple[dict[str, Affected], Counter[str]]:
    with Store(store) as opened, Verdicts(opened.verdict_files(opened.latest())) as verdicts:
        countries = {
            row.country: (
                row.hosts_pop3.wide,
                row.hosts_pop3.strict,
                row.hosts_imap.wide,
                row.hosts_imap.strict,
            )
            for row in by_country(verdicts)
            if row.hosts_either.wide
        }
        rows = overview(verdicts).classes
    return countries, Counter({row.class_: row.endpoints for row in rows})


def compare(
    name: str, wanted: Counter[str] | dict[str, Affected], got: Counter[str] | dict[str, Affected]
) -> bool:
    wrong = {
        key: (got.get(key), wanted.get(key))
        for key in wanted.keys() | got.keys()
        if got.get(key) != wanted.get(key)
    }
    for key, (has, should) in sorted(wrong.items()):
        print(f"  {name} {key}: found {has}, truth {should}")
    return not wrong


def rehearse(scale: int, folder: Path) -> bool:
    stages = Stages(folder / "stages.json")
    store = str(folder / "store")
    settings = stages.given("settings") or {}
    if settings.get("scale", scale) != scale:
        raise SystemExit(f"{folder} has a rehearsal at 1:{settings['scale']}")
    # What goes on asks the same ports.
    with SimulatedInternet(scale, CORES, port_base=settings.get("port_base")) as internet:
        stages.keep("settings", scale=scale, port_base=internet.port_base)
        ports = [word for name, port in internet.ports.items() for word in ("--port", f"{name}={port}")]
        listed = folder / "found.txt"
        if stages.given(LISTED) is None:
            began = time.perf_counter()
            endpoints = write_discovery_list(internet, listed)
            stages.work(LISTED, time.perf_counter() - began, endpoints)
        endpoints = (stages.given(LISTED) or {})["said"]
        print(
            f"the world at 1:{scale}: {endpoints:,} open endpoints, {CORES} cores shared with the simulation",
            flush=True,
        )
        made = stages.command("import", "import", str(listed), *ports, "--store", store, "--json")
        begun = stages.given(SURVEY) is not None and any((folder / "store" / "surveys").iterdir())
        effort = [
            *("--resume",) * begun,
            *("--targets", json.loads(made)["targets"], "--timeout", "15") * (not begun),
            *("--concurrency", "400", "--fail-on", "never"),
            *("--roots", str(internet.root_pem)),
        ]
        stages.command(SURVEY, "survey", *effort, "--store", store)
        stages.command("judging anew", "judge", "--store", store, "--roots", str(internet.root_pem))
        stages.command("compaction, state, roll-ups", "store", "compact", "--store", store)
        stages.command("verification of every file", "store", "verify", "--store", store)
        stages.command("table of countries", "stats", "--by", "country", "--json", "--store", store)
        began = time.perf_counter()
        countries, classes = truth(internet.world)
        stages.work("truth (the lab's work)", time.perf_counter() - began)
        found_countries, found_classes = found_in(folder / "store")
    equal = compare("country", countries, found_countries) and compare("class", classes, found_classes)
    print(
        f"{'equal to the truth' if equal else 'NOT equal to the truth'}: {len(countries)} countries, {len(classes)} classes"
    )
    print(f"peak memory {stages.peak / 1e6:,.0f} MB (wanted: at most {MEMORY_WANTED / 1e6:,.0f})")
    return equal


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--scale", type=int, default=10, help="1:N; 1 is the whole world, 16 million endpoints"
    )
    options.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="work here and leave the store; go on with what is there"
    )
    given = options.parse_args()
    signal.signal(signal.SIGTERM, _interrupted)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="openletter-rehearsal-"))
    folder.mkdir(parents=True, exist_ok=True)
    needed = BYTES_EACH * 17_300_000 // given.scale
    if shutil.disk_usage(folder).free < needed:
        raise SystemExit(
            f"{folder} has less than the {needed / 1e9:.0f} GB that this takes; name another by --keep"
        )
    try:
        raise SystemExit(not rehearse(given.scale, folder))
    except KeyboardInterrupt:
        raise SystemExit(f"broken off{'; the same command goes on' * bool(given.keep)}") from None
    finally:
        if given.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
