"""English: the findings. Every ``law`` was written beside the cited sections and says no more than they do."""

from openletter.remedy.words import Words
from openletter.verdict.findings import FindingName as F

_NOTHING_MORE = "Nothing by this alone."
_NONE = "Nothing."
_IMPERSONATE = (
    "Someone in the middle can pretend to be the server, and mail programs cannot tell the difference."
)
_USED_TO_WARNINGS = (
    "Users who get used to the warning will also accept it when someone in the middle shows a certificate of "
    "their own."
)
_READS_THOSE = "Someone who only listens can read what those mail programs say."

FINDINGS: dict[F, Words] = {
    F.HIDDEN_STARTTLS: Words(
        title="TLS works, but the server does not offer it",
        crosses="Everything from mail programs that use TLS only where it is offered.",
        passive=_READS_THOSE,
        active=_NOTHING_MORE,
        law="A server that supports STARTTLS (in POP3: STLS) lists it among its capabilities.",
        clause="RFC 2595 §3, §4",
    ),
    F.WEAK_VERSION: Words(
        title="Only an outdated version of TLS was agreed on",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="Someone in the middle can use known attacks on these versions to uncover parts of what is said.",
        law=(
            "SSL 3.0, TLS 1.0 and TLS 1.1 must not be used. Mail providers should move their users to TLS 1.2 or "
            "later as soon as practicable."
        ),
        clause="RFC 8996 §4, §5, RFC 8997 §3, RFC 7568 §3",
    ),
    F.CERT_EXPIRED: Words(
        title="The certificate has expired",
        crosses=_NONE,
        passive=_NONE,
        active=_USED_TO_WARNINGS,
        law="A certificate is valid from its first date to its last.",
        clause="RFC 5280 §4.1.2.5",
    ),
    F.CERT_NOT_YET_VALID: Words(
        title="The certificate is not valid yet",
        crosses=_NONE,
        passive=_NONE,
        active=_USED_TO_WARNINGS,
        law="A certificate is valid from its first date to its last.",
        clause="RFC 5280 §4.1.2.5",
    ),
    F.CERT_SELF_SIGNED: Words(
        title="The certificate is self-signed",
        crosses=_NONE,
        passive=_NONE,
        active=_IMPERSONATE,
        law="A chain of certificates has to begin at an authority that the client trusts.",
        clause="RFC 5280 §6.1",
    ),
    F.CERT_UNKNOWN_CA: Words(
        title="The certificate does not lead to a known authority",
        crosses=_NONE,
        passive=_NONE,
        active=_IMPERSONATE,
        law="A chain of certificates has to begin at an authority that the client trusts.",
        clause="RFC 5280 §6.1",
    ),
    F.CERT_NAME_MISMATCH: Words(
        title="The certificate is for another name",
        crosses=_NONE,
        passive=_NONE,
        active=_IMPERSONATE,
        law="The client must compare the name that it expects with the names in the certificate.",
        clause="RFC 9051 §11.1, RFC 7817 §3",
    ),
    F.CERT_WEAK_KEY: Words(
        title="The key of the certificate is too short",
        crosses=_NOTHING_MORE,
        passive="Whoever computes the key can read recorded sessions that had no forward secrecy.",
        active="Whoever computes the key can pretend to be the server.",
        law="RSA keys need at least 2048 bits. Elliptic curves of less than 224 bits must not be used.",
        clause="RFC 9325 §4.5",
    ),
    F.CERT_WEAK_SIGNATURE: Words(
        title="The certificate is signed with a broken method",
        crosses=_NONE,
        passive=_NONE,
        active="With enough money, someone can forge a certificate that carries the same signature.",
        law="Certificates must not be signed with SHA-1 or MD5; SHA-256 is recommended.",
        clause="RFC 9325 §4.5",
    ),
    F.NO_CERTIFICATE: Words(
        title="TLS without any certificate",
        crosses=_NONE,
        passive=_NONE,
        active=_IMPERSONATE,
        law="TLS without a certificate protects only against someone who only listens.",
        clause="RFC 5246 §F.1.1.1",
    ),
    F.LOGINDISABLED_CONTRADICTION: Words(
        title="The server says that login is disabled, and offers it all the same",
        crosses="A password, where a mail program uses the offer.",
        passive="Someone who only listens can read that password.",
        active=_NOTHING_MORE,
        law=(
            "A server that refuses plain passwords before TLS lists LOGINDISABLED and does not list the login "
            "methods that use a plain password."
        ),
        clause="RFC 9051 §6.2.3, §11.7",
    ),
    F.ANONYMOUS_LOGIN: Words(
        title="A login without a password is offered",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="Nobody has to attack anything: whoever connects may log in as a guest and see what guests may see.",
        law="Anonymous login should be off until the administrator decides to switch it on.",
        clause="RFC 4505 §5",
    ),
    F.BYTES_AFTER_STARTTLS_OK: Words(
        title="Unencrypted text stood between the start of TLS and TLS itself",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="Someone in the middle can add text that a careless mail program takes for protected text.",
        law="TLS begins immediately after the line in which the server agrees to it.",
        clause="RFC 9051 §6.2.1, RFC 2595 §4",
    ),
    F.STARTTLS_MANGLED: Words(
        title="Something between here and the server has overwritten the offer of TLS",
        crosses="Everything from mail programs that use TLS only where it is offered.",
        passive=_READS_THOSE,
        active="Someone in the middle would do exactly this; here it is probably a firewall.",
        law=(
            "The offer of TLS can be removed by someone in the middle. Clients should warn, or be able to refuse "
            "to continue without TLS."
        ),
        clause="RFC 2595 §9",
    ),
    F.STARTTLS_STILL_LISTED_INSIDE_TLS: Words(
        title="TLS is offered again inside TLS",
        crosses=_NONE,
        passive=_NONE,
        active=_NONE,
        law="Once TLS has begun, STARTTLS should not be listed any more; STLS is listed only where it is permitted.",
        clause="RFC 9051 §6.2.1, RFC 2595 §4",
    ),
    F.LOGIN_STILL_DISABLED_INSIDE_TLS: Words(
        title="No login is offered even inside TLS",
        crosses=_NONE,
        passive=_NONE,
        active=_NONE,
        law="A client must not send LOGIN where LOGINDISABLED is listed, so users cannot log in.",
        clause="RFC 9051 §6.2.3",
    ),
    F.TLS_RENEGOTIATED_DOWN: Words(
        title="The TLS version was lowered, by the server or by something in between",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active=(
            "Either someone in the middle is already at work, or the server agrees to a lower version than it "
            "supports, which can be attacked more easily."
        ),
        law=(
            "A server that supports TLS 1.3 marks its answer when it agrees to a lower version. A client that "
            "offered TLS 1.3 must then end the connection."
        ),
        clause="RFC 8446 §4.1.3",
    ),
    F.PASSWORD_GUESSING_EXPOSED: Words(
        title="Anyone on the Internet can try passwords here",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="Anyone can try passwords from anywhere, unless failed attempts are limited.",
        law="Servers should limit or delay failed logins, report them, and look for attempts to guess passwords.",
        clause="RFC 9051 §11.7",
    ),
    F.COMMAND_INJECTION: Words(
        title="Commands sent before TLS are carried out inside TLS",
        crosses=_NOTHING_MORE,
        passive=_NOTHING_MORE,
        active="Someone in the middle can put commands before those of the user, and so redirect mail or passwords.",
        law="What arrives before TLS has begun must be thrown away, or be read as the TLS handshake, which then fails.",
        clause="RFC 9051 §6.2.1",
    ),
}
