"""One network and one product by themselves: which classes, findings, products, countries and networks are in it.

Of an enriched survey, from its endpoints: the roll-ups do not cut these two ways at once.
"""

import msgspec

from openletter.statistics.asn import AsnCounts, one_asn
from openletter.statistics.classes import ClassCount
from openletter.statistics.database import Verdicts
from openletter.statistics.findings import FindingCount, severity_of


class PartCount(msgspec.Struct, frozen=True):
    """Endpoints that answered."""

    what: str
    """A product, a version, a country, a network's number or its name: as hostile as whoever chose it."""
    endpoints: int
    strict: int
    wide: int


class NetworkPart(msgspec.Struct, frozen=True):
    asn: int
    name: str
    endpoints: int
    strict: int
    wide: int


class NetworkProfile(msgspec.Struct, frozen=True, kw_only=True):
    counts: AsnCounts | None
    """None where nothing answered in it."""
    classes: tuple[ClassCount, ...]
    """The most first, as in all of these."""
    findings: tuple[FindingCount, ...]
    products: tuple[PartCount, ...]


class ProductProfile(msgspec.Struct, frozen=True, kw_only=True):
    classes: tuple[ClassCount, ...]
    findings: tuple[FindingCount, ...]
    versions: tuple[PartCount, ...]
    """As servers write them; empty where they do not."""
    certainties: tuple[PartCount, ...]
    """How sure it is that it is this product."""
    countries: tuple[PartCount, ...]
    networks: tuple[NetworkPart, ...]
    """The most affected."""


class _Finding(msgspec.Struct, frozen=True):
    finding: str
    pop3: int
    imap: int
    endpoints: int


MOST = 50
"""Rows of a list that has no end of its own: versions and networks."""

_PROTOCOLS = """
coalesce(sum(1) FILTER (WHERE protocol = 'pop3'), 0)::BIGINT, coalesce(sum(1) FILTER (WHERE protocol = 'imap'), 0)::BIGINT,
count(*) AS many"""
_AFFECTED = """
count(*) AS many, coalesce(sum(1) FILTER (WHERE strict), 0)::BIGINT,
coalesce(sum(1) FILTER (WHERE wide), 0)::BIGINT AS affected"""
_ANSWERED = "class <> 'unreachable'"


class _Cut:
    """The answered endpoints that a condition holds for."""

    def __init__(self, verdicts: Verdicts, where: str, parameter: object) -> None:
        verdicts.need("asns")
        verdicts.need_endpoints()
        self._verdicts = verdicts
        self._from = f"FROM verdict WHERE {_ANSWERED} AND {where}"
        self._parameters = [parameter]

    def classes(self) -> tuple[ClassCount, ...]:
        sql = f"""
SELECT class, {_PROTOCOLS}, bool_or(strict), bool_or(wide) {self._from} GROUP BY class ORDER BY many DESC, class
"""
        return self._verdicts.ask_endpoints(sql, ClassCount, self._parameters)

    def findings(self) -> tuple[FindingCount, ...]:
        sql = f"""
SELECT finding, {_PROTOCOLS} FROM (SELECT protocol, unnest(findings) AS finding {self._from})
GROUP BY finding ORDER BY many DESC, finding
"""  # noqa: S608
        return tuple(
            FindingCount(row.finding, severity_of(row.finding), row.pop3, row.imap, row.endpoints)
            for row in self._verdicts.ask_endpoints(sql, _Finding, self._parameters)
        )

    def parts(self, column: str, most: int | None = None) -> tuple[PartCount, ...]:
        limit = f" LIMIT {most}" if most else ""
        sql = (
            f"SELECT {column}, {_AFFECTED} {self._from} GROUP BY {column} ORDER BY many DESC, {column}{limit}"
        )
        return self._verdicts.ask_endpoints(sql, PartCount, self._parameters)

    def networks(self) -> tuple[NetworkPart, ...]:
        sql = f"""
SELECT asn, coalesce(max(network_name), ''), {_AFFECTED} {self._from} GROUP BY asn
ORDER BY affected DESC, many DESC, asn LIMIT {MOST}
"""
        return self._verdicts.ask_endpoints(sql, NetworkPart, self._parameters)


def network_profile(verdicts: Verdicts, asn: int) -> NetworkProfile:
    """Raises NotEnrichedError, NoSurveyError, StoreError."""
    cut = _Cut(verdicts, "asn = ?", asn)
    return NetworkProfile(
        counts=one_asn(verdicts, asn),
        classes=cut.classes(),
        findings=cut.findings(),
        products=cut.parts("product"),
    )


def product_profile(verdicts: Verdicts, product: str) -> ProductProfile:
    """``product``: a word of the column; empty or ``unknown`` for what was not recognised. Raises NotEnrichedError,
    NoSurveyError, StoreError."""
    cut = _Cut(verdicts, "product = ?", "" if product == "unknown" else product)
    return ProductProfile(
        classes=cut.classes(),
        findings=cut.findings(),
        versions=cut.parts("product_version", MOST),
        certainties=cut.parts("product_certainty"),
        countries=cut.parts("country"),
        networks=cut.networks(),
    )
