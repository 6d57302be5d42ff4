"""Which endpoints of a survey are asked for: each condition that is set must hold."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated

import msgspec
from msgspec import Meta

from openletter.dialogue.observation import Protocol
from openletter.enrich.product import Product
from openletter.statistics.database import Verdicts
from openletter.statistics.error import BadQuestionError, NotEnrichedError
from openletter.statistics.network import Network, span
from openletter.statistics.parameters import Country
from openletter.statistics.where import of_country
from openletter.verdict.classes import Class, Evidence, Severity
from openletter.verdict.findings import FindingName

MAX_TEXT = 255
"""Characters: what a host name may have (RFC 1035 §2.3.4)."""

_MANY_NETWORKS = 1_000
"""Beyond that a list of numbers is no shorter than a look at each name."""


class Condition(msgspec.Struct, frozen=True):
    """A condition of SQL and its parameters."""

    sql: str
    parameters: tuple[object, ...] = ()

    def and_(self, sql: str, *parameters: object) -> "Condition":
        return Condition(f"{self.sql} AND {sql}", (*self.parameters, *parameters))


class EndpointFilter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Raises BadQuestionError where a value cannot be."""

    country: Country | None = None
    """ISO 3166-1 alpha-2; ``ZZ``: those of which it is not known."""
    asn: Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)] | None = None
    """0: those of which it is not known."""
    network: str | None = None
    """An address or a network in CIDR notation."""
    class_: Class | None = msgspec.field(name="class", default=None)
    severity: Severity | None = None
    """The worst of the class and the findings."""
    finding: FindingName | None = None
    product: Product | None = None
    protocol: Protocol | None = None
    port: Annotated[int, Meta(ge=0, le=65_535)] | None = None
    evidence: Evidence | None = None
    strict: bool | None = None
    wide: bool | None = None
    text: str | None = None
    """Stands in the name of the host, of the network or of the product, whatever the case of its letters; of a survey that
    was not enriched in the name that was given."""

    def __post_init__(self) -> None:
        if self.text is not None:
            _check_text(self.text)
        if self.network is not None:
            parse_network(self.network)

    @property
    def span(self) -> tuple[bytes, bytes] | None:
        """The first and the last address that it may have, as ``ip_sort`` has them; none where it may have any."""
        return None if self.network is None else span(parse_network(self.network))

    def check(self, verdicts: Verdicts) -> None:
        """Raises NotEnrichedError where it needs what is not there."""
        if not verdicts.enriched and (self.asn is not None or self.product is not None):
            raise NotEnrichedError(verdicts.survey)

    def alternatives(self, verdicts: Verdicts) -> list[Condition]:
        """Its conditions but the network's over ``verdict``: what fits one of these fits the filter.

        They are apart, since DuckDB looks at each distinct word of a column once where a condition is about that column
        alone, and at every row where it is not. Raises NotEnrichedError.
        """
        self.check(verdicts)
        common = Condition("true")
        if self.country is not None:
            sql, parameters = of_country(self.country)
            common = common.and_(sql, *parameters)
        simple: dict[str, object] = {
            "asn": self.asn,
            "class": self.class_,
            "worst": self.severity,
            "protocol": self.protocol,
            "port": self.port,
            "evidence": self.evidence,
            "strict": self.strict,
            "wide": self.wide,
        }
        if self.product is not None:
            simple["product"] = "" if self.product == Product.UNKNOWN else self.product
        for column, value in simple.items():
            if value is not None:
                common = common.and_(f'"{column}" = ?', str(value) if isinstance(value, str) else value)
        if self.finding is not None:
            common = common.and_("list_contains(findings, ?)", str(self.finding))
        if not self.text:
            return [common]
        return [common.and_(sql, *parameters) for sql, *parameters in _holding(verdicts, self.text)]


def _holding(verdicts: Verdicts, text: str) -> Iterator[tuple[str, *tuple[object, ...]]]:
    """For each column that may hold the text a condition and its parameters, those first that fit most where they fit at
    all. Products and networks are few, so which of them hold it is known before any endpoint is looked at."""
    inside = "contains(lower({}), lower(?))".format
    if not verdicts.enriched:
        yield inside("host"), text
        return
    products = [str(one) for one in Product if one is not Product.UNKNOWN and text.lower() in one]
    if products:
        yield f"product IN ({', '.join('?' * len(products))})", *products
    asns = verdicts.networks_named(text)
    if asns:
        few = f"asn IN ({', '.join(map(str, asns))}) AND " if len(asns) <= _MANY_NETWORKS else ""
        yield f"{few}{inside('network_name')}", text
    # A name that was given is the host's name there.
    yield inside("hostname"), text


def _check_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise BadQuestionError(f"text: {len(text):,} characters; give at most {MAX_TEXT}")
    if not text.isprintable():
        raise BadQuestionError(f"text: {text[:40]!a}: holds characters that do not print; leave them out")


def parse_network(text: str) -> Network:
    """Raises BadQuestionError."""
    right = "give an address or a network, as in 192.0.2.0/24 or 2001:db8::/32"
    if len(text) > 64:
        raise BadQuestionError(f"network: {len(text):,} characters; {right}")
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise BadQuestionError(f"network: {text!a}: is none; {right}") from None
