"""The names of single faults: the modifiers that stand beside a class (VERDICTS §2)."""

from enum import StrEnum

import msgspec

from openletter.verdict.classes import Severity


class FindingName(StrEnum):
    HIDDEN_STARTTLS = "hidden_starttls"
    WEAK_VERSION = "weak_version"
    CERT_EXPIRED = "cert_expired"
    CERT_NOT_YET_VALID = "cert_not_yet_valid"
    CERT_SELF_SIGNED = "cert_self_signed"
    CERT_UNKNOWN_CA = "cert_unknown_ca"
    CERT_NAME_MISMATCH = "cert_name_mismatch"
    CERT_WEAK_KEY = "cert_weak_key"
    CERT_WEAK_SIGNATURE = "cert_weak_signature"
    NO_CERTIFICATE = "no_certificate"
    LOGINDISABLED_CONTRADICTION = "logindisabled_contradiction"
    ANONYMOUS_LOGIN = "anonymous_login"
    BYTES_AFTER_STARTTLS_OK = "bytes_after_starttls_ok"
    STARTTLS_MANGLED = "starttls_mangled"
    STARTTLS_STILL_LISTED_INSIDE_TLS = "starttls_still_listed_inside_tls"
    LOGIN_STILL_DISABLED_INSIDE_TLS = "login_still_disabled_inside_tls"
    TLS_RENEGOTIATED_DOWN = "tls_renegotiated_down"
    PASSWORD_GUESSING_EXPOSED = "password_guessing_exposed"  # noqa: S105 - a finding's name
    COMMAND_INJECTION = "command_injection"


class CertificateFault(StrEnum):
    """What can be wrong with the chain. The verdict does not look into certificates: whoever judges hands these in."""

    EXPIRED = "cert_expired"
    NOT_YET_VALID = "cert_not_yet_valid"
    SELF_SIGNED = "cert_self_signed"
    UNKNOWN_CA = "cert_unknown_ca"
    NAME_MISMATCH = "cert_name_mismatch"
    """Only where a name was given: for a bare address the check is unknown, which is no fault."""
    WEAK_KEY = "cert_weak_key"
    """RSA below 2048 bits, elliptic curves below 224."""
    WEAK_SIGNATURE = "cert_weak_signature"
    """MD5 or SHA-1."""

    @property
    def finding(self) -> FindingName:
        return FindingName(self.value)


class Finding(msgspec.Struct, frozen=True):
    """One fault of one endpoint."""

    name: FindingName
    severity: Severity
    clause: str
    """RFC and section."""
