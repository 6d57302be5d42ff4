"""Every damage to a store is found and named, and repair removes what nobody can miss.

What a user loses when these fail: a survey that rots unseen, or one that a repair takes along.
"""

import sqlite3
from hashlib import sha256

import pytest

from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.discovery.found import Found
from openletter.discovery.target_list_writer import TargetListWriter
from openletter.enrich.enriching import enriching
from openletter.scope.ports import parse_ports
from openletter.store.compaction import compact
from openletter.store.file_set import Kind
from openletter.store.lock import Lock
from openletter.store.record import State
from openletter.store.verification import Fault, verify
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.verdict.state import merge_state


@pytest.fixture
def judged(store, survey, seen):
    with store.run(survey) as run:
        writer = run.sink().begin(0, {}.get)
        for host in range(1, 200):
            writer.add(seen(f"192.0.2.{host}"))
        run.record(writer.publish())
        run.end(State.FINISHED, 1.0)
    record = store.survey(survey)
    judge_survey(store, record, Trust(roots=[]), further=enriching(store, record, []))
    merge_state(store)
    return survey


def test_a_whole_store_is_sound(store, judged):
    found = verify(store)
    assert found.sound
    assert found.complaints == ()
    assert found.files == 1 + 1 + 1 + 1 + 8 + 1, "spool, observations, verdicts, endpoints, roll-ups, state"


def every_file(store, survey):
    files = [store.observations(shard) for shard in store.shards(survey)]
    # Of a survey that nobody was told of yet.
    for kind in (one for one in Kind if one is not Kind.REPORTED):
        files += store.files_of(store.current(kind, survey))
    return files


def flip(path, place):
    octets = bytearray(path.read_bytes())
    octets[place] ^= 1
    path.write_bytes(octets)


@pytest.mark.parametrize("number", [*range(5), 11, 12])
@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda path: path.unlink(), Fault.MISSING),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), Fault.SIZE),
        (lambda path: flip(path, path.stat().st_size // 2), Fault.HASH),
    ],
)
def test_damage_to_any_file_is_found(store, judged, number, damage, fault):
    path = every_file(store, judged)[number]
    damage(path)
    found = verify(store, repair=True)
    assert not found.sound
    assert [(one.path, one.fault) for one in found.complaints] == [(str(path.relative_to(store.root)), fault)]


def test_a_damaged_certificate_is_found(store, judged):
    db = sqlite3.connect(store.root / "certificates.sqlite")
    db.execute("INSERT INTO certificate VALUES (?, ?)", (bytes(32), b"something else"))
    db.commit()
    db.close()
    assert [one.fault for one in verify(store).complaints] == [Fault.CERTIFICATES]


@pytest.mark.parametrize("lose", ["one", "the file"])
def test_lost_certificates_are_missed(store, survey, seen, lose):
    """Who judges anew without them takes a chain for sound."""
    ders = {sha256(der).hexdigest(): der for der in (b"one", b"another")}
    with store.run(survey) as run:
        writer = run.sink().begin(0, ders.get)
        for host, name in enumerate(ders):
            writer.add(
                seen(f"192.0.2.{host}", handshake=Handshake(outcome=HandshakeOutcome.OK, chain=(name,)))
            )
        run.record(writer.publish())
        run.end(State.FINISHED, 1.0)
    compact(store, store.survey(survey))
    assert verify(store).sound
    kept = store.root / "certificates.sqlite"
    if lose == "one":
        db = sqlite3.connect(kept)
        db.execute("DELETE FROM certificate WHERE der = ?", (b"another",))
        db.commit()
        db.close()
    else:
        kept.unlink()
    (complaint,) = verify(store).complaints
    assert complaint.fault is (Fault.CERTIFICATES if lose == "one" else Fault.MISSING)
    assert ("1 certificates" if lose == "one" else "2 certificates") in complaint.words
    assert kept.exists() is (lose == "one")


def leftovers(store, survey):
    """What processes that died have left, and what is like it."""
    spool = store.root / "spool" / survey
    made = [
        store.root / ".heaps-abc" / "x",
        store.root / ".spill-abc" / "x",
        store.root / "targets" / ".import-abc" / "x",
        spool / ".000001-1.parquet.4711",
        store.root / "observations" / survey / "0123abcd" / "000000.parquet",
        store.root / "verdicts" / survey / "1-0123abcd" / "000000.parquet",
        store.root / "rollups" / survey / "0123abcd" / "hosts.parquet",
        store.root / "state" / "0123abcd" / "000000.parquet",
    ]
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    return made


def test_leftovers_are_told_and_repaired_and_nothing_is_wrong_about_them(store, judged):
    made = leftovers(store, judged)
    before = set(every_file(store, judged))
    found = verify(store)
    assert found.sound
    assert len(found.complaints) == len(made)
    assert {one.fault for one in found.complaints} == {Fault.LEFTOVER}
    repaired = verify(store, repair=True)
    assert (len(repaired.removed), repaired.complaints) == (len(made), ())
    assert not any(path.exists() for path in made)
    assert all(path.exists() for path in before)
    assert verify(store).complaints == ()


def test_what_is_not_ours_is_told_and_never_removed(store, judged):
    strangers = [
        store.root / "state" / "notes",
        store.files_of(store.current(Kind.VERDICTS, judged))[0].parent / "n.txt",
    ]
    for path in strangers:
        path.write_text("mine")
    found = verify(store, repair=True)
    assert {one.fault for one in found.complaints} == {Fault.UNKNOWN}
    assert len(found.complaints) == 2
    assert all(path.exists() for path in strangers)


def test_repair_leaves_alone_what_a_process_is_writing(store, judged):
    made = leftovers(store, judged)
    with Lock(store.root / "observations" / judged / ".lock", "busy"):
        found = verify(store, repair=True)
    left = {path for path in made if path.exists()}
    assert left == {made[0], made[1], made[4]}, "in the root it could be anyone's"
    assert len(found.complaints) == 3


def test_repair_leaves_alone_an_import_that_is_at_work(store, judged):
    with TargetListWriter(store.root, parse_ports(())) as writer:
        writer.add(Found(ip="9.9.9.9", port=143))
        verify(store, repair=True)
        assert writer.publish(now=1.8e9, sources=[]).endpoints == 1


def test_a_shard_that_nobody_recorded_is_left_for_its_survey(store, survey, seen):
    """It was renamed in the moment before a crash: whole, and a resumed run takes it up."""
    with store.run(survey) as run:
        writer = run.sink().begin(0, {}.get)
        writer.add(seen())
        published = writer.publish()
    verify(store, repair=True)
    assert store.observations(published).exists()
    with store.run(survey) as run:
        assert run.finished() == [published]
