"""A finding, for whoever has its link: no log-in, one endpoint and nothing else, and a button that has it asked again.

What reads a mail before its reader does (scanners, previews) follows links: so a GET, or a HEAD, never asks anybody anything.
A form of the page itself does, once a minute at most. While the server is asked, the page says so and looks again by itself.
"""

import asyncio
import math
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from openletter.report.link import PATH, FindingLink, known_secret, read_link
from openletter.report.recheck.finding import Finding, find_finding
from openletter.report.recheck.ledger import Wait
from openletter.store.store import MANIFEST, Store
from openletter.web.api.rate_limit import client_of
from openletter.web.audit import AuditLog
from openletter.web.finding_view import State, before, past, result, told, view
from openletter.web.forms import read_form
from openletter.web.labels import N_
from openletter.web.pages.endpoint import SIDES
from openletter.web.pages.endpoint_rows import endpoint_address, endpoint_href, severity_name
from openletter.web.recheck_audit import note_begin
from openletter.web.recheck_words import CROWDS, REFUSALS
from openletter.web.rechecking import Rechecking
from openletter.web.render import render, snapshot_of, words_of
from openletter.web.secret import Secret

WAIT_S = 2.0
"""Seconds that the answer to the form waits for the end of the look: most servers have answered by then."""
REFRESH_S = 3
"""Seconds after which a page that says that somebody is being asked is loaded anew."""
HEADERS = {
    "Cache-Control": "no-store",
    # Whoever has the address has the page: it is told to nobody, and no search engine keeps it.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def _nowhere() -> HTTPException:
    """The same for all that lead nowhere, whatever the reason."""
    detail = N_("This link leads nowhere. It may have been cut off on its way, or its time may be over.")
    return HTTPException(404, detail, headers=HEADERS)


def _rechecking(request: Request) -> Rechecking:
    found: Rechecking = request.app.state.rechecking
    return found


def _read(request: Request) -> FindingLink:
    root = request.app.state.settings.store
    secret = known_secret(root) if (root / MANIFEST).exists() else None
    link = read_link(secret, request.path_params["token"]) if secret is not None else None
    if link is None:
        raise _nowhere()
    return link


async def _find(request: Request) -> tuple[FindingLink, Finding]:
    """Raises HTTPException 404."""
    link = await run_in_threadpool(_read, request)
    rechecking = _rechecking(request)

    def find(store: Store) -> Finding | None:
        return find_finding(store, rechecking.directory, link, rechecking.today.date())

    found = await snapshot_of(request).of_store(find)
    if found is None:
        raise _nowhere()
    return link, found


def _state(rechecking: Rechecking, link: FindingLink, finding: Finding) -> State:
    ledger = rechecking.ledger
    rechecks = ledger.of(link.ip, link.port, link.host)
    state = State(
        finding=finding,
        rechecks=rechecks,
        evidence=None,
        refusal=rechecking.permission(finding).refusal,
        wait=ledger.wait(finding.subscriber.id, link.ip, link.port),
        under_way=bool(rechecks) and rechecks[0].is_under_way(ledger.clock()),
    )
    telling = state.telling
    return state.with_evidence(ledger.evidence(telling)) if telling is not None else state


def _form_key(request: Request) -> str:
    """To what the form's token is bound: whoever can read the page has it, and nobody else."""
    return f"finding {request.path_params['token']}"


async def show(request: Request) -> Response:
    link, finding = await _find(request)
    state = await run_in_threadpool(_state, _rechecking(request), link, finding)
    secret: Secret = request.app.state.secret
    response = render(
        request,
        "finding.html",
        bare=True,
        form_token=request.state.csrf or secret.form_token(_form_key(request)),
        **_context(request, link, state),
    )
    response.headers.update(HEADERS)
    if state.under_way:
        response.headers["Refresh"] = str(REFRESH_S)
    return response


def _context(request: Request, link: FindingLink, state: State) -> dict[str, Any]:
    words, finding = words_of(request), state.finding
    row = finding.detail.verdict
    wait = state.wait
    first, second = before(finding, words), result(state, words)
    latest = second.after if second and state.telling else first
    return {
        "address": endpoint_address(link.ip, link.port),
        "host": link.host,
        "view": view(state, words.locale.language),
        "seen_anew": state.telling is not None,
        "before": first,
        "result": second,
        "sound": latest is not None and latest.sound,
        "past": past(state, words),
        "told": told(finding, words),
        "refusal": words.text(REFUSALS[state.refusal]) if state.refusal else "",
        "wait": words.text(CROWDS[wait.why], seconds=words.number(math.ceil(wait.seconds))) if wait else "",
        "under_way": state.under_way,
        "until": words.day(link.until),
        "sides": {str(side): words.text(message) for side, message in SIDES.items()},
        "severity_name": lambda severity: severity_name(severity, words),
        "operator_href": endpoint_href(row.ip, row.port, host=row.host, survey=finding.record.id),
    }


async def ask_again(request: Request) -> Response:
    """Have it asked, where that is allowed and its turn; the page then says what came of it, or why not."""
    _, finding = await _find(request)
    await read_form(request, whose=_form_key(request))
    rechecking = _rechecking(request)
    allowed = await run_in_threadpool(rechecking.permission, finding)
    if allowed.refusal is None:
        begun = await run_in_threadpool(rechecking.begin, finding, allowed)
        if not isinstance(begun, Wait):
            recheck, future = begun
            audit: AuditLog = request.app.state.audit
            client = client_of(request.client.host if request.client else "")
            await run_in_threadpool(note_begin, audit, recheck, client)
            # It goes on whether its reader waits or not.
            await asyncio.wait([asyncio.wrap_future(future)], timeout=WAIT_S)
    return RedirectResponse(request.url.path, 303, headers=HEADERS)


routes = [
    Route(f"{PATH}{{token}}", show, methods=["GET"], name="finding"),
    Route(f"{PATH}{{token}}", ask_again, methods=["POST"], name="ask-again"),
]
