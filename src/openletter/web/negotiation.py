"""What a client would rather have: a language, a page or JSON."""

from collections.abc import Sequence

from starlette.requests import Request

from openletter.web.reports_api.refusal import is_asked

_JSON = frozenset({"application/json", "application/problem+json"})
MAX_ACCEPTED = 20
"""Entries of an ``Accept`` or ``Accept-Language`` that are looked at; browsers send some five."""


def by_preference(header: str) -> list[str]:
    """The values of a header like ``Accept``, the most wanted first, those of quality 0 left out (RFC 9110 §12.4.2)."""
    found = []
    for place, entry in enumerate(header.split(",")[:MAX_ACCEPTED]):
        name, *parameters = (part.strip() for part in entry.split(";"))
        quality = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                try:
                    quality = float(value)
                except ValueError:
                    quality = 0.0
        if name and 0 < quality <= 1:
            found.append((-quality, place, name.lower()))
    return [name for _, _, name in sorted(found)]


def language(header: str, known: Sequence[str]) -> str | None:
    """Of ``Accept-Language``, the first that is known; none where none is. ``ja-JP`` is ``ja``."""
    for tag in by_preference(header):
        primary = tag.partition("-")[0]
        if primary in known:
            return primary
    return None


def wants_json(request: Request) -> bool:
    """Whether an error is better told to a program than to a person."""
    path = request.url.path
    if is_asked(request):
        return True
    if path.startswith(("/api/", "/charts/")) or path == "/openapi.json":
        return True
    for accepted in by_preference(request.headers.get("accept", "")):
        if accepted in _JSON:
            return True
        if accepted.startswith("text/"):
            return False
    return False
