"""Answers only to the names that the server has.

Otherwise a page elsewhere could let its own name point to 127.0.0.1 and read, in its reader's browser, what a server on
loopback shows to its operator (DNS rebinding); and a forged name could come into addresses that the server writes.
"""

from ipaddress import ip_address

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from openletter.web.error_pages import error_response
from openletter.web.labels import N_
from openletter.web.settings import LOOPBACK_NAMES, WebSettings


def host_of(header: str) -> str:
    """The name in a ``Host`` field without the port; empty where there is none or it is malformed."""
    host = header.strip().lower()
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        return name if bracket and (not rest or rest.startswith(":")) else ""
    name, _, port = host.partition(":")
    return name if not port or port.isdigit() else ""


class HostGuard:
    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            fields = request.headers.getlist("host")
            if len(fields) != 1 or not self._knows(host_of(fields[0])):
                refused = HTTPException(400, N_("This server does not go by the name that was asked for."))
                await error_response(request, refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _knows(self, name: str) -> bool:
        if not name:
            return False
        if name in LOOPBACK_NAMES or name in self._settings.host_names:
            return True
        if self._settings.listens_on_loopback:
            return name == self._settings.host.lower()
        # With a name of its own, that is what it goes by; else by any address that leads to it, and no name.
        if self._settings.host_names:
            return name == self._settings.host.lower()
        return name == self._settings.host.lower() or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
