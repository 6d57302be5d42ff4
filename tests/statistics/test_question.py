"""The registry of questions, which the command line, the pages and the interface for programs share.

What a user loses when these fail: a question that cannot be asked, or a wrong one that ends in a traceback.
"""

import msgspec
import pytest

from openletter.statistics.database import verdicts_of
from openletter.statistics.error import BadQuestionError
from openletter.statistics.question import QUESTIONS, question
from openletter.store.error import NoSurveyError
from openletter.verdict.state import merge_state


@pytest.fixture
def asked(store, publish, make):
    """A store with two surveys; the later one."""
    publish(make(40, 1))
    record = publish(make(40, 2), 1_800_100_000.0)
    merge_state(store)
    return record


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_answer_has_the_type_that_is_promised(store, asked, name):
    one = question(name)
    answer = one.ask(store, asked)
    # Whoever reads the answer as JSON gets exactly what stands in its type.
    assert msgspec.json.decode(msgspec.json.encode(answer), type=one.answer) == answer
    assert one.ask(store) == answer, "the latest survey is the one that is meant where none is named"
    assert one.title


def test_tables_that_are_open_already_are_used(store, asked):
    with verdicts_of(store, asked) as verdicts:
        for name, one in QUESTIONS.items():
            assert one.ask(store, asked, verdicts=verdicts) == question(name).ask(store, asked)


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        (
            "networks",
            {"country": "jp"},
            "country: jp: give two letters of ISO 3166-1, as in JP; ZZ: not known",
        ),
        ("networks", {"country": "x" * 10_240}, "country"),
        ("networks", {"most": "0"}, "most: 0: give how many rows at most"),
        ("networks", {"most": "many"}, "most: many"),
        ("league", {"by": "hand"}, "by: hand"),
        ("league", {"count": "\x1b[31m"}, r"count: '\\x1b\[31m'"),
        ("difference", {"before": "../../etc"}, "before"),
        ("overview", {"country": "JP"}, "country is no parameter of this question; known are: none"),
        ("nonsense", {}, "'nonsense' is no question; the questions are: overview, countries"),
        ("x" * 10_240, {}, "is no question"),
    ],
)
def test_a_wrong_question_is_one_clear_line(name, words, said):
    with pytest.raises(BadQuestionError, match=said) as told:
        question(name).read(words)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 500


def test_words_and_values_are_read_alike():
    assert question("league").read({"by": "count", "minimum_hosts": "7"}) == question("league").read(
        {"by": "count", "minimum_hosts": 7}
    )


def test_a_survey_is_not_compared_with_itself(store, asked):
    one = question("difference")
    with pytest.raises(BadQuestionError, match="that is the survey itself"):
        one.ask(store, asked, one.read({"before": asked.id}))
    with pytest.raises(NoSurveyError, match="no survey"):
        one.ask(store, asked, one.read({"before": "19700101T000000Z-0000"}))


def test_there_is_nothing_before_the_first_survey(store, publish, rows):
    with pytest.raises(NoSurveyError, match="no judged survey before"):
        question("difference").ask(store, publish(rows))
    store.manifest.prune(store.surveys()[0].id)
    with pytest.raises(NoSurveyError, match="no survey with verdicts"):
        question("overview").ask(store)
