"""How the numbers come about, in the reader's language; with the classes from the code and the survey's data sets."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.report.clauses import Citation, citations
from openletter.statistics.league import MINIMUM_HOSTS
from openletter.verdict.classes import Severity
from openletter.web.labels import (
    CLASS_MEANINGS,
    CLASSES,
    CLAUSE_OF,
    EVIDENCE,
    EVIDENCE_MEANINGS,
    SEVERITIES,
    SEVERITY_MEANINGS,
    SEVERITY_OF,
    counted,
)
from openletter.web.pages.looking import look, query_of
from openletter.web.table import TableQuery
from openletter.web.words import Words

TEMPLATES = {"en": "method.html", "ja": "method.ja.html"}


class ClassRow(msgspec.Struct, frozen=True, kw_only=True):
    swatch: str
    name: str
    meaning: str
    severity: str
    counted: str
    clause: tuple[Citation, ...]


def _classes(words: Words) -> list[ClassRow]:
    return [
        ClassRow(
            swatch=str(cls).replace("_", "-"),
            name=words.text(CLASSES[cls]),
            meaning=words.text(CLASS_MEANINGS[cls]),
            severity="" if SEVERITY_OF[cls] is Severity.NONE else words.text(SEVERITIES[SEVERITY_OF[cls]]),
            counted=words.text(counted(cls)) if counted(cls) else "",
            clause=citations(CLAUSE_OF[cls]),
        )
        for cls in SEVERITY_OF
    ]


async def method(request: Request) -> Response:
    about = await look(request, query_of(request, TableQuery))
    words = about.words
    return about.page(
        TEMPLATES[about.language],
        classes=_classes(words),
        severities=[
            (words.text(SEVERITIES[one]), words.text(meaning)) for one, meaning in SEVERITY_MEANINGS.items()
        ],
        evidence=[
            (words.text(EVIDENCE[one]), words.text(meaning)) for one, meaning in EVIDENCE_MEANINGS.items()
        ],
        minimum_hosts=MINIMUM_HOSTS,
    )


routes = [Route("/method", method, name="method")]
