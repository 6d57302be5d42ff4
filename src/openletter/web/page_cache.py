"""Whole answers for readers who are nobody in particular, kept as octets, plain and compressed.

What such a reader sees depends on the snapshot, the address, the language, the theme and the role alone. So does the
ETag, by which a browser asks whether what it has is still right (RFC 9110 §13.1.2).
"""

import gzip
from email.utils import formatdate, parsedate_to_datetime
from hashlib import sha256

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openletter.store.error import StoreError
from openletter.web.kept import Kept
from openletter.web.render import build, snapshot_of
from openletter.web.static_files import StaticFiles

MAX_OCTETS = 96 << 20
MAX_ENTRY = 2 << 20
"""Octets of one answer; a larger one is a download and made anew each time."""
_VARY = "Accept-Encoding, Accept-Language, Cookie"
_OWN = ("/api/", "/static/", "/login", "/logout", "/healthz", "/finding/", "/api2", "/dl/")
"""What answers for itself."""
_TEXT = ("text/", "application/json")


class _Kept(msgspec.Struct):
    headers: list[tuple[bytes, bytes]]
    body: bytes
    compressed: bytes
    """Empty where that would not make it smaller."""

    @property
    def octets(self) -> int:
        return len(self.body) + len(self.compressed) + 1_000


class PageCache:
    """For one event loop: it holds no lock."""

    def __init__(self, app: ASGIApp, static: StaticFiles) -> None:
        self._app = app
        self._made_of = f"{build()}{static.digest}"
        self._kept: Kept[_Kept] = Kept(MAX_OCTETS, lambda kept: kept.octets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] not in ("GET", "HEAD")
            or scope["path"].startswith(_OWN)
            or scope["state"]["signed_in"]
        ):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            snapshot = snapshot_of(request)
        except StoreError:
            # The endpoint meets it too, and what handles its errors handles that one.
            await self._app(scope, receive, send)
            return
        key = self._key(request, snapshot.key)
        fields = {
            "ETag": f'W/"{key.hex()[:32]}"',
            "Last-Modified": formatdate(snapshot.made, usegmt=True),
            "Cache-Control": "private, no-cache" if request.state.user is not None else "no-cache",
        }
        kept = self._kept.get(key)
        if kept is None:
            await self._fill(request, key, fields, snapshot.made, receive, send)
            return
        await self._answer(request, kept, fields, snapshot.made, send)

    def _key(self, request: Request, snapshot: str) -> bytes:
        state = request.state
        parts = (
            self._made_of,
            snapshot,
            state.role.value,
            str(state.user),
            str(state.has_accounts),
            state.locale,
            state.theme,
            request.url.path,
            request.scope["query_string"].decode("latin-1"),
            # htmx and scripts may get another answer at the same address.
            request.headers.get("accept", "") if request.url.path.startswith("/charts/") else "",
            request.headers.get("hx-request", ""),
        )
        return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()

    async def _fill(
        self,
        request: Request,
        key: bytes,
        fields: dict[str, str],
        made: float,
        receive: Receive,
        send: Send,
    ) -> None:
        """Pass an answer on, and keep it where it is one that can be kept."""
        start: Message | None = None
        parts: list[bytes] = []
        length = 0

        async def gathering(message: Message) -> None:
            nonlocal start, length
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                cacheable = (
                    message["status"] == 200
                    and "set-cookie" not in headers
                    and "cache-control" not in headers
                    and headers.get("content-type", "").startswith(_TEXT)
                    and int(headers.get("content-length", str(MAX_ENTRY + 1))) <= MAX_ENTRY
                )
                if not cacheable:
                    await send(message)
                    return
                headers.update(fields)
                headers["Vary"] = _VARY
                start = message
                return
            if start is None:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = b"".join(parts)
                kept = _kept(start["headers"], body)
                if body or request.method == "GET":
                    self._kept.put(key, kept)
                await self._answer(request, kept, fields, made, send)

        await self._app(request.scope, receive, gathering)

    @staticmethod
    async def _answer(request: Request, kept: _Kept, fields: dict[str, str], made: float, send: Send) -> None:
        if _is_known(request.headers, fields["ETag"], made):
            unchanged = Response(status_code=304, headers={**fields, "Vary": _VARY})
            await send({"type": "http.response.start", "status": 304, "headers": unchanged.raw_headers})
            await send({"type": "http.response.body", "body": b""})
            return
        headers = list(kept.headers)
        body = kept.body
        if kept.compressed and "gzip" in request.headers.get("accept-encoding", ""):
            body = kept.compressed
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})


def _kept(headers: list[tuple[bytes, bytes]], body: bytes) -> _Kept:
    compressed = gzip.compress(body, 5, mtime=0) if len(body) > 500 else b""
    return _Kept(
        headers=[(name, value) for name, value in headers if name.lower() != b"content-length"],
        body=body,
        compressed=compressed if len(compressed) < len(body) else b"",
    )


def _is_known(headers: Headers, etag: str, made: float) -> bool:
    """Whether the reader has this answer (RFC 9110 §13.2.2: the ETag goes before the date)."""
    given = headers.get("if-none-match")
    if given is not None:
        return given.strip() == "*" or any(
            one.strip().removeprefix("W/") == etag.removeprefix("W/") for one in given.split(",")
        )
    try:
        return parsedate_to_datetime(headers["if-modified-since"]).timestamp() >= int(made)
    except (KeyError, ValueError, TypeError, OverflowError):
        return False
