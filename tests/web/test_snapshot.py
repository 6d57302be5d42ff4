"""A page shows one published state, whatever is published meanwhile; a computation is done once."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import msgspec
import pytest

from openletter.statistics.error import BadQuestionError
from openletter.store.error import NoSurveyError, StoreError
from openletter.store.store import Store
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.web import snapshot as module
from openletter.web.snapshot import Snapshot, SnapshotGoneError, Snapshots


class _Row(msgspec.Struct, frozen=True):
    value: int


@pytest.fixture
def opened(world):
    snapshots = Snapshots(world.root)
    yield snapshots
    snapshots.close()


@pytest.fixture
def own(tmp_path: Path, make_world: Callable[..., list[str]]):
    """A world to change."""
    root = tmp_path / "store"
    surveys = make_world(root, 1)
    snapshots = Snapshots(root)
    yield root, surveys, snapshots
    snapshots.close()


def judge_again(root: Path, survey: str) -> None:
    with Store(root) as store:
        judge_survey(store, store.survey(survey), Trust(), processes=1)


def until(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_equal_questions_at_the_same_time_are_asked_once(opened, world, monkeypatch):
    asked = []
    verdicts_of = module.verdicts_of
    monkeypatch.setattr(module, "verdicts_of", lambda *of: asked.append(1) or verdicts_of(*of))

    async def many() -> list[object]:
        snapshot = opened.now()
        return await asyncio.gather(*(snapshot.ask("countries") for _ in range(30)))

    answers = asyncio.run(many())
    assert all(answer is answers[0] for answer in answers)
    assert len(asked) == 1


def test_the_latest_survey_is_asked_where_none_is_named(opened, world):
    async def both() -> tuple[object, object]:
        snapshot = opened.now()
        return await snapshot.ask("overview"), await snapshot.ask("overview", survey=world.surveys[-1])

    latest, named = asyncio.run(both())
    assert latest is named


def test_a_question_that_takes_too_much_memory_fails_and_the_server_goes_on(opened, world, monkeypatch):
    """One reader's page must not end the process of all."""
    monkeypatch.setattr(module, "DATABASE_MEMORY", "16MB")
    huge = "SELECT count(*) FROM (SELECT DISTINCT hash(i) FROM range(20_000_000) r(i))"

    async def ask(sql: str) -> object:
        snapshot = opened.now()
        return await snapshot.over(snapshot.latest(), lambda _, verdicts: verdicts.ask(sql, _Row))

    with pytest.raises(StoreError):
        asyncio.run(ask(huge))
    assert asyncio.run(ask("SELECT 1")) == (_Row(1),)


def test_what_cannot_be_asked_is_said(opened):
    async def ask(*of: str, **parameters: object) -> object:
        return await opened.now().ask(*of, **parameters)

    with pytest.raises(BadQuestionError, match="is no question"):
        asyncio.run(ask("everything"))
    with pytest.raises(BadQuestionError, match="country"):
        asyncio.run(ask("networks", country="Germany"))
    with pytest.raises(NoSurveyError):
        asyncio.run(ask("overview", survey="20000101T000000Z-0000"))


def test_a_folder_without_a_store_is_one_in_which_nothing_was_published(tmp_path, world):
    """The server may be started before the first survey, and shows it when it is there."""
    snapshots = Snapshots(tmp_path / "store")
    assert snapshots.now().judged() == ()
    (tmp_path / "store").symlink_to(world.root)
    until(lambda: len(snapshots.now().judged()) == 3)
    snapshots.close()


def test_a_publication_is_noticed_and_an_earlier_snapshot_answers_as_before(own):
    root, (survey,), snapshots = own

    async def wide(of: Snapshot) -> int:
        return (await of.ask("overview")).hosts_either.wide

    before = snapshots.now()
    count = asyncio.run(wide(before))
    judge_again(root, survey)
    until(lambda: snapshots.now().key != before.key)
    assert asyncio.run(wide(snapshots.now())) == count
    # Its files are `previous` now: still there for whoever reads them.
    assert asyncio.run(before.over(before.survey(survey), lambda _, verdicts: len(verdicts.files))) == 1


def test_readers_keep_the_earlier_snapshot_until_the_next_one_knows_their_questions(own):
    """Else a publication makes every reader wait for every answer anew."""
    root, (survey,), snapshots = own
    before = snapshots.now()
    asyncio.run(before.ask("league", count="strict", by="count", minimum_hosts=0))
    judge_again(root, survey)
    until(lambda: snapshots.now().key != before.key)
    after = snapshots.now()
    asked = [key for key in snapshots.answers.recent(50) if key.name == "league"]
    assert len({key.about for key in asked}) == 2
    size = len(snapshots.answers)
    asyncio.run(after.ask("league", count="strict", by="count", minimum_hosts=0))
    assert len(snapshots.answers) == size


def test_the_comparison_of_the_last_two_surveys_is_ready_when_a_new_one_is_shown(tmp_path, make_world):
    """It is the dearest question of the first page, and another one after each publication."""
    root = tmp_path / "store"
    first, second, third = make_world(root, 3)
    database = sqlite3.connect(root / "manifest.sqlite")
    with database:
        database.execute("UPDATE survey SET verdicts = '', enriched = '' WHERE id = ?", (third,))
    database.close()
    snapshots = Snapshots(root)
    before = snapshots.now()
    assert [record.id for record in before.judged()] == [first, second]
    asyncio.run(before.ask("difference", survey=second, before=first))
    judge_again(root, third)
    until(lambda: snapshots.now().key != before.key)
    size = len(snapshots.answers)
    found = asyncio.run(snapshots.now().ask("difference", survey=third, before=second))
    assert (found.before, found.after) == (second, third)
    assert len(snapshots.answers) == size
    snapshots.close()


def test_answers_about_a_survey_outlive_the_publication_of_another(own, make_world):
    """A day's new survey would else empty the caches of all the others."""
    root, (survey,), snapshots = own
    before = snapshots.now()
    asyncio.run(before.ask("countries", survey=survey))
    with Store(root) as store:
        store.add_survey(store.survey(survey).plan, now=2e9, tool_version="test")
    after = snapshots.renewed()
    assert after.key != before.key
    size = len(snapshots.answers)
    asyncio.run(after.ask("countries", survey=survey))
    assert len(snapshots.answers) == size


def test_files_that_left_are_told_from_a_store_that_is_damaged(own):
    root, (survey,), snapshots = own
    old = snapshots.now()
    for _ in range(2):
        judge_again(root, survey)
    with Store(root) as store:
        store.remove_leaving()

    def files(store: Store, _: object) -> None:
        for path in store.endpoint_files(store.survey(survey)):
            if not path.exists():
                raise StoreError(f"{path} is gone")

    with pytest.raises(SnapshotGoneError):
        asyncio.run(old.over(old.survey(survey), files))
    fresh = snapshots.renewed()
    asyncio.run(fresh.over(fresh.survey(survey), files))
    rmtree(root / "verdicts")
    with pytest.raises(StoreError):
        asyncio.run(fresh.over(fresh.survey(survey), files))
