"""Pruning gives up endpoints of old surveys and nothing else.

What a user loses when these fail: the disk, or a survey that was to be kept.
"""

import pytest

from openletter.store.error import NoSurveyError
from openletter.store.file_set import Kind
from openletter.store.record import State
from openletter.store.retention import prune
from openletter.store.store import Store
from openletter.store.verification import verify
from openletter.tls.trust import Trust
from openletter.verdict.judging import judge_survey
from openletter.verdict.state import merge_state

BEGAN = 1_800_000_000.0
DAY = 86_400.0


@pytest.fixture
def surveys(store, plan, seen):
    """Four surveys, a day apart; the second one was never finished."""
    ids = []
    for day in range(4):
        survey = store.add_survey(plan, now=BEGAN + day * DAY, tool_version="0").id
        ids.append(survey)
        with store.run(survey) as run:
            writer = run.sink().begin(0, {}.get)
            for host in range(1, 5):
                writer.add(seen(f"192.0.2.{host}"))
            run.record(writer.publish())
            if day != 1:
                run.end(State.FINISHED, BEGAN + day * DAY + 1)
        if day != 1:
            judge_survey(store, store.survey(survey), Trust(roots=[]))
            merge_state(store)
    return ids


def kinds(store, survey):
    return {one.kind for one in store.manifest.sets(survey=survey) if one.kind is not Kind.STATE}


def test_by_count_the_latest_are_kept_and_what_is_not_done(store, surveys):
    done = prune(store, keep=2)
    assert done.surveys == (surveys[0],)
    assert done.kept_back == (surveys[1],)
    assert kinds(store, surveys[0]) == {Kind.ROLLUPS}
    assert kinds(store, surveys[2]) == {Kind.OBSERVATIONS, Kind.VERDICTS, Kind.ROLLUPS}
    assert store.observations(store.shards(surveys[1])[0]).exists()
    assert verify(store).sound


def test_by_age_and_never_the_latest(store, surveys):
    assert prune(store, older_than=BEGAN + 100 * DAY).surveys == (surveys[0], surveys[2])
    assert store.verdict_files(store.survey(surveys[3]))
    assert store.current(Kind.STATE).rows == 4


def test_the_latest_that_is_done_stays_beside_one_that_is_running(store, surveys, plan):
    """Else pruning by night, while a survey of a day runs, leaves no endpoint of any."""
    store.add_survey(plan, now=BEGAN + 4 * DAY, tool_version="0")
    assert prune(store, keep=1, older_than=BEGAN + 100 * DAY).surveys == (surveys[0], surveys[2])
    assert store.verdict_files(store.survey(surveys[3]))


def test_the_counts_of_a_pruned_survey_are_not_judged_away(store, surveys):
    prune(store, keep=1)
    before = store.survey(surveys[0])
    with pytest.raises(NoSurveyError, match="was pruned"):
        judge_survey(store, before, Trust(roots=[]))
    assert store.survey(surveys[0]) == before
    assert kinds(store, surveys[0]) == {Kind.ROLLUPS}


def test_a_dry_run_says_the_same_and_touches_nothing(store, surveys):
    def files():
        return {path: path.read_bytes() for path in store.root.rglob("*.parquet")}

    before = files()
    would = prune(store, keep=1, dry_run=True)
    assert files() == before
    assert would == prune(store, keep=1)
    assert would.octets == sum(map(len, before.values())) - sum(map(len, files().values())) - _certificates(
        before
    )


def _certificates(files):
    """Of spools that went: they are not counted."""
    gone = [path for path in files if "certificates" in path.parts and not path.exists()]
    return sum(len(files[path]) for path in gone)


def test_a_pruned_survey_says_so(store, surveys):
    prune(store, keep=1)
    with pytest.raises(NoSurveyError, match="was pruned"):
        store.verdict_files(store.survey(surveys[0]))
    assert store.latest(unfinished=True).id == surveys[1]
    assert store.survey(surveys[0]).pruned


def test_what_was_pruned_is_gone_for_good_also_after_it_is_opened_again(store, surveys, tmp_path):
    prune(store, keep=1)
    assert prune(store, keep=1).surveys == ()
    store.close()
    with Store(tmp_path / "store") as again:
        assert verify(again).sound
        assert not list((again.root / "spool" / surveys[0]).glob("*"))
