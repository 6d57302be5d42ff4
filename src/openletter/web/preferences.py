"""In which language and which light a reader wants pages: from cookies, then from the browser, then English and as the
reader's system has it."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from openletter.web.messages import LANGUAGES
from openletter.web.negotiation import language
from openletter.web.render import THEMES
from openletter.web.roles import Role

LANGUAGE_COOKIE = "language"
THEME_COOKIE = "theme"
_YEAR = 365 * 86_400


def locale_of(connection: HTTPConnection) -> str:
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return language(connection.headers.get("accept-language", ""), LANGUAGES) or LANGUAGES[0]


def theme_of(connection: HTTPConnection) -> str:
    chosen = connection.cookies.get(THEME_COOKIE)
    return chosen if chosen in THEMES else THEMES[0]


class Preferences:
    """Puts them into ``request.state``, with a reader of whom nothing else is known yet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            connection = HTTPConnection(scope)
            scope["state"] = {
                **scope.get("state", {}),
                "locale": locale_of(connection),
                "theme": theme_of(connection),
                "role": Role.PUBLIC,
                "user": None,
                "signed_in": False,
                "session": "",
                "csrf": "",
                "has_accounts": False,
                "snapshot": None,
            }
        await self._app(scope, receive, send)


def keep(request: Request, response: Response, cookie: str, value: str) -> None:
    """Remember a preference for a year."""
    response.set_cookie(
        cookie,
        value,
        max_age=_YEAR,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure,
    )


def way_back(address: str) -> str:
    """Where a form may send its reader back to: a path of this server. Anything else is the first page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    harmless = (
        len(address) <= 4_096
        and address.startswith("/")
        # A second slash, also one the other way round, begins the name of a host to a browser; it drops control characters.
        and not address.startswith(("//", "/\\"))
        and "\\" not in parts.path
        and not parts.scheme
        and not parts.netloc
        and address.isascii()
        and address.isprintable()
        and " " not in address
    )
    return address if harmless else "/"
