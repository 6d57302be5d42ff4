"""The switches of language and theme: a form each, which leads back to the page that it stood on."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from openletter.web.forms import read_form, text
from openletter.web.messages import LANGUAGES
from openletter.web.preferences import LANGUAGE_COOKIE, THEME_COOKIE, keep, way_back
from openletter.web.render import THEMES


async def _switch(request: Request, field: str, cookie: str, choices: tuple[str, ...]) -> Response:
    form = await read_form(request)
    chosen = text(form, field)
    if chosen not in choices:
        raise HTTPException(400)
    response = RedirectResponse(way_back(text(form, "next")), 303)
    keep(request, response, cookie, chosen)
    return response


async def language(request: Request) -> Response:
    return await _switch(request, "language", LANGUAGE_COOKIE, LANGUAGES)


async def theme(request: Request) -> Response:
    return await _switch(request, "theme", THEME_COOKIE, THEMES)


routes = [
    Route("/language", language, methods=["POST"], name="language"),
    Route("/theme", theme, methods=["POST"], name="theme"),
]
