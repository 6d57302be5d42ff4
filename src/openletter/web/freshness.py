"""One snapshot for each request; where its files have left meanwhile, the request is answered again from a newer one."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openletter.store.error import StoreError
from openletter.web.error_pages import of_store
from openletter.web.snapshot import SnapshotGoneError


class Freshness:
    """Once: files leave when two publications went by, so that twice within a request is a store in trouble."""

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
            return
        except SnapshotGoneError as error:
            if begun or scope["method"] not in ("GET", "HEAD"):
                raise
            gone = error
        request = Request(scope)
        try:
            request.state.snapshot = await run_in_threadpool(request.app.state.snapshots.renewed)
            await self._app(scope, receive, watched)
        except (SnapshotGoneError, StoreError):
            if begun:
                raise
            await (await of_store(request, gone))(scope, receive, send)
