"""Errors as the clients of the Reports API read them: JSON with ``error``, and a status other than 200."""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

METHODS = "/api2"
DOWNLOADS = "/dl"
SIGNATURE = "hmac2"
"""The header. No other program sends it, so who does is told of mistakes in its own words, wherever it asks."""


class BadRequestError(ValueError):
    """``str()`` is one line for whoever asked."""

    def __init__(self, told: str, status: int = 400) -> None:
        super().__init__(told)
        self.status = status


class RefusedError(Exception):
    """Nobody is told why."""


def refusal(status: int, error: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode({"error": error}),
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def refused() -> Response:
    """To whoever has not shown that it may have what it asked for; the same octets whatever was wrong."""
    return refusal(
        403, "Refused: the API key, the HMAC2 of the request, or the id of the report is not right."
    )


def is_asked(request: Request) -> bool:
    """Whether a client of the Reports API asks, be it at a wrong address."""
    path = request.url.path
    return path.startswith((METHODS, f"{DOWNLOADS}/")) or SIGNATURE in request.headers


def misdirected(
    request: Request, status: int, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """For an address where nothing is, or a request of another kind than it takes; ``detail`` for what else is wrong."""
    base = address(request, f"{METHODS}/")
    if status in (401, 404):
        status = 404
        detail = (
            f"There is nothing here. The base URL of the Reports API is {base} (with the slash at its end)."
        )
    elif status == 405:
        detail = f"A method of the Reports API is asked by POST {base}<method>, a report is read by GET."
    return refusal(status, detail, headers)


def address(request: Request, path: str) -> str:
    """As who asks can reach it."""
    base: str = request.app.state.settings.base_url or str(request.base_url)
    return base.rstrip("/") + path
