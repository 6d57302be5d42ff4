"""A verdict in the words of a language, for an administrator without this background."""

import msgspec

from openletter.enrich.product import Product, Recognition
from openletter.remedy.english.catalogue import ENGLISH
from openletter.remedy.japanese.catalogue import JAPANESE
from openletter.remedy.words import Words
from openletter.verdict.classes import Class, Severity
from openletter.verdict.findings import Finding
from openletter.verdict.host import HostVerdict
from openletter.verdict.login import Reason
from openletter.verdict.verdict import Verdict

CATALOGUES = {"en": ENGLISH, "ja": JAPANESE}
"""By BCP 47 tag. A further language is a further catalogue and nothing else."""

PRODUCT_NAMES = {
    Product.DOVECOT: "Dovecot",
    Product.COURIER: "Courier",
    Product.CYRUS: "Cyrus IMAP",
    Product.MAILUTILS: "GNU mailutils",
    Product.EXCHANGE: "Microsoft Exchange",
    Product.ZIMBRA: "Zimbra",
    Product.CPANEL: "cPanel",
    Product.HMAILSERVER: "hMailServer",
    Product.NGINX: "nginx as a mail proxy",
    Product.PERDITION: "Perdition",
    Product.KERIO: "Kerio Connect",
    Product.MDAEMON: "MDaemon",
    Product.DOMINO: "HCL Domino",
    Product.UW: "UW imapd",
    Product.QPOPPER: "Qpopper",
    Product.AXIGEN: "Axigen",
    Product.MAILENABLE: "MailEnable",
    Product.ICEWARP: "IceWarp",
    Product.COMMUNIGATE: "CommuniGate Pro",
    Product.STALWART: "Stalwart",
    Product.JAMES: "Apache James",
    Product.GMAIL: "Gmail",
    Product.UNKNOWN: "",
}
"""Names are the same in every language."""


class VerdictWords(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one endpoint."""

    about: Words
    evidence: str
    """Empty where the verdict rests on what was seen and not on what the server lists."""
    reason: str
    sibling: str
    """Empty where the sibling port has no part in the verdict."""
    caution: str
    """Empty, or why the verdict may be the network's fault."""
    severity: str
    findings: tuple[Words, ...]
    """In the order of ``Verdict.findings``."""


_RESTS_ON_SIBLING = frozenset({Class.NO_TLS, Class.CLEARTEXT_PORT_OPEN, Class.NO_SECURE_LOGIN})


def words_for(verdict: Verdict, language: str = "en") -> VerdictWords:
    """The words for a verdict. ``KeyError`` for a language without a catalogue."""
    catalogue = CATALOGUES[language]
    unsettled = verdict.unknown and verdict.class_ is Class.IMPLICIT_BROKEN
    return VerdictWords(
        about=catalogue.classes[verdict.class_],
        evidence="" if verdict.reason is Reason.NOT_ASKED else catalogue.evidence[verdict.evidence],
        reason=catalogue.reasons[verdict.reason],
        sibling=catalogue.siblings[verdict.sibling] if verdict.class_ in _RESTS_ON_SIBLING else "",
        caution=catalogue.unsettled if unsettled else "",
        severity=catalogue.severities[verdict.severity],
        findings=tuple(catalogue.findings[finding.name] for finding in verdict.findings),
    )


def finding_words(finding: Finding, language: str = "en") -> Words:
    return CATALOGUES[language].findings[finding.name]


def severity_words(severity: Severity, language: str = "en") -> str:
    """The severity and what it means, without a full stop."""
    return CATALOGUES[language].severities[severity]


def host_words(verdict: HostVerdict, language: str = "en") -> str:
    """One sentence for the host's label."""
    return CATALOGUES[language].labels[verdict.label]


def recognition_words(recognition: Recognition, language: str = "en") -> str:
    """How the product was recognised and how sure that is; a guess reads as a guess."""
    catalogue = CATALOGUES[language]
    said = catalogue.certainty[recognition.certainty].format(
        product=PRODUCT_NAMES[recognition.product],
        version=f" {recognition.version}" if recognition.version else "",
        how=catalogue.how[recognition.how],
    )
    if recognition.perhaps is Product.UNKNOWN:
        return said
    return f"{said} {catalogue.perhaps.format(product=PRODUCT_NAMES[recognition.perhaps])}"
