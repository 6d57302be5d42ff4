"""A program that keeps a store and is killed at it, again and again; run by ``test_crash.py``, in a process of its own.

Every piece of work and every look at what it left is a process forked from one that has used the columnar library for
nothing yet, so that a round takes a fraction of a second.

    killing.py FOLDER points EVERY     killed before and after each EVERY-th thing that is done to a file
    killing.py FOLDER moments ROUNDS   killed at random moments
    killing.py FOLDER sizes N...       no file may grow beyond N octets
    killing.py FOLDER full             the folder has no more room than it has; exit code 75 where that was not enough
"""

import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path

from openletter.dialogue.observation import (
    Greeting,
    Handshake,
    HandshakeOutcome,
    Mode,
    Observation,
    Protocol,
    Tcp,
)
from openletter.enrich.enriching import enrich_survey, enriching
from openletter.scope.build import build_scope
from openletter.scope.target import parse_target
from openletter.store import files, manifest
from openletter.store.compaction import is_compacted
from openletter.store.error import DiskFullError, StoreError
from openletter.store.file_set import Kind, Standing
from openletter.store.files import read_table
from openletter.store.record import State
from openletter.store.retention import prune
from openletter.store.store import Store
from openletter.store.verification import verify
from openletter.survey.plan import Conditions, Plan, Vantage
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.verdict.state import merge_state

SURVEYS = 3
SHARDS = 2
HOSTS = 12
BEGAN = 1_800_000_000.0
NO_ROOM = 75
DER = {sha256(b"no certificate at all").hexdigest(): b"no certificate at all"}


def observations(survey, shard):
    """What a survey sees: the same each time it is asked, and not the same in each survey."""
    for number in range(HOSTS):
        spoke = (number + survey + shard) % 3 > 0
        chain = tuple(DER) if number % 4 == 0 else ()
        yield Observation(
            ip=f"192.0.{shard}.{number}",
            port=143,
            protocol=Protocol.IMAP,
            mode=Mode.CLEARTEXT,
            started=BEGAN,
            tcp=Tcp.OPEN if spoke else Tcp.TIMEOUT,
            greeting=Greeting.OK if spoke else Greeting.NOT_REACHED,
            handshake=Handshake(
                outcome=HandshakeOutcome.OK if chain else HandshakeOutcome.NOT_TRIED, chain=chain
            ),
            banner=f"* OK {survey}".encode(),
        )


def make(root):
    """A store with the surveys that are to be made."""
    scope = build_scope([parse_target("192.0.0.0/22")])
    plan = Plan(
        scope=scope.description,
        endpoints=SHARDS * HOSTS,
        seed=1,
        shards=SHARDS,
        conditions=Conditions(),
        vantage=Vantage(),
    )
    with Store(root, create=True) as store:
        for survey in range(SURVEYS):
            store.add_survey(plan, now=BEGAN + 86_400 * survey, tool_version="0")


def work(root, acknowledged):
    """All that is left to be done. ``acknowledged``: a descriptor that is told of every shard that is safe."""
    with Store(root) as store:
        for number, record in enumerate(store.surveys()):
            if record.pruned:
                continue
            if record.state is not State.FINISHED:
                with store.run(record.id) as run:
                    done = {published.shard for published in run.finished()}
                    sink = run.sink()
                    for shard in range(SHARDS):
                        if shard not in done:
                            writer = sink.begin(shard, DER.get)
                            for seen in observations(number, shard):
                                writer.add(seen)
                            run.record(writer.publish())
                        os.write(acknowledged, f"{number} {shard}\n".encode())
                    run.end(State.FINISHED, BEGAN + 86_400 * number + 60)
            if not store.survey(record.id).verdicts:
                # The first is judged and enriched in one step, the others in two.
                further = None if number else enriching(store, record, [])
                judge_survey(store, record, Trust(roots=[]), further=further)
            if not store.survey(record.id).enriched:
                enrich_survey(store, record, [])
            merge_state(store)
        prune(store, keep=2)


def places(tables):
    return sorted((row["ip"], row["port"], row["banner"]) for table in tables for row in table.to_pylist())


def check(root, acknowledged):
    """What is there is whole, and has all that was acknowledged."""
    promised = {tuple(map(int, line.split())) for line in acknowledged.read_text().splitlines()}
    with Store(root) as store:
        found = verify(store)
        assert found.sound, found.complaints
        for number, record in enumerate(store.surveys()):
            shards = {published.shard: published for published in store.shards(record.id)}
            assert {shard for survey, shard in promised if survey == number} <= set(shards)
            if record.pruned:
                assert store.current(Kind.ROLLUPS, record.id) is not None
                continue
            if is_compacted(store, record):
                tables = [
                    read_table(path) for path in store.files_of(store.current(Kind.OBSERVATIONS, record.id))
                ]
            else:
                tables = [read_table(store.observations(published)) for published in shards.values()]
            expected = [
                (seen.ip, seen.port, seen.banner) for shard in shards for seen in observations(number, shard)
            ]
            assert places(tables) == sorted(expected)
            if record.verdicts:
                for files in (store.verdict_files(record), store.endpoint_files(record)):
                    assert sum(read_table(path).num_rows for path in files) == SHARDS * HOSTS
                assert store.is_enriched(record) == bool(record.enriched)


def outcome(root):
    """All that a reader of the finished store can see."""
    with Store(root) as store:
        surveys = [(record.pruned, bool(record.verdicts), bool(record.merged)) for record in store.surveys()]
        sets = sorted(
            (one.kind, names.index(one.survey), one.standing == Standing.CURRENT, rows(store, one))
            for names in [[record.id for record in store.surveys()]]
            for one in store.manifest.sets()
        )
        assert verify(store, repair=True).complaints == ()
        leftover = [path.name for path in root.iterdir() if path.name.startswith(".")]
        return repr((surveys, sets, leftover))


def rows(store, of):
    return sorted(repr(row) for path in store.files_of(of) for row in read_table(path).to_pylist())


class Killer:
    """Kills this process at the ``at``-th thing that is done to a file, before it is done or right after."""

    def __init__(self, at):
        self.at = at
        self.count = 0

    def tick(self):
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, holder, name):
        inner = getattr(holder, name)

        def watched(*arguments, **words):
            self.tick()
            done = inner(*arguments, **words)
            self.tick()
            return done

        setattr(holder, name, watched)

    def install(self):
        for holder, name in (
            (os, "fsync"),
            (Path, "rename"),
            (Path, "unlink"),
            (os, "unlink"),
            (os, "rmdir"),
        ):
            self.around(holder, name)

        class Connection(sqlite3.Connection):
            pass

        self.around(Connection, "execute")
        connect = sqlite3.connect
        for module in (manifest.sqlite3,):
            module.connect = lambda *a, **k: connect(*a, **{"factory": Connection, **k})


def forked(job):
    """Start a process for a job; its id."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = job() or 0
        except DiskFullError:
            code = NO_ROOM
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return pid


def ended(pid):
    """Its exit code; -9 where it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def must(job):
    code = ended(forked(job))
    if code:
        sys.exit(f"a look at the store failed with {code}")


class Bench:
    """A fresh store for each round."""

    def __init__(self, folder):
        self.folder = folder
        self.base = folder / "base"
        must(lambda: make(self.base))
        self.expected = self._expected()

    def fresh(self):
        root = self.folder / "store"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.base, root)
        acknowledged = self.folder / "acknowledged"
        acknowledged.write_bytes(b"")
        return root, acknowledged

    def run(self, root, acknowledged, before=lambda: None):
        def job():
            before()
            with acknowledged.open("ab", buffering=0) as file:
                work(root, file.fileno())

        return forked(job)

    def _expected(self):
        root, acknowledged = self.fresh()
        if ended(self.run(root, acknowledged)):
            sys.exit("the undisturbed work failed")
        return self.outcome(root)

    def outcome(self, root):
        out = self.folder / "outcome"
        must(lambda: out.write_text(outcome(root)) and None)
        return out.read_text()

    def finish(self, root, acknowledged):
        must(lambda: check(root, acknowledged))
        if ended(self.run(root, acknowledged)):
            sys.exit("the work could not be taken up")
        must(lambda: check(root, acknowledged))
        if self.outcome(root) != self.expected:
            sys.exit(f"other than undisturbed:\n{self.outcome(root)}\n{self.expected}")


def points(bench, every):
    at = 1
    while True:
        root, acknowledged = bench.fresh()
        code = ended(bench.run(root, acknowledged, Killer(at).install))
        if code == 0:
            return at // every
        assert code == -signal.SIGKILL, code
        bench.finish(root, acknowledged)
        at += every


def moments(bench, rounds):
    chance = random.Random(3)
    began = time.monotonic()
    root, acknowledged = bench.fresh()
    ended(bench.run(root, acknowledged))
    whole = time.monotonic() - began
    kills = 0
    for _ in range(rounds):
        root, acknowledged = bench.fresh()
        code = -signal.SIGKILL
        while code:
            pid = bench.run(root, acknowledged)
            time.sleep(chance.uniform(0, whole))
            os.kill(pid, signal.SIGKILL)
            code = ended(pid)
            assert code in (0, -signal.SIGKILL), code
            kills += code != 0
            must(lambda root=root, acknowledged=acknowledged: check(root, acknowledged))
        bench.finish(root, acknowledged)
    return kills


def sizes(bench, limits):
    for limit in limits:
        root, acknowledged = bench.fresh()

        def before(limit=limit):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        code = ended(bench.run(root, acknowledged, before))
        assert code in (0, NO_ROOM), code
        bench.finish(root, acknowledged)
    return len(limits)


def main():
    folder, what, *more = sys.argv[1:]
    folder = Path(folder)
    if what == "full":
        root, acknowledged = folder / "store", folder.parent / "acknowledged"
        if not root.exists():
            must(lambda: make(root))
        bench = Bench.__new__(Bench)
        code = ended(bench.run(root, acknowledged))
        must(lambda: check(root, acknowledged))
        sys.exit(code)
    bench = Bench(folder)
    match what:
        case "points":
            print(points(bench, int(more[0])))
        case "moments":
            print(moments(bench, int(more[0])))
        case "sizes":
            print(sizes(bench, [int(size) for size in more]))


if __name__ == "__main__":
    assert issubclass(DiskFullError, StoreError)
    assert files.publish
    main()
