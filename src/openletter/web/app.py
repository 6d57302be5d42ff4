"""The server's application: what every request goes through, from the outside in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from openletter.store.store import MANIFEST
from openletter.web import secret as secrets
from openletter.web.accounts import Accounts
from openletter.web.api.routes import api_routes
from openletter.web.audit import AuditLog
from openletter.web.error_pages import HANDLERS
from openletter.web.freshness import Freshness
from openletter.web.guarding import Bounds, SecurityHeaders, Unfailing
from openletter.web.host_guard import HostGuard
from openletter.web.identity import Identity
from openletter.web.page_cache import PageCache
from openletter.web.pages import all_routes
from openletter.web.pages.login import LogIns
from openletter.web.preferences import Preferences
from openletter.web.recheck_audit import noting
from openletter.web.rechecking import Rechecking
from openletter.web.render import Templates
from openletter.web.reports_api.parts import open_parts
from openletter.web.reports_api.serving import ReportsApi
from openletter.web.settings import WebSettings
from openletter.web.snapshot import Snapshots
from openletter.web.static_files import StaticFiles
from openletter.web.today import Today


def create_app(settings: WebSettings, *, today: Today | None = None) -> Starlette:
    """The application for a store, which need not be there yet. Raises StoreError where the key cannot be kept."""
    static = StaticFiles()
    accounts = Accounts(settings.store)
    key_file = settings.secret or settings.store / secrets.FILE
    # Without a store nobody has an account, and who makes one makes the store.
    lasting = settings.secret is not None or (settings.store / MANIFEST).exists()
    secret = secrets.load(key_file) if lasting else secrets.fleeting()
    snapshots = Snapshots(settings.store)
    audit = AuditLog(settings.store)
    rechecking = Rechecking(settings, today or Today(), noting(audit))
    reports_api = ReportsApi(open_parts(settings, snapshots, secret, audit))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(snapshots.follow())
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await run_in_threadpool(rechecking.close)
        await run_in_threadpool(reports_api.close)
        snapshots.close()
        accounts.close()

    app = Starlette(
        routes=[
            *static.routes(),
            *all_routes(),
            *reports_api.routes(),
            *api_routes(settings.requests_per_minute),
        ],
        middleware=[
            Middleware(SecurityHeaders, secure=settings.secure),
            Middleware(Preferences),
            Middleware(Unfailing),
            Middleware(Bounds),
            Middleware(HostGuard, settings=settings),
            Middleware(GZipMiddleware, compresslevel=5),
            Middleware(Identity, settings=settings, accounts=accounts, secret=secret),
            Middleware(Freshness),
            Middleware(PageCache, static=static),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.templates = Templates(static)
    app.state.snapshots = snapshots
    app.state.accounts = accounts
    app.state.secret = secret
    app.state.audit = audit
    app.state.rechecking = rechecking
    app.state.reports_api = reports_api
    app.state.log_ins = LogIns()
    return app
