"""Errors of the API in the one shape of RFC 9457: ``application/problem+json``."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from openletter.web.query import Wrong

MEDIA_TYPE = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, for a program and for whoever reads its log."""

    type: str = "about:blank"
    """RFC 9457 §4.2.1: no more than the status says."""
    title: str
    """Of the status: always the same for the same status."""
    status: int
    detail: str
    """What is wrong with this request, and what would be right."""
    instance: str
    """The path that was asked."""
    errors: tuple[Wrong, ...] = ()
    """Where single parameters are wrong: each of them."""


def problem(
    status: int,
    detail: str,
    *,
    instance: str,
    errors: Sequence[Wrong] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    told = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=instance,
        errors=tuple(errors),
    )
    return Response(
        msgspec.json.encode(told),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
