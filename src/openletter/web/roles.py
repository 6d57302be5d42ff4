"""Who may see what.

public < subscriber < operator. The public sees numbers; a subscriber will see its own networks; an operator sees addresses.
"""

from collections.abc import Awaitable, Callable
from enum import Enum
from functools import total_ordering, wraps
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from openletter.web.negotiation import wants_json

Endpoint = Callable[[Request], Awaitable[Response]]


@total_ordering
class Role(Enum):
    PUBLIC = "public"
    SUBSCRIBER = "subscriber"
    OPERATOR = "operator"

    def __lt__(self, other: object) -> bool:
        return _RANKS[self] < _RANKS[other] if isinstance(other, Role) else NotImplemented


_RANKS = {role: rank for rank, role in enumerate(Role)}


def to_login(request: Request) -> Response:
    """To the log-in, and from there back. Raises ``HTTPException`` 401 where a program asks."""
    if wants_json(request):
        raise HTTPException(401, "Sign in first.", headers={"WWW-Authenticate": 'Bearer realm="openletter"'})
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(here, safe='/')}" if request.method in ("GET", "HEAD") else ""
    return RedirectResponse(f"/login{back}", 303)


def require(role: Role) -> Callable[[Endpoint], Endpoint]:
    """For an endpoint that shows more than numbers: who is not signed in is sent to the log-in, who is and may less gets
    403."""

    def guard(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def guarded(request: Request) -> Response:
            if request.state.role >= role:
                return await endpoint(request)
            if request.state.user is None:
                return to_login(request)
            raise HTTPException(403)

        guarded.required_role = role  # type: ignore[attr-defined]
        return guarded

    return guard
