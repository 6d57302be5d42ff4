"""The dashboard against a store of five million endpoints and thirty daily surveys, while another survey is published.

    python bench/web.py [--store DIR] [--endpoints 5000000] [--days 30] [--readers 20] [--seconds 60]

1. A store is made from the simulated world (``openletter lab store``), or the one in --store is used, which must be such a
   one; it then keeps the surveys that are published here.
2. ``openletter serve`` is started twice, for operators and for the public, as real processes.
3. Each page is asked for once, by one reader: that is uncached. Then once more: that is cached, and the reference.
4. Twenty readers walk through all pages, in English and in Japanese, with their charts and the API, from a process of their
   own, while another process judges, enriches and publishes one survey after the other. It goes on until the time is over and
   a survey was published meanwhile, at most --most-seconds.

Every response is looked at: whether it names a survey that was published, and has the numbers of that very survey. Wanted: at
most 150 ms at the 95th percentile of each page, and nothing wrong.
"""

import argparse
import contextlib
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from memory import family_pss
from openletter.generated.generating import Order, generate
from openletter.generated.truth import Generated, read_truth, write_truth
from openletter.lab.internet.population import SEED, World
from openletter.lab.internet.simulation import default_cache
from openletter.store.store import Store
from web_pages import charts, pages
from web_readers import Found, Plan

WANTED_S = 0.150
HERE = Path(__file__).parent
START_S = 60.0
HOSTS_AT_SCALE_1 = 4 * sum(stretch.quota.hosts for stretch in World(1000).stretches) * 1000
"""Endpoints, about: a host has four."""


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def made(root: Path, endpoints: int, days: int) -> Generated:
    scale = max(1, HOSTS_AT_SCALE_1 // endpoints)
    began = time.monotonic()
    doing = ""

    def watch(words: str, _done: int, _of: int) -> None:
        nonlocal doing
        if words != doing:
            say(f"  {time.monotonic() - began:5.0f} s  {words}")
            doing = words

    found = generate(root, Order(scale=scale, days=days, full=2, seed=SEED), watch=watch)
    say(f"made in {time.monotonic() - began:.0f} s")
    return found


@contextlib.contextmanager
def serving(store: Path, port: int, log: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """``openletter serve`` until the end of the context."""
    command = [
        sys.executable,
        "-m",
        "openletter",
        "serve",
        "--store",
        str(store),
        "--port",
        str(port),
        *options,
    ]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            until = time.monotonic() + START_S
            while True:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
                    break
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit(f"the server does not begin:\n{log.read_text('utf-8', 'replace')}")
                time.sleep(0.2)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def read(folder: Path, plan: Plan, most: float) -> Found:
    path = folder / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    done = subprocess.run(
        [sys.executable, str(HERE / "web_readers.py"), str(path)],
        stdout=subprocess.PIPE,
        timeout=most,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Found)


class Publishing:
    """The other process; its lines go to a file that the readers look into."""

    def __init__(self, store: Path, cache: Path, announced: Path) -> None:
        self._announced = announced
        command = [sys.executable, str(HERE / "web_publisher.py"), str(store), str(cache)]
        with announced.open("wb") as out:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out)

    def lines(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self._announced.read_text().splitlines()]

    def published(self) -> set[str]:
        return {line["published"] for line in self.lines() if "published" in line}

    def fault(self) -> str:
        code = self._process.poll()
        return "" if code is None else f"the publisher ended with {code}"

    def end(self) -> None:
        """When the survey at hand is published and merged."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(600)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def quantile(of: list[float], share: float) -> float:
    ordered = sorted(of)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def joined(of: list[Found]) -> Found:
    times: dict[str, list[float]] = {}
    surveys: dict[str, int] = {}
    for one in of:
        for name, values in one.times.items():
            times.setdefault(name, []).extend(values)
        for survey, count in one.surveys.items():
            surveys[survey] = surveys.get(survey, 0) + count
    return Found(
        times=times,
        wrong=sum(one.wrong for one in of),
        told=[wrong for one in of for wrong in one.told][:20],
        checked=sum(one.checked for one in of),
        surveys=surveys,
        seconds=sum(one.seconds for one in of),
    )


def show(found: Found, cold: Found, warm: Found) -> list[str]:
    """Print the table; the pages that take longer than is wanted."""
    table = Table("page", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("requests", "p50 ms", "p95 ms", "max ms", "uncached p95", "cached p50", ""):
        table.add_column(name, justify="right", no_wrap=True)
    slow = []
    for name, times in sorted(found.times.items()):
        p95 = quantile(times, 0.95)
        if p95 > WANTED_S:
            slow.append(name)
        first, again = quantile(cold.times[name], 0.95), quantile(warm.times[name], 0.5)
        shown = [quantile(times, 0.5), p95, max(times), first, again]
        table.add_row(
            name,
            f"{len(times):,}",
            *(f"{1000 * value:,.1f}" for value in shown),
            "slow" if p95 > WANTED_S else "",
        )
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    return slow


def keep_truths(root: Path, lines: list[dict[str, str]]) -> None:
    """So that the store can be used again."""
    generated = read_truth(root)
    known = {each.survey: each for each in generated.surveys}
    like = {line["survey"]: line["like"] for line in lines if "like" in line}
    with Store(root) as store:
        there = {record.id for record in store.surveys()}
    more = [
        msgspec.structs.replace(known[of], survey=survey)
        for survey, of in like.items()
        if survey in there and survey not in known
    ]
    write_truth(root, msgspec.structs.replace(generated, surveys=(*generated.surveys, *more)))


def measure(given: argparse.Namespace, root: Path, cache: Path, folder: Path) -> int:
    operator, public = free_port(), free_port()
    announced = folder / "announced.jsonl"
    announced.touch()
    with (
        serving(root, operator, folder / "operator.log") as server,
        serving(root, public, folder / "public.log", "--public") as other,
    ):
        walked = pages(root, operator, public)
        plan = Plan(
            store=str(root),
            announced=str(announced),
            pages=tuple(walked),
            readers=given.readers,
            seconds=given.seconds,
            pause=given.pause,
            cold=True,
        )
        cold = [read(folder, plan, 900)]
        drawn = charts(walked)
        cold.append(read(folder, msgspec.structs.replace(plan, pages=tuple(drawn)), 900))
        plan = msgspec.structs.replace(plan, pages=(*walked, *drawn))
        warm = read(folder, plan, 900)
        say(f"{len(plan.pages)} addresses; each asked for twice, now by {given.readers} readers")
        publishing = Publishing(root, cache, announced)
        rounds: list[Found] = []
        began = time.monotonic()
        try:
            loaded = msgspec.structs.replace(plan, cold=False)
            while True:
                rounds.append(read(folder, loaded, given.seconds + 120))
                if publishing.fault():
                    raise SystemExit(publishing.fault())
                passed = time.monotonic() - began
                seen = publishing.published() & joined(rounds).surveys.keys()
                if seen or passed + given.seconds > given.most_seconds:
                    break
                say(
                    f"{passed:.0f} s; {len(publishing.published())} surveys published, none of them was seen yet"
                )
        finally:
            say("the publisher ends with the survey at hand")
            publishing.end()
            keep_truths(root, publishing.lines())
        memory = [family_pss(process.pid) / 1e6 for process in (server, other)]
        return tell(given, joined(rounds), joined(cold), warm, publishing.published(), memory)


def tell(
    given: argparse.Namespace,
    found: Found,
    cold: Found,
    warm: Found,
    published: set[str],
    memory: list[float],
) -> int:
    slow = show(found, cold, warm)
    requests = sum(map(len, found.times.values()))
    everything = [value for times in found.times.values() for value in times]
    ratio = sum(map(sum, warm.times.values())) / sum(map(sum, cold.times.values()))
    print(
        f"{requests:,} requests by {given.readers} readers in {found.seconds:.0f} s ({requests / found.seconds:,.0f} a second), "
        f"p95 of all {1000 * quantile(everything, 0.95):,.1f} ms; wanted: at most {1000 * WANTED_S:.0f} ms for each page"
    )
    print(f"cached to uncached, one reader: {ratio:.3f}")
    print(
        f"{found.checked:,} responses compared with the truth, {found.wrong:,} wrong; "
        f"{len(published)} surveys published meanwhile, {len(published & found.surveys.keys())} of them seen; "
        f"memory of the servers {memory[0]:,.0f} and {memory[1]:,.0f} MB"
    )
    for wrong in (*cold.told, *warm.told, *found.told):
        print(f"WRONG {wrong.page}: {wrong.what}")
    if slow:
        print(f"slower than wanted: {', '.join(slow)}")
    return 1 if found.wrong or cold.wrong or warm.wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", type=Path, help="a generated store to use, or a folder to make it in")
    parser.add_argument("--endpoints", type=int, default=5_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--most-seconds", type=float, default=600.0)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two requests of a reader")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="the lab's certificates")
    given = parser.parse_args()
    # Told to stop, it ends what it has started, as with Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="openletter-web-") as folder:
        root = given.store or Path(folder, "store")
        if not (root / "manifest.sqlite").exists():
            made(root, given.endpoints, given.days)
        return measure(given, root, given.cache, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
