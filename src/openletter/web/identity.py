"""Who asks: by a session, by a token, by sitting at the machine, or nobody in particular.

Whoever asks from this machine is its operator as long as the server listens on loopback alone, no account was made and no
proxy stands in front. A web page elsewhere can make its reader's browser ask too; but the browser says which name it
believes to be talking to (:mod:`openletter.web.host_guard`), and where a form comes from (:mod:`openletter.web.forms`).
"""

import time

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from openletter.store.error import StoreError
from openletter.web.accounts import Account, Accounts
from openletter.web.error_pages import of_store
from openletter.web.reports_api.refusal import DOWNLOADS, METHODS
from openletter.web.roles import Role, to_login
from openletter.web.secret import Secret
from openletter.web.settings import WebSettings, is_loopback

COOKIE = "session"
LOCAL_USER = "local"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Fields that a proxy adds: then it is not somebody at this machine who asks."""
_OPEN = ("/login", "/logout", "/language", "/theme", "/healthz")
_LOOK_EVERY = 1.0
"""Seconds in which an account that was made beside the server may stay unnoticed."""


class Identity:
    """Puts role, name and form token into ``request.state``, and sends to the log-in whoever may see nothing without."""

    def __init__(self, app: ASGIApp, settings: WebSettings, accounts: Accounts, secret: Secret) -> None:
        self._app = app
        self._settings = settings
        self._accounts = accounts
        self._secret = secret
        self._has_accounts = False
        self._looked = float("-inf")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            self._recognise(request)
        except StoreError as error:
            await (await of_store(request, error))(scope, receive, send)
            return
        if self._admits(request):
            await self._app(scope, receive, send)
        else:
            await to_login(request)(scope, receive, send)

    def _recognise(self, request: Request) -> None:
        state = request.state
        state.has_accounts = self._any_account()
        account = self._by_token(request)
        if account is None:
            account, session = self._by_session(request)
            if account is not None:
                state.session = session
                state.csrf = self._secret.form_token(session)
                state.signed_in = True
        if account is not None:
            state.role, state.user = account.role, account.name
        elif self._is_local(request):
            state.role, state.user = Role.OPERATOR, LOCAL_USER

    def _any_account(self) -> bool:
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY:
            self._has_accounts = self._accounts.any()
            self._looked = now
        return self._has_accounts

    def _by_token(self, connection: HTTPConnection) -> Account | None:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        given = token.strip()
        return (
            self._accounts.of_token(given) if scheme.lower() == "bearer" and 0 < len(given) <= 128 else None
        )

    def _by_session(self, connection: HTTPConnection) -> tuple[Account | None, str]:
        cookie = connection.cookies.get(COOKIE, "")
        session = self._secret.unsign(cookie) if 0 < len(cookie) <= 256 else None
        if session is None:
            return None, ""
        return self._accounts.of_session(session), session

    def _is_local(self, request: Request) -> bool:
        return (
            self._settings.trusts_loopback
            and not request.state.has_accounts
            and request.client is not None
            and is_loopback(request.client.host)
            and not any(field in request.headers for field in _FORWARDED)
        )

    def _admits(self, request: Request) -> bool:
        path = request.url.path
        return (
            self._settings.public
            or request.state.user is not None
            or path in _OPEN
            # The link of a finding is its own key; so is the id of a report, and a request to the Reports API is signed.
            or path.startswith(("/static/", "/finding/", f"{METHODS}/", f"{DOWNLOADS}/"))
        )
