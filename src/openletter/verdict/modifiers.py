"""The faults that stand beside a class, each a finding of its own (VERDICTS §2, "Modifiers").

All that hold are reported, in this order. Severities are Shadowserver's words: what a passive listener can exploit is
medium, what needs an active man in the middle is low, what is no weakness by itself is info.
"""

from collections.abc import Callable

import msgspec

from openletter.dialogue.observation import Greeting, Handshake, HandshakeOutcome, Protocol, Reply
from openletter.verdict import examples as x
from openletter.verdict.classes import Severity
from openletter.verdict.examples import Example, imap, implicit, pop3, seen, upgraded
from openletter.verdict.facts import Facts, Tls
from openletter.verdict.findings import CertificateFault, FindingName
from openletter.verdict.login import Login, Mechanisms


class Modifier(msgspec.Struct, frozen=True, kw_only=True):
    name: FindingName
    condition: Callable[[Facts], bool]
    severity: Severity
    because: str
    """Why this severity."""
    clause: str
    examples: tuple[Example, ...]


def password_guessing(f: Facts) -> bool:
    if not f.public:
        return False
    inside = f.tls is Tls.WORKS and not f.login_disabled_inside_tls
    return inside or f.login is Login.YES or f.mechanisms in (Mechanisms.CHALLENGE_ONLY, Mechanisms.MIXED)


def _certificate(
    fault: CertificateFault, because: str, clause: str, severity: Severity = Severity.LOW
) -> Modifier:
    return Modifier(
        name=fault.finding,
        condition=lambda f: fault in f.certificate_faults,
        severity=severity,
        because=because,
        clause=clause,
        examples=(
            Example(says=fault.value, seen=implicit(Protocol.IMAP), certificate_faults=frozenset({fault})),
        ),
    )


_ANONYMOUS = Handshake(
    outcome=HandshakeOutcome.OK, version="TLSv1.2", cipher="TLS_DH_anon_WITH_AES_128_GCM_SHA256"
)
_DOWNGRADED = Handshake(
    outcome=HandshakeOutcome.OK,
    version="TLSv1.2",
    cipher="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    downgraded=True,
)

MODIFIERS: tuple[Modifier, ...] = (
    Modifier(
        name=FindingName.HIDDEN_STARTTLS,
        condition=lambda f: f.hidden_starttls,
        severity=Severity.LOW,
        because="a client that takes TLS only where it is offered never finds it",
        clause="RFC 2595 §3, §4",
        examples=(
            Example(says="accepted, not advertised", seen=upgraded(imap(x.DOVECOT_OPEN))),
            Example(says="the same by STLS", seen=upgraded(pop3("USER"))),
        ),
    ),
    Modifier(
        name=FindingName.WEAK_VERSION,
        condition=lambda f: f.weak_version,
        severity=Severity.LOW,
        because="the known attacks on these versions need a man in the middle",
        clause="RFC 8996 §4, §5, RFC 8997 §3, RFC 7568 §3",
        examples=(
            Example(says="TLS 1.0", seen=implicit(Protocol.IMAP, x.TLS_1_0)),
            Example(says="SSLv3", seen=implicit(Protocol.IMAP, x.ALERT, legacy=x.SSL_3)),
            Example(says="TLS 1.0 by STARTTLS", seen=upgraded(imap(x.DOVECOT_REQUIRED), handshake=x.TLS_1_0)),
        ),
    ),
    _certificate(
        CertificateFault.EXPIRED,
        "users who are taught to click it away will do so for a man in the middle",
        "RFC 5280 §4.1.2.5",
    ),
    _certificate(
        CertificateFault.NOT_YET_VALID,
        "users who are taught to click it away will do so for a man in the middle",
        "RFC 5280 §4.1.2.5",
    ),
    _certificate(
        CertificateFault.SELF_SIGNED,
        "a client cannot tell it from one that a man in the middle made",
        "RFC 5280 §6.1",
    ),
    _certificate(
        CertificateFault.UNKNOWN_CA,
        "a client cannot tell it from one that a man in the middle made",
        "RFC 5280 §6.1",
    ),
    _certificate(
        CertificateFault.NAME_MISMATCH,
        "a client cannot tell it from another server's",
        "RFC 9051 §11.1, RFC 7817 §3",
    ),
    _certificate(
        CertificateFault.WEAK_KEY,
        "whoever computes the key can act as the server; without forward secrecy a listener can then read",
        "RFC 9325 §4.5",
    ),
    _certificate(
        CertificateFault.WEAK_SIGNATURE,
        "a second certificate with the same signature can be made, and put in the middle",
        "RFC 9325 §4.5",
    ),
    Modifier(
        name=FindingName.NO_CERTIFICATE,
        condition=lambda f: f.anonymous_cipher,
        severity=Severity.LOW,
        because="it needs someone in the middle; someone who only listens learns nothing",
        clause="RFC 5246 §F.1.1.1",
        examples=(Example(says="anonymous Diffie-Hellman", seen=implicit(Protocol.IMAP, _ANONYMOUS)),),
    ),
    Modifier(
        name=FindingName.LOGINDISABLED_CONTRADICTION,
        condition=lambda f: f.logindisabled_contradiction,
        severity=Severity.INFO,
        because="it says something of the configuration; what it exposes is in the class",
        clause="RFC 9051 §6.2.3, §11.7",
        examples=(
            Example(
                says="mailutils, login-disabled",
                seen=imap("IMAP4REV1 NAMESPACE ID IDLE LITERAL+ UNSELECT LOGINDISABLED AUTH=PLAIN"),
            ),
        ),
    ),
    Modifier(
        name=FindingName.ANONYMOUS_LOGIN,
        condition=lambda f: f.anonymous_login,
        severity=Severity.HIGH,
        because="anyone gets in without a password; to what, the server decides",
        clause="RFC 4505 §5",
        examples=(
            Example(says="AUTH=ANONYMOUS", seen=imap("IMAP4REV1 AUTH=ANONYMOUS")),
            Example(says="SASL, not the first", seen=pop3("SASL PLAIN ANONYMOUS")),
            Example(
                says="inside TLS only", seen=upgraded(imap(x.DOVECOT_REQUIRED), "IMAP4REV1, AUTH=ANONYMOUS")
            ),
        ),
    ),
    Modifier(
        name=FindingName.BYTES_AFTER_STARTTLS_OK,
        condition=lambda f: f.bytes_after_starttls_ok,
        severity=Severity.LOW,
        because="a client that keeps them takes a stranger's words for the server's; it needs a man in the middle",
        clause="RFC 9051 §6.2.1, RFC 2595 §4",
        examples=(
            Example(
                says="a second line behind the OK",
                seen=upgraded(imap(x.DOVECOT_OPTIONAL, bytes_after_starttls_ok=b"* OK hello\r\n")),
            ),
        ),
    ),
    Modifier(
        name=FindingName.STARTTLS_MANGLED,
        condition=lambda f: f.starttls_mangled,
        severity=Severity.MEDIUM,
        because="something on the network path keeps clients out of TLS, so any listener reads what they then send",
        clause="RFC 2595 §9",
        examples=(
            Example(says="XXXXXXXX for STARTTLS", seen=imap("IMAP4REV1 IDLE XXXXXXXX AUTH=PLAIN")),
            Example(says="XXXXXXXA for STARTTLS", seen=imap("IMAP4REV1 IDLE XXXXXXXA AUTH=PLAIN")),
            Example(says="XXXX for STLS", seen=pop3("USER", "XXXX")),
        ),
    ),
    Modifier(
        name=FindingName.STARTTLS_STILL_LISTED_INSIDE_TLS,
        condition=lambda f: f.starttls_listed_inside_tls,
        severity=Severity.INFO,
        because="it misleads clients and exposes nothing",
        clause="RFC 9051 §6.2.1, RFC 2595 §4",
        examples=(
            Example(
                says="the same list inside", seen=upgraded(imap(x.DOVECOT_OPTIONAL), "STARTTLS, AUTH=PLAIN")
            ),
            Example(says="STLS inside", seen=upgraded(pop3("STLS", "USER"), "STLS, USER")),
        ),
    ),
    Modifier(
        name=FindingName.LOGIN_STILL_DISABLED_INSIDE_TLS,
        condition=lambda f: f.login_disabled_inside_tls,
        severity=Severity.INFO,
        because="nobody can log in; nothing is exposed",
        clause="RFC 9051 §6.2.3",
        examples=(
            Example(
                says="LOGINDISABLED inside",
                seen=upgraded(imap(x.DOVECOT_REQUIRED), "IMAP4REV1, LOGINDISABLED"),
            ),
            Example(says="bare SASL inside", seen=upgraded(pop3("STLS", "SASL"), "UIDL, SASL")),
        ),
    ),
    Modifier(
        name=FindingName.TLS_RENEGOTIATED_DOWN,
        condition=lambda f: f.downgraded,
        severity=Severity.LOW,
        because="either a man in the middle is at work, or one would not be noticed",
        clause="RFC 8446 §4.1.3",
        examples=(
            Example(says="the sentinel of RFC 8446", seen=implicit(Protocol.IMAP, _DOWNGRADED)),
            Example(
                says="the same by STARTTLS", seen=upgraded(imap(x.DOVECOT_REQUIRED), handshake=_DOWNGRADED)
            ),
        ),
    ),
    Modifier(
        name=FindingName.PASSWORD_GUESSING_EXPOSED,
        condition=password_guessing,
        severity=Severity.INFO,
        because="every public mail server takes logins; it is worth knowing where they are",
        clause="RFC 9051 §11.7",
        examples=(
            Example(says="login in the clear", seen=imap(x.DOVECOT_OPEN, ip="1.1.1.1")),
            Example(says="login inside TLS", seen=implicit(Protocol.POP3, ip="2606:4700::1")),
            Example(says="challenges only", seen=imap(x.DOVECOT_CHALLENGE, ip="1.1.1.1")),
        ),
    ),
    Modifier(
        name=FindingName.COMMAND_INJECTION,
        condition=lambda f: f.command_injection,
        severity=Severity.HIGH,
        because="it needs a man in the middle, but breaks TLS that both sides have checked and no user can notice",
        clause="RFC 9051 §6.2.1",
        examples=(
            Example(
                says="courier-pop of Debian 12 (CVE-2021-38084)",
                seen=upgraded(pop3("STLS", "USER", command_injection=True), "USER"),
            ),
        ),
    ),
)

UNMODIFIED: tuple[Example, ...] = (
    Example(says="dovecot, ssl = yes", seen=upgraded(imap(x.DOVECOT_OPTIONAL), "IMAP4REV1, AUTH=PLAIN")),
    Example(says="imaps", seen=implicit(Protocol.IMAP)),
    Example(says="Exchange Online", seen=upgraded(imap(x.DOVECOT_REQUIRED), "LOGINDISABLED, AUTH=XOAUTH2")),
    Example(says="silence", seen=seen(Protocol.POP3, greeting=Greeting.SILENT)),
    Example(says="STARTTLS refused", seen=imap(x.DOVECOT_OPTIONAL, starttls_reply=Reply.BAD)),
)
"""Ordinary ways of speaking that carry no finding at all."""
