"""What the API answers with. Their schemas are published; a field that is once there stays."""

from functools import cache
from typing import Any, Literal

import msgspec

from openletter.statistics.interval import of_sample
from openletter.statistics.question import Question
from openletter.store.record import DataSet, State, SurveyRecord


class SurveyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One survey, and what its numbers rest on."""

    id: str
    state: State
    started: float
    """Unix seconds."""
    finished: float | None
    """Unix seconds; null where it is still being done."""
    judged: bool
    """Whether questions can be asked of it."""
    rules_version: str
    """Of the rules that judged it; empty where none did."""
    sample: float
    """Which part of its scope's hosts was asked, above 0 to 1."""
    pruned: bool
    """Whether its counts are all that is left."""
    datasets: tuple[DataSet, ...]
    """Where countries and networks come from, each with its licence."""


class Surveys(msgspec.Struct, frozen=True, kw_only=True):
    surveys: tuple[SurveyInfo, ...]
    """The latest first."""


class OneSurvey(msgspec.Struct, frozen=True, kw_only=True):
    survey: SurveyInfo


class QuestionInfo(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    of_all_surveys: bool
    """Whether the answer is the same whichever survey stands in the address."""
    enriched: bool
    """Whether only an enriched survey can answer."""


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """Where to go on."""

    version: str
    """Of the program."""
    openapi: str
    surveys: str
    questions: tuple[QuestionInfo, ...]


def survey_info(record: SurveyRecord) -> SurveyInfo:
    return SurveyInfo(
        id=record.id,
        state=record.state,
        started=record.started,
        finished=record.finished,
        judged=bool(record.verdicts) or record.pruned,
        rules_version=record.rules_version,
        sample=of_sample(record),
        pruned=record.pruned,
        datasets=record.datasets,
    )


@cache
def answer_type(question: str, parameters: type[msgspec.Struct], answer: Any) -> type[msgspec.Struct]:
    """The envelope of a question's answer: which survey, asked how, and the answer itself."""
    name = "".join(word.capitalize() for word in question.split("-"))
    return msgspec.defstruct(
        f"{name}Answer",
        [
            ("survey", SurveyInfo),
            ("question", Literal[question]),
            ("parameters", parameters),
            ("answer", answer),
        ],
        frozen=True,
        kw_only=True,
        module=__name__,
    )


def answer_of(question: Question) -> type[msgspec.Struct]:
    return answer_type(question.name, question.parameters, question.answer)
