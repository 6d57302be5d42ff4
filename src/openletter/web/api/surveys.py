"""What is open to all: the surveys, and the named questions asked of them."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from openletter import __version__
from openletter.statistics.question import QUESTIONS, Question
from openletter.store.record import SurveyRecord
from openletter.web.api.answers import (
    OneSurvey,
    QuestionInfo,
    Root,
    Surveys,
    answer_of,
    survey_info,
)
from openletter.web.api.operation import Answer, Handler, Operation
from openletter.web.api.places import LATEST, NoPlace, SurveyPlace
from openletter.web.query import bad
from openletter.web.roles import Role
from openletter.web.snapshot import Snapshot

_SURVEYS = "/api/v1/surveys"

_OF_ADDRESSES = frozenset({"prefixes"})
"""Questions whose answers come so near to single addresses that the public does not see them."""


class NoQuery(msgspec.Struct, frozen=True, kw_only=True):
    pass


class SurveysQuery(msgspec.Struct, frozen=True, kw_only=True):
    after: (
        Annotated[str, Meta(max_length=64, description="the survey that the page before ended with")] | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=1_000, description="how many surveys at most, 1 to 1000")] = 100


async def _root(_: Snapshot, __: NoPlace, ___: NoQuery) -> Answer:
    questions = tuple(
        QuestionInfo(
            name=question.name,
            title=question.title,
            of_all_surveys=question.of_all_surveys,
            enriched=question.enriched,
        )
        for question in QUESTIONS.values()
    )
    return Answer(
        body=Root(version=__version__, openapi="/openapi.json", surveys=_SURVEYS, questions=questions)
    )


async def _surveys(snapshot: Snapshot, _: NoPlace, query: SurveysQuery) -> Answer:
    records = snapshot.store.surveys()[::-1]
    if query.after is not None:
        known = [record.id for record in records]
        if query.after not in known:
            raise bad("after", "after: is no survey of this store.")
        records = records[known.index(query.after) + 1 :]
    shown = records[: query.limit]
    return Answer(
        body=Surveys(surveys=tuple(map(survey_info, shown))),
        next=shown[-1].id if len(records) > len(shown) else None,
    )


async def _survey(snapshot: Snapshot, place: SurveyPlace, _: NoQuery) -> Answer:
    return Answer(body=OneSurvey(survey=survey_info(survey_of(snapshot, place.survey))))


def survey_of(snapshot: Snapshot, name: str) -> SurveyRecord:
    """The survey of a path or a query. Raises NoSurveyError."""
    return snapshot.latest() if name == LATEST else snapshot.survey(name)


def _asking(question: Question) -> Handler:
    shape = answer_of(question)

    async def ask(snapshot: Snapshot, place: SurveyPlace, query: msgspec.Struct) -> Answer:
        record = survey_of(snapshot, place.survey)
        said: dict[str, Any] = {
            field.encode_name: value
            for field in msgspec.structs.fields(type(query))
            if (value := getattr(query, field.name)) is not None
        }
        answer = await snapshot.ask(question.name, survey=record.id, **said)
        return Answer(
            body=shape(survey=survey_info(record), question=question.name, parameters=query, answer=answer)
        )

    return ask


OPERATIONS = (
    Operation(
        path="/api/v1",
        name="root",
        summary="Where to go on: the surveys, the questions, the description of all this.",
        tag="surveys",
        role=Role.PUBLIC,
        place=NoPlace,
        query=NoQuery,
        answer=Root,
        handler=_root,
    ),
    Operation(
        path=_SURVEYS,
        name="surveys",
        summary="All surveys, the latest first.",
        tag="surveys",
        role=Role.PUBLIC,
        place=NoPlace,
        query=SurveysQuery,
        answer=Surveys,
        paged=True,
        handler=_surveys,
    ),
    Operation(
        path=f"{_SURVEYS}/{{survey}}",
        name="survey",
        summary="One survey.",
        tag="surveys",
        role=Role.PUBLIC,
        place=SurveyPlace,
        query=NoQuery,
        answer=OneSurvey,
        handler=_survey,
    ),
    *(
        Operation(
            path=f"{_SURVEYS}/{{survey}}/{question.name}",
            name=question.name,
            summary=f"{question.title}.",
            tag="questions",
            role=Role.OPERATOR if question.name in _OF_ADDRESSES else Role.PUBLIC,
            place=SurveyPlace,
            query=question.parameters,
            answer=answer_of(question),
            handler=_asking(question),
        )
        for question in QUESTIONS.values()
    ),
)
