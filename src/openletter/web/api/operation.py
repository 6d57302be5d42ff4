"""One operation of the API: what serves it and what describes it is made of the same lines."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from openletter.web.download import Download
from openletter.web.roles import Role
from openletter.web.snapshot import Snapshot


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation answers with."""

    body: msgspec.Struct
    next: str | None = None
    """Of a list: the cursor of its next page."""


Handler = Callable[[Snapshot, Any, Any], Awaitable[Answer | Download]]
"""Takes the parameters of the path and those of the query."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    name: str
    """``operationId``."""
    summary: str
    tag: str
    role: Role
    """The least that may ask."""
    place: type[msgspec.Struct]
    """Parameters of the path."""
    query: type[msgspec.Struct]
    answer: type[msgspec.Struct] | None
    """``None``: a file."""
    media_type: str = "application/json"
    paged: bool = False
    """Whether ``Link: rel=next`` may stand beside the answer."""
    handler: Handler
