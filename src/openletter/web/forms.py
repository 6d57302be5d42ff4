"""Forms that come from our own pages.

Two things keep others from sending a form in a reader's name. Browsers say where a request that changes something comes
from (``Origin``, ``Sec-Fetch-Site``), and what comes from elsewhere is refused. And whoever is signed in, or about to be,
must send the token that stands in our forms; it is bound to the session, or to the cookie that came with the log-in form.
Forms that choose a language or a theme have no token for readers without a session: the pages that they stand in are the
same for all of them, and they change nothing but that reader's view.
"""

from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from openletter.web.labels import N_
from openletter.web.secret import Secret

MAX_FIELDS = 16
TOKEN = "token"  # noqa: S105 - the name of a field


def _is_our_own(request: Request) -> bool:
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if origin == "null" and site == "same-origin":
        # What a browser says of a page that is to tell nobody where it is read (no-referrer); of a page elsewhere it
        # would not say that it is ours.
        return True
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        return False
    return site in (None, "same-origin", "none")


async def read_form(request: Request, *, whose: str | None = None) -> FormData:
    """The fields of a form that was sent from one of our pages.

    ``whose``: what the token must be bound to, where the form has one for readers without a session. Raises
    ``HTTPException``: 400 for what is no form, 403 for one from elsewhere.
    """
    if not _is_our_own(request):
        raise HTTPException(403, N_("This form was sent from another site."))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(400, N_("This is no form."))
    form = await request.form(max_files=0, max_fields=MAX_FIELDS)
    secret: Secret = request.app.state.secret
    bound_to = request.state.session or whose
    if bound_to is not None and not secret.is_form_token(text(form, TOKEN), bound_to):
        raise HTTPException(403, N_("This form is too old. Load its page anew."))
    return form


def text(form: FormData, name: str) -> str:
    """A field of text; empty where it is missing."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
