"""An operation as HTTP: who may ask, how often, with what; its answer with ETag, or its error as a problem.

Steps for each request: the method, the client's rate, its role, the parameters of path and query, the ETag, the answer.
"""

from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from openletter import __version__
from openletter.report.record import textual
from openletter.statistics.error import BadQuestionError, NotEnrichedError
from openletter.store.error import NoSurveyError, StoreError
from openletter.web.api.operation import Answer, Operation
from openletter.web.api.problem import problem
from openletter.web.api.rate_limit import RateLimit, client_of
from openletter.web.download import Download, download
from openletter.web.kept import Kept
from openletter.web.query import BadQueryError, read, read_place
from openletter.web.render import snapshot_of
from openletter.web.roles import Role
from openletter.web.snapshot import Snapshot

KEPT_OCTETS = 16 << 20
"""Of the answers of each operation."""
MAX_ENTRY = 1 << 20
"""Octets of one answer that is kept."""
_METHODS = "GET, HEAD, OPTIONS"
_VARY = "Cookie, Authorization"


def _address(request: Request, **changed: str) -> str:
    """The address that was asked with other parameters: a path, so that it is right behind any proxy."""
    said = dict(parse_qsl(request.scope["query_string"].decode("ascii")))
    return f"{request.url.path}?{urlencode({**said, **changed})}"


def _etag(request: Request, key: str) -> str:
    """Of what the store holds, what was asked, whose eyes it is for, and the program that answers."""
    role: Role = request.state.role
    parts = (__version__, key, role.value, request.url.path, request.scope["query_string"].decode("latin-1"))
    return f'"{sha256(chr(10).join(parts).encode()).hexdigest()[:32]}"'


def _holds(given: str, etag: str) -> bool:
    """``If-None-Match`` (RFC 9110 §13.1.2), compared weakly."""
    names = (one.strip().removeprefix("W/") for one in given.split(","))
    return given.strip() == "*" or etag in names


def _without_root(error: Exception, request: Request) -> str:
    """Where the store lies is nobody's business but its operator's."""
    root: Path = request.app.state.settings.store.absolute()
    said = str(error).removeprefix(f"{root}: ")
    return f"{said[:1].upper()}{said[1:]}."


class _Told(msgspec.Struct, frozen=True):
    body: bytes
    next: str | None


def _told(answer: Answer) -> _Told:
    plain = msgspec.to_builtins(answer.body, builtin_types=(bytes,))
    return _Told(msgspec.json.encode(textual(plain)), answer.next)


class Serving:
    """An operation as an ASGI application. Its answers are kept under their ETag: a snapshot answers the same every time."""

    def __init__(self, operation: Operation, limit: RateLimit) -> None:
        self._operation = operation
        self._limit = limit
        self._kept: Kept[_Told] = Kept(KEPT_OCTETS, lambda told: len(told.body) + 500)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": _METHODS})
        if request.method not in ("GET", "HEAD"):
            return self._problem(request, 405, f"{_METHODS} are known here.", headers={"Allow": _METHODS})
        taken = self._limit.take(client_of(request.client.host if request.client else ""))
        headers = self._limit.headers(taken)
        if not taken.allowed:
            return self._problem(
                request, 429, f"Too many requests; try again in {taken.wait} seconds.", headers=headers
            )
        response = await self._answered(request)
        response.headers.update(headers)
        return response

    async def _answered(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        try:
            snapshot = snapshot_of(request)
            place = read_place(request.path_params, self._operation.place)
            query = read(request.scope["query_string"], self._operation.query)
            return await self._ask(request, snapshot, place, query)
        except BadQueryError as error:
            return self._problem(request, 400, str(error), errors=error.wrong)
        except BadQuestionError as error:
            return self._problem(request, 400, str(error))
        except NoSurveyError as error:
            return self._problem(request, 404, _without_root(error, request))
        except NotEnrichedError as error:
            return self._problem(request, 409, str(error))
        except HTTPException as error:
            return self._problem(request, error.status_code, error.detail, headers=error.headers)
        except StoreError:
            # What is wrong with a store names its files: that is for its operator's log.
            return self._problem(request, 503, "The store cannot be read just now.")

    def _refused(self, request: Request) -> Response | None:
        role: Role = request.state.role
        if role >= self._operation.role:
            return None
        if request.state.user is None:
            return self._problem(
                request,
                401,
                "Sign in, or send the token of an account as Authorization: Bearer.",
                headers={"WWW-Authenticate": 'Bearer realm="openletter"'},
            )
        return self._problem(request, 403, f"Only the role {self._operation.role.value} may see this.")

    async def _ask(
        self, request: Request, snapshot: Snapshot, place: msgspec.Struct, query: msgspec.Struct
    ) -> Response:
        etag = _etag(request, snapshot.key)
        fields = {"ETag": etag, "Vary": _VARY, "Cache-Control": self._cache_control}
        if self._operation.answer is not None and _holds(request.headers.get("if-none-match", ""), etag):
            return Response(status_code=304, headers=fields)
        told = self._kept.get(etag)
        if told is None:
            found = await self._operation.handler(snapshot, place, query)
            if isinstance(found, Download):
                return await self._file(request, snapshot, found)
            told = _told(found)
            if len(told.body) <= MAX_ENTRY:
                self._kept.put(etag, told)
        if told.next is not None:
            fields["Link"] = f'<{_address(request, after=told.next)}>; rel="next"'
        return Response(told.body, media_type="application/json", headers=fields)

    @property
    def _cache_control(self) -> str:
        """Always asked for again, which costs little by its ETag; addresses are kept by nobody but the client."""
        return "no-cache" if self._operation.role is Role.PUBLIC else "private, no-cache"

    async def _file(self, request: Request, snapshot: Snapshot, wanted: Download) -> Response:
        if request.method == "HEAD":
            return Response(
                media_type=self._operation.media_type, headers={"Cache-Control": "private, no-store"}
            )
        return await download(request, snapshot, wanted)

    def _problem(self, request: Request, status: int, detail: str, **more: Any) -> Response:
        return problem(status, detail, instance=request.url.path, **more)
