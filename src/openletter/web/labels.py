"""Short names of classes, severities and the other words of a verdict, for tables and charts.

English sentences are the keys of the catalogue of messages: ``N_`` marks one, and whoever shows it translates it.
"""

from openletter.enrich.product import Certainty
from openletter.report.messages import N_ as N_
from openletter.statistics.diff import Fate
from openletter.verdict.classes import STRICT, UNKNOWN, WIDE, Class, Evidence, Severity
from openletter.verdict.findings import FindingName
from openletter.verdict.rules import RULES

CLASSES: dict[Class, str] = {
    Class.UNREACHABLE: N_("Not reachable"),
    Class.SILENT: N_("Silent"),
    Class.NOT_MAIL: N_("Not a mail server"),
    Class.IMPLICIT_ON_CLEARTEXT_PORT: N_("TLS on the cleartext port"),
    Class.REFUSED_BY_POLICY: N_("Refused by policy"),
    Class.PREAUTH_EXPOSED: N_("Open without a password"),
    Class.CLEARTEXT_ON_TLS_PORT: N_("No TLS on the TLS port"),
    Class.IMPLICIT_BROKEN: N_("TLS port does not work"),
    Class.NO_TLS: N_("No TLS"),
    Class.CLEARTEXT_PORT_OPEN: N_("Cleartext port open beside TLS port"),
    Class.TLS_OPTIONAL: N_("TLS optional"),
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN: N_("STARTTLS broken, cleartext login"),
    Class.STARTTLS_BROKEN: N_("STARTTLS broken, no login"),
    Class.CHALLENGE_ONLY_NO_TLS: N_("Challenge login without TLS"),
    Class.NO_SECURE_LOGIN: N_("No secure login"),
    Class.TLS_REQUIRED: N_("TLS required"),
    Class.IMPLICIT_TLS: N_("TLS from the first byte"),
    Class.UNKNOWN_AUTH: N_("Logins not known"),
}

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

SEVERITIES: dict[Severity, str] = {
    Severity.CRITICAL: N_("critical"),
    Severity.HIGH: N_("high"),
    Severity.MEDIUM: N_("medium"),
    Severity.LOW: N_("low"),
    Severity.INFO: N_("info"),
    Severity.NONE: N_("none"),
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

FINDINGS: dict[FindingName, str] = {
    FindingName.HIDDEN_STARTTLS: N_("TLS works, but is not offered"),
    FindingName.WEAK_VERSION: N_("Only an outdated version of TLS"),
    FindingName.CERT_EXPIRED: N_("Certificate expired"),
    FindingName.CERT_NOT_YET_VALID: N_("Certificate not valid yet"),
    FindingName.CERT_SELF_SIGNED: N_("Certificate self-signed"),
    FindingName.CERT_UNKNOWN_CA: N_("Certificate of an unknown authority"),
    FindingName.CERT_NAME_MISMATCH: N_("Certificate for another name"),
    FindingName.CERT_WEAK_KEY: N_("Key of the certificate too short"),
    FindingName.CERT_WEAK_SIGNATURE: N_("Certificate signed with a broken method"),
    FindingName.NO_CERTIFICATE: N_("TLS without a certificate"),
    FindingName.LOGINDISABLED_CONTRADICTION: N_("Says that login is disabled, and offers it"),
    FindingName.ANONYMOUS_LOGIN: N_("Login without a password"),
    FindingName.BYTES_AFTER_STARTTLS_OK: N_("Unencrypted text before the handshake"),
    FindingName.STARTTLS_MANGLED: N_("Offer of TLS overwritten on the way"),
    FindingName.STARTTLS_STILL_LISTED_INSIDE_TLS: N_("TLS offered again inside TLS"),
    FindingName.LOGIN_STILL_DISABLED_INSIDE_TLS: N_("No login even inside TLS"),
    FindingName.TLS_RENEGOTIATED_DOWN: N_("TLS version lowered on the way"),
    FindingName.PASSWORD_GUESSING_EXPOSED: N_("Anyone can try passwords"),
    FindingName.COMMAND_INJECTION: N_("Commands from before TLS carried out inside it"),
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
    Fate.APPEARED: N_("Affected now; not there before, or without an answer."),
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

ORDER: tuple[Class, ...] = (
    Class.NO_TLS,
    Class.CLEARTEXT_ON_TLS_PORT,
    Class.CLEARTEXT_PORT_OPEN,
    Class.TLS_OPTIONAL,
    Class.STARTTLS_BROKEN_CLEARTEXT_OPEN,
    Class.CHALLENGE_ONLY_NO_TLS,
    Class.PREAUTH_EXPOSED,
    Class.STARTTLS_BROKEN,
    Class.IMPLICIT_BROKEN,
    Class.IMPLICIT_ON_CLEARTEXT_PORT,
    Class.NO_SECURE_LOGIN,
    Class.TLS_REQUIRED,
    Class.IMPLICIT_TLS,
    Class.SILENT,
    Class.REFUSED_BY_POLICY,
    Class.UNKNOWN_AUTH,
    Class.NOT_MAIL,
    Class.UNREACHABLE,
)
"""In charts and tables: strict, wide, other faults, sound, not known, not there."""


def counted(cls: Class) -> str:
    """In which of the two counts a class is, as a message; empty for neither."""
    if cls in STRICT:
        return COUNTED_STRICT
    if cls in WIDE:
        return COUNTED_WIDE
    return COUNTED_UNKNOWN if cls in UNKNOWN else ""


SEVERITY_OF: dict[Class, Severity] = {rule.cls: rule.severity for rule in RULES}
CLAUSE_OF: dict[Class, str] = {rule.cls: rule.clause for rule in RULES}
