"""Errors, as a page in the reader's language or as JSON for programs; never with what goes on inside the server."""

import logging
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from openletter.statistics.error import BadQuestionError, NotEnrichedError
from openletter.store.error import NoSurveyError, StoreError
from openletter.web.api.problem import problem
from openletter.web.labels import N_
from openletter.web.negotiation import wants_json
from openletter.web.query import BadQueryError
from openletter.web.render import render, words_of
from openletter.web.reports_api.refusal import is_asked, misdirected

_log = logging.getLogger("openletter.web")


class _Told(msgspec.Struct, frozen=True):
    title: str
    detail: str
    """Where nobody said something better."""


_TOLD = {
    400: _Told(
        N_("This request cannot be understood"), N_("Something in the address or the form is not right.")
    ),
    401: _Told(N_("Please sign in"), N_("This page is for those who are signed in.")),
    403: _Told(N_("Not allowed"), N_("Your account may not see this.")),
    404: _Told(N_("There is no such page"), N_("The address leads nowhere here.")),
    405: _Told(N_("That cannot be done here"), N_("This address does not take requests of this kind.")),
    409: _Told(N_("Not known of this survey"), N_("The survey does not hold what was asked for.")),
    413: _Told(N_("Too much at once"), N_("What was sent is larger than this server takes.")),
    414: _Told(N_("This address is too long"), N_("Shorten the filter and try again.")),
    429: _Told(N_("Too many requests"), N_("Wait a moment and try again.")),
    500: _Told(N_("Something went wrong"), N_("The fault is the server’s. Its log says more.")),
    503: _Told(N_("Not available just now"), N_("The store cannot be read just now. Try again in a moment.")),
}


def error_response(request: Request, error: HTTPException) -> Response:
    """What is wrong, with the status and the headers of the error."""
    status = error.status_code
    told = _TOLD.get(status) or _TOLD[400 if status < 500 else 500]
    # Starlette puts the English name of the status where nobody gave a detail.
    own = "" if error.detail == HTTPStatus(status).phrase else error.detail
    words = words_of(request)
    if is_asked(request):
        return misdirected(request, status, own or told.detail, error.headers)
    headers = {"Cache-Control": "no-store", **(error.headers or {})}
    if wants_json(request):
        return problem(status, own or told.detail, instance=request.url.path, headers=headers)
    response = render(
        request,
        "error.html",
        status_code=status,
        status=status,
        title=words.text(told.title),
        detail=words.gettext(own) if own else words.text(told.detail),
    )
    response.headers.update(headers)
    return response


async def of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    return error_response(request, error)


async def of_question(request: Request, error: Exception) -> Response:
    """What can be wrong with a question: the question, or what it is about."""
    status = 404 if isinstance(error, NoSurveyError) else 409 if isinstance(error, NotEnrichedError) else 400
    detail = {404: N_("There is no such survey, or it has not been judged."), 409: ""}.get(status, str(error))
    return error_response(request, HTTPException(status, detail or None))


async def of_store(request: Request, error: Exception) -> Response:
    # It names files, which is nobody's business but the operator's.
    _log.error("%s", error)
    return error_response(request, HTTPException(503, headers={"Retry-After": "5"}))


def of_fault(request: Request, error: Exception) -> Response:
    """One that should not be. Its traceback goes to the log."""
    _log.error("%s %s", request.method, ascii(request.url.path)[:300], exc_info=error)
    return error_response(request, HTTPException(500))


HANDLERS = {
    HTTPException: of_http,
    BadQueryError: of_question,
    BadQuestionError: of_question,
    NoSurveyError: of_question,
    NotEnrichedError: of_question,
    StoreError: of_store,
}
"""For all that endpoints raise on purpose."""
