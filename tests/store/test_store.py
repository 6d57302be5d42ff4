"""A store is whole at every moment: what it names is there, what was acknowledged stays, a shard counts once.

What a user loses when these fail: a survey's results, or the trust in their numbers.
"""

import sqlite3

import pytest

from openletter.dialogue.observation import Handshake, HandshakeOutcome
from openletter.store.error import (
    DamagedStoreError,
    DiskFullError,
    NewerStoreError,
    NoStoreError,
    NoSurveyError,
    StoreError,
    SurveyBusyError,
)
from openletter.store.file_set import FileSet, Kind
from openletter.store.files import publish, read_table
from openletter.store.manifest import VERSION
from openletter.store.observation_table import from_table
from openletter.store.record import State
from openletter.store.store import Store

DER = {"a" * 64: b"certificate a", "b" * 64: b"certificate b"}


def write_shard(sink, shard, observations):
    writer = sink().begin(shard, DER.get)
    for observation in observations:
        writer.add(observation)
    return writer.publish()


def everything(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_survey_comes_back_as_it_was_written_down(store, plan, survey, tmp_path):
    record = store.survey(survey)
    assert record.plan == plan
    assert record.state is State.INTERRUPTED
    store.close()
    with Store(tmp_path / "store") as again:
        assert again.survey(survey) == record


def test_observations_and_their_certificates_are_kept(store, survey, seen):
    ok = Handshake(outcome=HandshakeOutcome.OK, chain=("a" * 64, "b" * 64))
    observations = [seen("192.0.2.1", handshake=ok), seen("192.0.2.2", handshake=ok), seen("192.0.2.3")]
    with store.run(survey) as run:
        published = write_shard(run.sink, 0, observations)
        assert run.record(published)
    assert from_table(read_table(store.observations(published))) == observations
    kept = read_table(store.certificates(published)).to_pylist()
    assert {row["sha256"]: row["der"] for row in kept} == DER, "each certificate once"
    assert store.shards(survey) == [published]
    assert published.rows == 3
    assert published.octets == store.observations(published).stat().st_size


def test_a_shard_without_endpoints_is_done_all_the_same(store, survey):
    with store.run(survey) as run:
        run.record(write_shard(run.sink, 2, []))
        assert [p.shard for p in run.finished()] == [2]


def test_a_file_that_was_renamed_before_a_crash_is_adopted(store, survey, seen):
    with store.run(survey) as run:
        published = write_shard(run.sink, 1, [seen()])
    with store.run(survey) as run:
        assert run.finished() == [published]


def test_observations_whose_certificates_are_gone_are_not_adopted(store, survey, seen):
    with store.run(survey) as run:
        published = write_shard(run.sink, 1, [seen()])
    store.certificates(published).unlink()
    with store.run(survey) as run:
        assert run.finished() == []


def test_the_first_attempt_of_a_shard_wins(store, survey, seen):
    with store.run(survey) as run:
        first = write_shard(run.sink, 1, [seen()])
        run.record(first)
        late = run.sink
    with store.run(survey) as run:
        second = write_shard(run.sink, 1, [seen(), seen("192.0.2.2")])
        assert not run.record(second)
        assert run.finished() == [first]
    assert first.file != second.file
    with store.run(survey) as run:
        assert run.finished() == [first]
    assert not (store.root / second.file).exists(), "what does not count takes no room"
    assert late.attempt == 1


def test_of_two_unrecorded_attempts_the_earlier_is_adopted(store, survey, seen):
    with store.run(survey) as first_run:
        sink = first_run.sink
    with store.run(survey) as run:
        later = write_shard(run.sink, 1, [seen(), seen("192.0.2.2")])
        earlier = write_shard(sink, 1, [seen()])
        assert (earlier.attempt, later.attempt) == (1, 2)
    with store.run(survey) as run:
        assert run.finished() == [earlier]


def test_halves_of_files_are_not_taken_for_files(store, survey, seen):
    with store.run(survey) as run:
        whole = write_shard(run.sink, 0, [seen()])
        run.record(whole)
    folder = store.observations(whole).parent
    octets = store.observations(whole).read_bytes()
    (folder / "000001-1.parquet").write_bytes(octets[:-20])
    (folder / ".000002-1.parquet.4711").write_bytes(octets[:50])
    (folder / "000003-1.parquet").write_bytes(b"")
    with store.run(survey) as run:
        assert run.finished() == [whole]
    assert [path.name for path in folder.glob("*.parquet*")] == ["000000-1.parquet"]
    assert not list(folder.glob(".*.parquet*"))


def test_only_one_run_at_a_time(store, survey, tmp_path):
    with (
        store.run(survey),
        Store(tmp_path / "store") as other,
        pytest.raises(SurveyBusyError, match=survey),
        other.run(survey),
    ):
        pass
    with store.run(survey):
        pass


def test_latest(store, plan):
    with pytest.raises(NoSurveyError):
        store.latest()
    old = store.add_survey(plan, now=1_800_000_000.0, tool_version="0").id
    new = store.add_survey(plan, now=1_800_000_001.0, tool_version="0").id
    assert store.latest().id == new
    with store.run(new) as run:
        run.end(State.FINISHED, 1_800_000_002.0)
    assert store.latest(unfinished=True).id == new, "what is not judged is not finished"
    verdicts = FileSet(folder="verdicts/x", kind=Kind.VERDICTS, survey=new)
    store.manifest.publish([verdicts], rules_version="1")
    assert store.latest(unfinished=True).id == old
    assert store.latest(judged=True).id == new
    assert (store.survey(new).state, store.survey(new).finished) == (State.FINISHED, 1_800_000_002.0)
    with pytest.raises(NoSurveyError, match="no survey 'nonsense'"):
        store.survey("nonsense")


@pytest.mark.parametrize("in_the_log", [False, True])
def test_a_store_of_a_newer_version_is_refused_and_not_touched(store, tmp_path, in_the_log):
    store.close()
    root = tmp_path / "store"
    db = sqlite3.connect(root / "manifest.sqlite")
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.commit()
    if not in_the_log:
        db.close()
    before = everything(root)
    with pytest.raises(NewerStoreError, match=f"version {VERSION + 1}.*newer openletter"):
        Store(root, create=True)
    after = everything(root)
    names = [path for path in before if not path.name.endswith("-shm")]
    assert {path: after[path] for path in names} == {path: before[path] for path in names}
    db.close()


def test_what_is_no_store_is_refused_and_not_touched(tmp_path):
    with pytest.raises(NoStoreError, match="no store here"):
        Store(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="is no store"):
        Store(tmp_path, create=True)
    (tmp_path / "manifest.sqlite").write_text("not a database at all")
    with pytest.raises(DamagedStoreError, match="no manifest"):
        Store(tmp_path)
    assert (tmp_path / "manifest.sqlite").read_text() == "not a database at all"


def test_a_file_that_is_gone_is_named(store, survey, seen):
    with store.run(survey) as run:
        published = write_shard(run.sink, 0, [seen()])
        run.record(published)
    store.observations(published).unlink()
    with pytest.raises(DamagedStoreError, match=r"000000-1\.parquet"):
        read_table(store.observations(published))


def test_a_full_disk_leaves_no_half_of_a_file(tmp_path, monkeypatch):
    def no_room(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "some.parquet"
    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(DiskFullError, match="the disk is full"):
        publish(path, b"octets")
    assert list(tmp_path.iterdir()) == []
