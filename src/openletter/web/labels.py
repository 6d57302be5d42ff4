"""Short names of classes, severities and the other words of a verdict, for tables and charts.

English sentences are the keys of the catalogue of messages: ``N_`` marks one, and whoever shows it translates it.
"""

from openletter.enrich.product import Certainty
from openletter.report.messages import N_ as N_
from openletter.report.short_names import CLASSES as CLASSES
from openletter.report.short_names import FINDINGS as FINDINGS
from openletter.report.short_names import ORDER as ORDER
from openletter.report.short_names import SEVERITIES as SEVERITIES
from openletter.statistics.diff import Fate
from openletter.verdict.classes import STRICT, UNKNOWN, WIDE, Class, Evidence, Severity
from openletter.verdict.rules import RULES

CLASS_MEANINGS: dict[Class, str] = {
    Class.UNREACHABLE: N_("Nothing answers at this address and port."),
    Class.SILENT: N_("A connection was made, but the server said nothing."),
    Class.NOT_MAIL: N_("Another service answers."),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: N_("TLS from the first byte, on a port that is not meant for it."),
    Class.REFUSED_BY_POLICY: N_("The server turned the connection away."),
    Class.PREAUTH_EXPOSED: N_("A mailbox is open to anyone who connects."),
    Class.CLEARTEXT_ON_TLS_PORT: N_("The port that is meant for TLS speaks without it."),
    Class.IMPLICIT_BROKEN: N_("The handshake fails on the TLS port."),
    Class.NO_TLS: N_("Passwords and mail cross without encryption, and TLS is not to be had."),
    Class.CLEARTEXT_PORT_OPEN: N_("Passwords are accepted without TLS here, though the TLS port works."),
    Class.TLS_OPTIONAL: N_("TLS is offered, but passwords are accepted without it as well."),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: N_("TLS fails, and passwords are accepted without it."),
    Class.STARTTLS_BROKEN: N_("TLS fails, and nobody can log in without it."),
    Class.CHALLENGE_ONLY_NO_TLS: N_("A challenge hides the password, but nothing hides the mail."),
    Class.NO_SECURE_LOGIN: N_("No TLS, and no login that shows the password either."),
    Class.TLS_REQUIRED: N_("Passwords are accepted only after TLS has begun."),
    Class.IMPLICIT_TLS: N_("The connection is encrypted from its first byte."),
    Class.UNKNOWN_AUTH: N_("A mail server, but which logins it accepts is not known."),
}

SEVERITY_MEANINGS: dict[Severity, str] = {
    Severity.CRITICAL: N_("Open to anyone."),
    Severity.HIGH: N_("Open to anyone with little effort."),
    Severity.MEDIUM: N_("Someone who only listens can exploit it."),
    Severity.LOW: N_("It needs someone in the middle of the connection."),
    Severity.INFO: N_("Worth knowing."),
}

EVIDENCE: dict[Evidence, str] = {
    Evidence.PROVEN: N_("proven"),
    Evidence.OFFERED: N_("offered"),
    Evidence.ADVERTISED: N_("advertised"),
    Evidence.AMBIGUOUS: N_("ambiguous"),
    Evidence.ASSUMED: N_("assumed"),
}

EVIDENCE_MEANINGS: dict[Evidence, str] = {
    Evidence.PROVEN: N_("The owner's own test account was tried before TLS."),
    Evidence.OFFERED: N_("The server began a login before TLS; no password was sent."),
    Evidence.ADVERTISED: N_("The server says so itself; no login was tried."),
    Evidence.AMBIGUOUS: N_(
        "The server says so, but this product is known to refuse afterwards what it lists."
    ),
    Evidence.ASSUMED: N_(
        "The server is too old to say what it offers; servers that old accept plain passwords."
    ),
}

CERTAINTIES: dict[Certainty, str] = {
    Certainty.CERTAIN: N_("it names itself"),
    Certainty.LIKELY: N_("likely, by its words"),
    Certainty.GUESS: N_("a guess, by what it offers"),
    Certainty.NONE: N_("not recognised"),
}

FATES: dict[Fate, str] = {
    Fate.APPEARED: N_("Appeared"),
    Fate.REGRESSED: N_("Regressed"),
    Fate.FIXED: N_("Fixed"),
    Fate.GONE: N_("Gone"),
    Fate.UNCLEAR: N_("Unclear"),
    Fate.CHANGED: N_("Changed"),
    Fate.SAME: N_("Same"),
}

FATE_MEANINGS: dict[Fate, str] = {
    Fate.APPEARED: N_(
        "Affected now; before, it was not there, gave no answer, or what it exposed was not known."
    ),
    Fate.REGRESSED: N_("Affected now; it answered before and was not."),
    Fate.FIXED: N_("Affected before; it answers now and is not."),
    Fate.GONE: N_("Affected before; now not there, or without an answer."),
    Fate.UNCLEAR: N_("Affected before; it answers now, but what it exposes is not known."),
    Fate.CHANGED: N_("Affected in both, with another class or other findings."),
    Fate.SAME: N_("Affected in both, and nothing else is different."),
}

COUNTED_STRICT = N_("strict, wide")
COUNTED_WIDE = N_("wide")
COUNTED_UNKNOWN = N_("unknown")


def counted(cls: Class) -> str:
    """In which of the two counts a class is, as a message; empty for neither."""
    if cls in STRICT:
        return COUNTED_STRICT
    if cls in WIDE:
        return COUNTED_WIDE
    return COUNTED_UNKNOWN if cls in UNKNOWN else ""


SEVERITY_OF: dict[Class, Severity] = {rule.cls: rule.severity for rule in RULES}
CLAUSE_OF: dict[Class, str] = {rule.cls: rule.clause for rule in RULES}
