"""Signing in and out."""

import asyncio
import math
import secrets

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from openletter.web.accounts import LIFETIME, Account, Accounts
from openletter.web.api.rate_limit import client_of
from openletter.web.audit import AuditLog, Event
from openletter.web.forms import read_form, text
from openletter.web.identity import COOKIE
from openletter.web.labels import N_
from openletter.web.password import MAX_LENGTH
from openletter.web.preferences import way_back
from openletter.web.render import render, words_of
from openletter.web.secret import Secret
from openletter.web.throttle import Throttle

VISITOR = "visitor"
"""Cookie of somebody who is about to sign in; the form's token is bound to it."""
MAX_ACCOUNT_WAIT = 60.0
"""Seconds."""
_AT_ONCE = 2
"""Passwords that are checked at the same time, each in 32 MiB."""


class LogIns:
    """What is remembered of those who try."""

    def __init__(self) -> None:
        self.by_client = Throttle()
        self.by_account = Throttle(MAX_ACCOUNT_WAIT)
        self.checking = asyncio.Semaphore(_AT_ONCE)


def _form(request: Request, *, wrong: str = "", name: str = "", status: int = 200, wait: int = 0) -> Response:
    visitor = request.cookies.get(VISITOR, "")
    fresh = not 20 <= len(visitor) <= 64
    if fresh:
        visitor = secrets.token_urlsafe(24)
    secret: Secret = request.app.state.secret
    response = render(
        request,
        "login.html",
        status_code=status,
        token=secret.form_token(visitor),
        wrong=wrong,
        name=name,
        back=way_back(request.query_params.get("next", "/")),
    )
    if fresh:
        _set(request, response, VISITOR, visitor)
    if wait:
        response.headers["Retry-After"] = str(wait)
    response.headers["Cache-Control"] = "no-store"
    return response


def _set(request: Request, response: Response, cookie: str, value: str, max_age: int | None = None) -> None:
    response.set_cookie(
        cookie,
        value,
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure,
    )


async def show(request: Request) -> Response:
    if request.state.signed_in:
        return RedirectResponse(way_back(request.query_params.get("next", "/")), 303)
    return _form(request)


async def log_in(request: Request) -> Response:
    form = await read_form(request, whose=request.cookies.get(VISITOR, ""))
    name, password = text(form, "name").strip(), text(form, "password")
    audit: AuditLog = request.app.state.audit
    tries: LogIns = request.app.state.log_ins
    client = client_of(request.client.host if request.client else "")
    account_key = name[:MAX_LENGTH].casefold()
    wait = math.ceil(max(tries.by_client.wait(client), tries.by_account.wait(account_key)))
    if wait:
        if any([tries.by_client.is_news(client), tries.by_account.is_news(account_key)]):
            audit.write(Event.LOGIN_THROTTLED, account=name, client=client)
        words = words_of(request)
        said = words.text("Too many attempts. Try again in %(seconds)s seconds.", seconds=words.number(wait))
        return _form(request, wrong=said, name=name, status=429, wait=wait)
    # Counted before it is looked at, so that many at the same time are many.
    tries.by_client.failed(client)
    tries.by_account.failed(account_key)
    accounts: Accounts = request.app.state.accounts
    async with tries.checking:
        account = await run_in_threadpool(accounts.check, name, password)
    if account is None:
        audit.write(Event.LOGIN_FAILED, account=name, client=client)
        said = words_of(request).text(N_("The name or the password is not right."))
        return _form(request, wrong=said, name=name, status=403)
    # Whoever has an account must not clear the way for guesses at another one by signing in between them.
    tries.by_client.take_back(client)
    tries.by_account.forget(account_key)
    audit.write(Event.LOGGED_IN, account=account.name, client=client)
    return await _signed_in(request, account, way_back(text(form, "next")))


async def _signed_in(request: Request, account: Account, back: str) -> Response:
    accounts: Accounts = request.app.state.accounts
    secret: Secret = request.app.state.secret
    if request.state.session:
        await run_in_threadpool(accounts.end_session, request.state.session)
    # Always a new one: whoever knew the reader's cookies before knows nothing of this one.
    session = await run_in_threadpool(accounts.begin_session, account.name)
    response = RedirectResponse(back, 303)
    _set(request, response, COOKIE, secret.sign(session), int(LIFETIME))
    response.delete_cookie(VISITOR)
    return response


async def log_out(request: Request) -> Response:
    if not request.state.signed_in:
        raise HTTPException(403)
    await read_form(request)
    accounts: Accounts = request.app.state.accounts
    audit: AuditLog = request.app.state.audit
    await run_in_threadpool(accounts.end_session, request.state.session)
    client = client_of(request.client.host if request.client else "")
    audit.write(Event.LOGGED_OUT, account=request.state.user, client=client)
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE)
    return response


routes = [
    Route("/login", show, methods=["GET"], name="login"),
    Route("/login", log_in, methods=["POST"], name="log-in"),
    Route("/logout", log_out, methods=["POST"], name="logout"),
]
