"""The API's addresses, and its description at ``/openapi.json``."""

from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from openletter.web.api import endpoints, surveys
from openletter.web.api.openapi import document
from openletter.web.api.operation import Operation
from openletter.web.api.problem import problem
from openletter.web.api.rate_limit import RateLimit
from openletter.web.api.serving import Serving

_MINUTE = 60
"""Seconds."""

OPERATIONS: tuple[Operation, ...] = (*surveys.OPERATIONS, *endpoints.OPERATIONS)


@cache
def _described() -> bytes:
    return msgspec.json.encode(document(OPERATIONS))


async def openapi(_: Request) -> Response:
    return Response(
        _described(), media_type="application/json", headers={"Cache-Control": "public, max-age=300"}
    )


async def unknown(request: Request) -> Response:
    return problem(
        404, "There is nothing at this address; /openapi.json lists what there is.", instance=request.url.path
    )


def api_routes(requests_per_minute: int) -> list[Route]:
    """One limit for all of them: call it once an application."""
    limit = RateLimit(requests_per_minute, _MINUTE)
    # A fixed word of a path comes before a parameter that would fit it too.
    in_order = sorted(OPERATIONS, key=lambda operation: operation.path.replace("{", "~"))
    return [
        Route("/openapi.json", openapi, name="openapi"),
        *(Route(one.path, Serving(one, limit), name=f"api-{one.name}") for one in in_order),
        Route("/api/{rest:path}", unknown, name="api-unknown"),
        Route("/api", unknown, name="api-nothing"),
    ]
