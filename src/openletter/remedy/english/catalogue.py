"""English: everything that is not a class, a finding or a step, and the whole put together."""

from openletter.enrich.product import Certainty, How
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
from openletter.remedy.words import Catalogue
from openletter.verdict.classes import Evidence, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.host import Label
from openletter.verdict.login import Reason

EVIDENCE = {
    Evidence.PROVEN: "Proven: a login with the owner's own test account was tried before TLS.",
    Evidence.OFFERED: "Confirmed: we asked for a login before TLS, without sending a password.",
    Evidence.ADVERTISED: "Advertised: the server says so itself; no login was tried.",
    Evidence.AMBIGUOUS: (
        "Ambiguous: the server says so, but this product is known to list a login before TLS and then to refuse it. "
        "On your own server, --confirm finds out without a password."
    ),
    Evidence.ASSUMED: (
        "Assumed: the server does not know the command that lists what it offers. Servers that old accept USER and PASS."
    ),
}

REASONS = {
    Reason.PROVEN_OPEN: "The test account could log in before TLS.",
    Reason.PROVEN_CLOSED: "The test account could not log in before TLS.",
    Reason.CONFIRMED_OPEN: "The server began a login before TLS when asked.",
    Reason.CONFIRMED_CLOSED: "The server refused to begin a login before TLS.",
    Reason.AUTH_OFFERED: "Before TLS, the server lists a login that shows the password (AUTH=).",
    Reason.AUTH_OFFERED_DESPITE_LOGINDISABLED: (
        "Before TLS, the server lists LOGINDISABLED and also a login that shows the password (AUTH=), which mail "
        "programs may use."
    ),
    Reason.LOGIN_NOT_DISABLED: "Before TLS, the server does not list LOGINDISABLED, so the LOGIN command is open.",
    Reason.LOGIN_DISABLED: "Before TLS, the server lists LOGINDISABLED and no login that shows the password.",
    Reason.XTLSREQUIRED: "The server lists XTLSREQUIRED, which means: no login before TLS.",
    Reason.USER_LISTED: "Before TLS, the server lists USER, the login with a plain password.",
    Reason.SASL_OFFERED: "Before TLS, the server lists a SASL login that shows the password.",
    Reason.BARE_SASL: "Before TLS, the server lists SASL without any method beside STLS, which means: no login before TLS.",
    Reason.NO_PASSWORD_MECHANISM: "Before TLS, the server lists no login that shows the password.",
    Reason.CAPA_REFUSED: "The server refused CAPA, the command that asks what it offers.",
    Reason.LIST_REFUSED: "The server refused to say what it offers.",
    Reason.NO_ANSWER: "The server did not answer when asked what it offers.",
    Reason.NOT_ASKED: "Seen directly: this does not depend on what the server says about logins.",
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
    Severity.HIGH: "high: open to anyone with little effort",
    Severity.MEDIUM: "medium: someone who only listens can exploit it",
    Severity.LOW: "low: it needs someone in the middle of the connection",
    Severity.INFO: "info: worth knowing",
    Severity.NONE: "none: there is no mail server here",
}

LABELS = {
    Label.ALL_CLEARTEXT: "Passwords or mail can cross without encryption, and no TLS was found on this host.",
    Label.TLS_AVAILABLE_NOT_REQUIRED: "TLS is available, but passwords or mail can still cross without encryption.",
    Label.TLS_REQUIRED: "Passwords cross only inside TLS.",
    Label.IMPLICIT_ONLY: "Mail is served only inside TLS; no other port serves it.",
    Label.BROKEN: "No password crosses without encryption, but TLS does not work either.",
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
    Certainty.CERTAIN: "The server calls itself {product}{version} (seen in {how}).",
    Certainty.LIKELY: "This is likely {product}{version} (judged by {how}).",
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
    perhaps="It may belong to {product}; that is only a guess.",
    needs=NEEDS,
    notes=NOTES,
    class_steps=CLASS_STEPS,
    finding_steps=FINDING_STEPS,
    ports=PORTS,
    passwords=PASSWORDS,
    unsettled="No attempt to start TLS was answered, so the network may be the cause. Check again before you act.",
)
