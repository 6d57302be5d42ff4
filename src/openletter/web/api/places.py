"""Parameters of the API's paths."""

from typing import Annotated

import msgspec
from msgspec import Meta

LATEST = "latest"

SurveyName = Annotated[
    str,
    Meta(
        max_length=64,
        pattern="^[0-9A-Za-z-]+$",
        description="a survey, as /api/v1/surveys lists it, or latest: the latest that was judged",
    ),
]
Address = Annotated[str, Meta(max_length=64, description="an IPv4 or IPv6 address")]
Port = Annotated[int, Meta(ge=0, le=65_535, description="a port, 0 to 65535")]


class NoPlace(msgspec.Struct, frozen=True, kw_only=True):
    pass


class SurveyPlace(msgspec.Struct, frozen=True, kw_only=True):
    survey: SurveyName


class EndpointPlace(msgspec.Struct, frozen=True, kw_only=True):
    ip: Address
    port: Port
