"""The addresses of the Reports API, and what every request goes through: how often one may ask, who has signed, what is asked."""

import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from openletter.store.error import StoreError
from openletter.web.api.rate_limit import Allowance, RateLimit, client_of
from openletter.web.audit import Event
from openletter.web.render import snapshot_of
from openletter.web.reports_api import listing
from openletter.web.reports_api.asked import Asked, client_address, note
from openletter.web.reports_api.authentication import signer
from openletter.web.reports_api.download import as_rows, by_link
from openletter.web.reports_api.parts import Parts
from openletter.web.reports_api.querying import Turns, device_info, query
from openletter.web.reports_api.refusal import (
    DOWNLOADS,
    METHODS,
    SIGNATURE,
    BadRequestError,
    RefusedError,
    misdirected,
    refusal,
    refused,
)
from openletter.web.reports_api.request_body import read_body, text
from openletter.web.reports_api.schema import schema
from openletter.web.snapshot import Snapshot, SnapshotGoneError

_log = logging.getLogger("openletter.web")

_MINUTE = 60
_DOWNLOADS_A_REQUEST = 4
"""A list names many reports, which are read one after the other, and cost little."""

Rows = Callable[[Asked, Snapshot, Turns], Awaitable[object]]

_OF_INDEX: Mapping[str, Callable[[Asked], object]] = {
    "test/ping": listing.ping,
    "key/info": listing.key_info,
    "reports/subscribed": listing.subscribed,
    "reports/types": listing.types,
    "reports/list": listing.reports,
    "reports/stats": listing.stats,
    "reports/schema": schema,
}
"""What answers in a thread."""
_OF_ROWS: Mapping[str, Rows] = {"reports/query": query, "reports/device-info": device_info}
_DOWNLOAD = "reports/download"
NAMES = (*_OF_INDEX, *_OF_ROWS, _DOWNLOAD)
"""Of all methods."""


class ReportsApi:
    """For one event loop."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        each = parts.requests_per_minute
        self._by_client = RateLimit(each, _MINUTE)
        self._by_key = RateLimit(each, _MINUTE)
        self._downloads = RateLimit(each * _DOWNLOADS_A_REQUEST, _MINUTE)
        self._turns = Turns()

    def routes(self) -> list[Route]:
        return [
            Route(f"{METHODS}/{{rest:path}}", _Endpoint(self._method), name="reports-api"),
            Route(f"{DOWNLOADS}/{{id:path}}", _Endpoint(self._download), name="reports-api-download"),
        ]

    def close(self) -> None:
        self.parts.close()

    async def _method(self, request: Request) -> Response:
        method: str = request.path_params["rest"].strip("/")
        if request.method != "POST" or not method:
            return misdirected(request, 405, headers={"Allow": "POST"})
        if method not in NAMES:
            return refusal(404, f"There is no such method; there are {', '.join(NAMES)}.")
        client = client_address(request)
        late = _late(self._by_client.take(client_of(client)))
        if late is not None:
            return late
        body = await request.body()
        fields = read_body(body)
        given = request.headers.get(SIGNATURE)
        key = text(fields, "apikey")
        if given is None or not key:
            raise BadRequestError(
                "A request has apikey in its JSON, and the HMAC-SHA256 of its body in the header HMAC2."
            )
        subscriber = await run_in_threadpool(signer, self.parts.directory, key, body, given)
        if subscriber is None:
            note(self.parts, Event.REPORTS_API_REFUSED, request, method=method)
            raise RefusedError
        late = _late(self._by_key.take(key))
        if late is not None:
            return late
        await run_in_threadpool(self.parts.directory.note_use, key)
        note(self.parts, Event.REPORTS_API, request, subscriber=subscriber.slug, method=method)
        return await self._answer(
            method,
            Asked(request=request, parts=self.parts, subscriber=subscriber, key=key, fields=fields),
        )

    async def _answer(self, method: str, asked: Asked) -> Response:
        if method == _DOWNLOAD:
            return await as_rows(asked)
        if method in _OF_INDEX:
            answer = await run_in_threadpool(_OF_INDEX[method], asked)
        else:
            snapshot = await run_in_threadpool(snapshot_of, asked.request)
            try:
                answer = await _OF_ROWS[method](asked, snapshot, self._turns)
            except SnapshotGoneError:
                snapshot = await run_in_threadpool(self.parts.snapshots.renewed)
                answer = await _OF_ROWS[method](asked, snapshot, self._turns)
        octets = await run_in_threadpool(msgspec.json.encode, answer)
        return Response(octets, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def _download(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return misdirected(request, 405, headers={"Allow": "GET, HEAD"})
        late = _late(self._downloads.take(client_of(client_address(request))))
        if late is not None:
            return late
        return await by_link(self.parts, request, request.path_params["id"])


class _Endpoint:
    """An ASGI application, so that it is asked whatever the request's method is. What goes wrong is told as clients read it."""

    def __init__(self, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except RefusedError:
            response = refused()
        except BadRequestError as error:
            response = refusal(error.status, str(error))
        except (StoreError, SnapshotGoneError) as error:
            # It names files, which is nobody's business but the operator's.
            _log.error("%s", error)
            response = refusal(503, "The store cannot be read just now.", {"Retry-After": "5"})
        await response(scope, receive, send)


def _late(taken: Allowance) -> Response | None:
    if taken.allowed:
        return None
    return refusal(
        429, f"Too many requests; try again in {taken.wait} seconds.", {"Retry-After": str(taken.wait)}
    )
