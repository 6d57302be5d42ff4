"""What stands around every answer: headers that bind the browser, a bound on what is sent in, and no traceback."""

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openletter.web.error_pages import error_response, of_fault

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then say of our own forms that they come from nowhere.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
MAX_BODY = 64 << 10
"""Octets of a request. A log-in has some 200."""
MAX_TARGET = 8 << 10
"""Octets of path and query together. More than any page needs, so that a page can say what is wrong with a query."""


class SecurityHeaders:
    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        """``secure``: whether readers come over TLS, and always shall."""
        self._app = app
        self._headers = {**HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def bound(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, bound)


class Unfailing:
    """What a layer refuses is told as pages tell it. A fault of ours is a page with 500, and its traceback stands in the log
    alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun:
                # Nothing can be said any more but that the answer is not whole: the connection is cut.
                raise
            request = Request(scope)
            response = (
                error_response(request, error)
                if isinstance(error, HTTPException)
                else of_fault(request, error)
            )
            await response(scope, receive, send)


class Bounds:
    """What is too large is refused before anything is done with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        length = request.headers.get("content-length", "0")
        status = 0
        if len(scope["raw_path"] if scope.get("raw_path") else b"") + len(scope["query_string"]) > MAX_TARGET:
            status = 414
        elif not length.isascii() or not length.isdigit():
            status = 400
        elif len(length) > 9 or int(length) > MAX_BODY:
            status = 413
        if status:
            await error_response(request, HTTPException(status))(scope, receive, send)
            return
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise HTTPException(413)
            return message

        await self._app(scope, bounded, send)
