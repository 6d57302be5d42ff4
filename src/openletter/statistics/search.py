"""Looking for endpoints by one line of text: an address, a network, the number of an AS, or part of a name."""

import re
from enum import StrEnum

import msgspec

from openletter.statistics.asn import AsnCounts, asns_named, one_asn
from openletter.statistics.database import Verdicts
from openletter.statistics.endpoint_filter import EndpointFilter, parse_network
from openletter.statistics.endpoints import EndpointPage, list_endpoints
from openletter.statistics.error import BadQuestionError

_ASN = re.compile(r"as\s?([0-9]{1,10})", re.IGNORECASE | re.ASCII)
_NETWORKS = 10


class Taken(StrEnum):
    """As what the text was taken."""

    ADDRESS = "address"
    NETWORK = "network"
    ASN = "asn"
    NAME = "name"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    taken: Taken
    filter: EndpointFilter
    """That fits the same endpoints, for the pages that follow."""
    page: EndpointPage
    networks: tuple[AsnCounts, ...]
    """Whose number or name it is, at most ten."""


def search(verdicts: Verdicts, text: str, limit: int = 50) -> Found:
    """Raises BadQuestionError, NotEnrichedError, StoreError."""
    text = text.strip()
    if not text:
        raise BadQuestionError("text: is empty; give an address, a network, an AS number or part of a name")
    taken, fitting = _taken(text)
    networks: tuple[AsnCounts, ...] = ()
    if taken is Taken.ASN and fitting.asn is not None:
        one = one_asn(verdicts, fitting.asn)
        networks = (one,) if one is not None else ()
    elif taken is Taken.NAME and verdicts.enriched:
        networks = asns_named(verdicts, text, _NETWORKS)
    return Found(
        taken=taken, filter=fitting, page=list_endpoints(verdicts, fitting, limit=limit), networks=networks
    )


def _taken(text: str) -> tuple[Taken, EndpointFilter]:
    number = _ASN.fullmatch(text)
    if number is not None and int(number[1]) < 1 << 32:
        return Taken.ASN, EndpointFilter(asn=int(number[1]))
    try:
        network = parse_network(text.removeprefix("[").removesuffix("]"))
    except BadQuestionError:
        return Taken.NAME, EndpointFilter(text=text)
    whole = network.prefixlen == network.max_prefixlen
    return Taken.ADDRESS if whole else Taken.NETWORK, EndpointFilter(network=str(network))
