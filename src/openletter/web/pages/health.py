"""Whether the server answers, for whatever looks after it."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from openletter.store.error import StoreError
from openletter.web.render import snapshot_of


async def health(request: Request) -> Response:
    """200 where the store can be read, 503 where not."""
    try:
        snapshot_of(request)
    except StoreError:
        return JSONResponse({"status": "the store cannot be read"}, 503)
    return JSONResponse({"status": "ok"})


routes = [Route("/healthz", health, name="health")]
