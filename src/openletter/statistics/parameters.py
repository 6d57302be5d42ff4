"""What a question may be asked with; each struct can be made of words, and then says what is wrong with them."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from openletter.statistics.error import BadQuestionError
from openletter.statistics.league import MINIMUM_HOSTS, By, Count

Shape = TypeVar("Shape", bound=msgspec.Struct)

Country = Annotated[
    str, Meta(pattern="^[A-Z]{2}$", description="two letters of ISO 3166-1, as in JP; ZZ: not known")
]
Most = Annotated[int, Meta(ge=1, le=10_000, description="how many rows at most, 1 to 10000")]
SurveyId = Annotated[
    str,
    Meta(max_length=64, pattern="^[0-9A-Za-z-]+$", description="a survey, as openletter store list names it"),
]
Hosts = Annotated[int, Meta(ge=0, le=1_000_000_000, description="a number of hosts")]

Asn = Annotated[int, Meta(ge=0, le=4_294_967_295, description="the number of an autonomous system")]
ProductName = Annotated[
    str,
    Meta(
        max_length=64, pattern="^[0-9A-Za-z_.-]+$", description="a product, as products names it; or unknown"
    ),
]

DEFAULT_MOST = 100


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    pass


class InCountry(msgspec.Struct, frozen=True, kw_only=True):
    country: Country | None = None


class Top(msgspec.Struct, frozen=True, kw_only=True):
    most: Most = DEFAULT_MOST


class TopInCountry(msgspec.Struct, frozen=True, kw_only=True):
    country: Country | None = None
    most: Most = DEFAULT_MOST


class OfNetwork(msgspec.Struct, frozen=True, kw_only=True):
    asn: Asn = 0


class OfProduct(msgspec.Struct, frozen=True, kw_only=True):
    product: ProductName = "unknown"


class LeagueTerms(msgspec.Struct, frozen=True, kw_only=True):
    count: Count = "wide"
    by: By = "rate"
    minimum_hosts: Hosts = MINIMUM_HOSTS


class Against(msgspec.Struct, frozen=True, kw_only=True):
    before: SurveyId | None = None
    """The judged survey before the one that is asked about, where none is named."""


def read(shape: type[Shape], words: Mapping[str, object]) -> Shape:
    """Parameters of words or of values. Raises BadQuestionError."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for name, value in words.items():
        if name not in fields:
            known = ", ".join(fields) or "none"
            raise BadQuestionError(f"{_shown(name)} is no parameter of this question; known are: {known}")
        try:
            msgspec.convert(value, fields[name].type, strict=False)
        except msgspec.ValidationError as error:
            raise BadQuestionError(
                f"{name}: {_shown(str(value))}: {_right(fields[name].type, error)}"
            ) from None
    return msgspec.convert(dict(words), shape, strict=False)


def _right(kind: object, error: Exception) -> str:
    """What would have been right, or, where nobody has said, what is wrong."""
    for of in (kind, *getattr(kind, "__args__", ())):
        for meta in getattr(of, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.description:
                return f"give {meta.description}"
    return str(error).partition(" - at")[0].replace("`", "")


def _shown(text: str) -> str:
    """What somebody wrote, short and without anything that does not print."""
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    return shown if shown.isprintable() else ascii(shown)
