"""Names of products, networks and findings, as they are shown. What a stranger says is shown character by character."""

from typing import Protocol

from openletter.enrich.product import Product
from openletter.remedy.wording import PRODUCT_NAMES
from openletter.report.visible import visible_text
from openletter.web.labels import CERTAINTIES, FINDINGS
from openletter.web.words import Words


class Network(Protocol):
    @property
    def asn(self) -> int: ...
    @property
    def name(self) -> str: ...


def network_name(network: Network, words: Words) -> str:
    """Number and name of an autonomous system."""
    if not network.asn:
        return words.text("Network not known")
    return f"AS{network.asn} {visible_text(network.name)}".strip()


def finding_name(finding: str, words: Words) -> str:
    """Of a finding's word; one that this program does not know is shown as it is."""
    known = {str(name): message for name, message in FINDINGS.items()}
    return words.text(known[finding]) if finding in known else visible_text(finding)


def certainty_name(certainty: str, words: Words) -> str:
    known = {str(name): message for name, message in CERTAINTIES.items()}
    return words.text(known[certainty]) if certainty in known else visible_text(certainty)


def product_name(product: str, words: Words) -> str:
    """Of a product's word; one that this program does not know is shown as it is."""
    if product in ("", Product.UNKNOWN):
        return words.text("Not recognised")
    known = {str(name): shown for name, shown in PRODUCT_NAMES.items()}
    return known.get(product) or visible_text(product)
