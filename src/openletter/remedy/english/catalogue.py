"""English: everything that is not a class, a finding or a step, and the whole put together."""

from openletter.remedy.english.classes import CLASSES
from openletter.remedy.english.findings import FINDINGS
from openletter.remedy.english.steps import (
    CLASS_STEPS,
    FINDING_STEPS,
    NEEDS,
    NOTES,
    PASSWORDS,
    PORTS,
)
from openletter.remedy.product import Certainty, How
from openletter.remedy.words import Catalogue
from openletter.verdict.classes import Evidence, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.host import Label
from openletter.verdict.login import Reason

EVIDENCE = {
    Evidence.PROVEN: "Proven: the owner's own test account was tried before TLS.",
    Evidence.OFFERED: "Confirmed without a password: a login was begun before TLS and broken off.",
    Evidence.ADVERTISED: "Advertised: this is what the server says of itself.",
    Evidence.AMBIGUOUS: (
        "Ambiguous: the server says so, but this product is known to offer a login before TLS and then to refuse "
        "it. A confirmation (--confirm, on your own servers) tells."
    ),
    Evidence.ASSUMED: "Assumed: the server gives no list, as servers do that know nothing newer than USER and PASS.",
}

REASONS = {
    Reason.PROVEN_OPEN: "The test account got in before TLS.",
    Reason.PROVEN_CLOSED: "The test account was kept out before TLS.",
    Reason.CONFIRMED_OPEN: "The server began a login before TLS when asked.",
    Reason.CONFIRMED_CLOSED: "The server refused to begin a login before TLS.",
    Reason.AUTH_OFFERED: "The server lists a login with a plain password (AUTH=) before TLS.",
    Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED: (
        "The server lists LOGINDISABLED and a login with a plain password (AUTH=) beside it; clients may use it."
    ),
    Reason.LOGIN_NOT_DISABLED: "The server does not list LOGINDISABLED, so the LOGIN command is open before TLS.",
    Reason.LOGIN_DISABLED: "The server lists LOGINDISABLED and no login with a plain password.",
    Reason.XTLSREQUIRED: "The server lists XTLSREQUIRED: no login before TLS.",
    Reason.USER_LISTED: "The server lists USER, the login with a plain password, before TLS.",
    Reason.SASL_OFFERED: "The server lists a SASL mechanism with a plain password before TLS.",
    Reason.BARE_SASL: "The server lists SASL without any mechanism beside STLS: no login before TLS.",
    Reason.NO_PASSWORD_MECHANISM: "The server lists no login with a plain password before TLS.",
    Reason.CAPA_REFUSED: "The server does not know CAPA; servers that old take USER and PASS.",
    Reason.LIST_REFUSED: "The server refused to say what it offers.",
    Reason.NO_ANSWER: "The server did not answer when asked what it offers.",
    Reason.NOT_ASKED: "The question of a login before TLS does not arise here, or the dialogue ended before it.",
}

SIBLINGS = {
    Sibling.TLS: "The TLS port of the same service (993 for IMAP, 995 for POP3) speaks TLS.",
    Sibling.NONE: "The TLS port of the same service (993 for IMAP, 995 for POP3) gives no TLS.",
    Sibling.UNKNOWN: (
        "Whether the TLS port of the same service (993 for IMAP, 995 for POP3) speaks TLS is not known: "
        "it was not asked, or did not answer."
    ),
}

SEVERITIES = {
    Severity.CRITICAL: "critical: open to anyone",
    Severity.HIGH: "high: open with little effort",
    Severity.MEDIUM: "medium: someone who only listens can exploit it",
    Severity.LOW: "low: it takes someone who stands in the middle",
    Severity.INFO: "info: good to know",
    Severity.NONE: "none: there is no mail server here",
}

LABELS = {
    Label.ALL_CLEARTEXT: "Passwords can cross in the clear, and no TLS was found on this host.",
    Label.TLS_AVAILABLE_NOT_REQUIRED: "TLS is there, but passwords can still cross in the clear.",
    Label.TLS_REQUIRED: "Passwords cross only inside TLS.",
    Label.IMPLICIT_ONLY: "Mail is served inside TLS alone; no cleartext port serves it.",
    Label.BROKEN: "Nothing crosses in the clear, but TLS does not work either: nobody can log in.",
    Label.UNKNOWN: "What this host exposes could not be found out.",
}

HOW = {
    How.ID: "the identity that it gave",
    How.IMPLEMENTATION: "its IMPLEMENTATION line",
    How.BANNER: "its greeting",
    How.FINGERPRINT: "the set of its capabilities",
    How.NOTHING: "nothing",
}

CERTAINTY = {
    Certainty.CERTAIN: "The server calls itself {product}{version}, by {how}.",
    Certainty.LIKELY: "This is likely {product}{version}, to judge by {how}.",
    Certainty.GUESS: "This may be {product}{version}; it is only a guess from {how}.",
    Certainty.NONE: "The product was not recognised.",
}

ENGLISH = Catalogue(
    language="en",
    classes=CLASSES,
    findings=FINDINGS,
    evidence=EVIDENCE,
    reasons=REASONS,
    siblings=SIBLINGS,
    severities=SEVERITIES,
    labels=LABELS,
    how=HOW,
    certainty=CERTAINTY,
    perhaps="It may be a part of {product}; that is only a guess.",
    needs=NEEDS,
    notes=NOTES,
    class_steps=CLASS_STEPS,
    finding_steps=FINDING_STEPS,
    ports=PORTS,
    passwords=PASSWORDS,
    unsettled="No attempt at TLS drew an answer, so it may also be the network: look again before you act.",
)
