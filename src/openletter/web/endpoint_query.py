"""The address of a list of endpoints: a filter, an order and a place in it. The page, the API and the downloads share it."""

from typing import Annotated
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from openletter.statistics.endpoint_filter import EndpointFilter
from openletter.statistics.endpoints import MAX_PAGE, Sort

PAGE_ROWS = 50

Cursor = Annotated[
    str, Meta(max_length=512, description="a place in the list, as the page before it named it")
]
Limit = Annotated[int, Meta(ge=1, le=MAX_PAGE, description=f"how many endpoints at most, 1 to {MAX_PAGE}")]


class EndpointQuery(EndpointFilter, frozen=True, kw_only=True):
    sort: Sort = Sort.ADDRESS
    after: Cursor | None = None
    limit: Limit = PAGE_ROWS


def only_filter(of: EndpointFilter) -> EndpointFilter:
    """The conditions alone of what has more than them."""
    return EndpointFilter(
        **{field.name: getattr(of, field.name) for field in msgspec.structs.fields(EndpointFilter)}
    )


def words(of: msgspec.Struct, **changed: str | None) -> list[tuple[str, str]]:
    """What an address has to say for these parameters: only what is not so anyway."""
    said = {}
    for field in msgspec.structs.fields(type(of)):
        value = getattr(of, field.name)
        if value is not None and value != field.default:
            said[field.encode_name] = str(value).lower() if isinstance(value, bool) else str(value)
    said.update({name: value or "" for name, value in changed.items()})
    return [(name, value) for name, value in said.items() if value]


def address(path: str, of: msgspec.Struct, **changed: str | None) -> str:
    """``changed``: parameters in the place of those of ``of``; ``None`` leaves one out."""
    said = words(of, **changed)
    return f"{path}?{urlencode(said)}" if said else path
