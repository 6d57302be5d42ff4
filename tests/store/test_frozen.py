"""A store as it stood at one moment: readers of many files must not see two states of it."""

import threading
from pathlib import Path
from shutil import rmtree

import pytest

from openletter.store.error import NoSurveyError
from openletter.store.file_set import FileSet, Kind
from openletter.store.frozen import Watch, freeze
from openletter.store.store import Store


def published(store: Store, survey: str, name: str) -> FileSet:
    """A set of verdicts without files."""
    made = FileSet(folder=f"verdicts/{survey}/{name}", kind=Kind.VERDICTS, survey=survey)
    store.manifest.publish([made], rules_version="1")
    return made


def test_what_is_published_later_is_not_seen(store, survey):
    """A page would mix the numbers of two surveys otherwise."""
    first = published(store, survey, "first")
    frozen = freeze(store.root)
    published(store, survey, "second")
    assert frozen.current(Kind.VERDICTS, survey).folder == first.folder
    assert frozen.survey(survey).verdicts == first.folder
    assert freeze(store.root).survey(survey).verdicts.endswith("second")


def test_the_key_is_the_same_as_long_as_nothing_is_published(store, survey):
    """Caches would be empty after each look, or full of what is not so any more."""
    key = freeze(store.root).key
    assert freeze(store.root).key == key
    published(store, survey, "first")
    assert freeze(store.root).key != key


def test_any_thread_may_read_it(store, survey):
    """A manifest's own connection belongs to one thread; questions are asked in many."""
    frozen = freeze(store.root)
    found = []
    thread = threading.Thread(target=lambda: found.append(frozen.survey(survey).id))
    thread.start()
    thread.join()
    assert found == [survey]


def test_an_unknown_survey_is_refused_as_a_store_refuses_it(store):
    with pytest.raises(NoSurveyError, match="no survey 'other'"):
        freeze(store.root).survey("other")


class TestWatch:
    def test_tells_of_a_publication_once(self, store, survey):
        watch = Watch(store.root)
        assert watch.changed()
        assert not watch.changed()
        published(store, survey, "first")
        assert watch.changed()
        assert not watch.changed()
        watch.close()

    def test_shards_of_a_running_survey_are_no_news(self, store, survey, seen):
        """Else a survey that runs empties the caches several times a second."""
        with store.run(survey) as run:
            watch = Watch(store.root)
            watch.changed()
            shard = run.sink().begin(0, lambda _: None)
            shard.add(seen())
            assert run.record(shard.publish())
            assert not watch.changed()
        watch.close()

    def test_a_store_may_come_and_go(self, tmp_path: Path):
        root = tmp_path / "store"
        watch = Watch(root)
        assert not watch.changed()
        Store(root, create=True).close()
        assert watch.changed()
        rmtree(root)
        assert watch.changed()
        Store(root, create=True).close()
        assert watch.changed()
        watch.close()
