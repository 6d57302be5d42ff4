"""Short names of classes, severities and findings, for tables and charts; messages of both catalogues."""

from openletter.report.messages import N_
from openletter.verdict.classes import Class, Severity
from openletter.verdict.findings import FindingName

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

SEVERITIES: dict[Severity, str] = {
    Severity.CRITICAL: N_("critical"),
    Severity.HIGH: N_("high"),
    Severity.MEDIUM: N_("medium"),
    Severity.LOW: N_("low"),
    Severity.INFO: N_("info"),
    Severity.NONE: N_("none"),
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
