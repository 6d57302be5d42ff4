"""One real way of speaking for each rule: what the tests are generated from, and what the manual shows.

Most are what dovecot, courier, cyrus and mailutils of Debian 12 say in the lab.
"""

from typing import Any

import msgspec

from openletter.dialogue.observation import (
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Tcp,
)
from openletter.verdict.facts import Sibling
from openletter.verdict.findings import CertificateFault


class Example(msgspec.Struct, frozen=True, kw_only=True):
    says: str
    """Who speaks so, and when."""
    seen: Observation
    sibling: Sibling = Sibling.UNKNOWN
    certificate_faults: frozenset[CertificateFault] = frozenset()


MODERN = Handshake(outcome=HandshakeOutcome.OK, version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384")
TLS_1_0 = Handshake(outcome=HandshakeOutcome.OK, version="TLSv1", cipher="TLS_RSA_WITH_AES_128_CBC_SHA")
SSL_3 = Handshake(outcome=HandshakeOutcome.OK, version="SSLv3")
ALERT = Handshake(outcome=HandshakeOutcome.ALERT, detail="protocol_version")
PLAINTEXT = Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=b"* OK ready")
TIMED_OUT = Handshake(outcome=HandshakeOutcome.TIMEOUT)
NO_TLS_INSIDE = Handshake(outcome=HandshakeOutcome.PLAINTEXT, plaintext=b"* BYE [UNAVAILABLE] TLS failed")

_PORTS = {
    (Protocol.IMAP, Mode.CLEARTEXT): 143,
    (Protocol.IMAP, Mode.IMPLICIT): 993,
    (Protocol.POP3, Mode.CLEARTEXT): 110,
    (Protocol.POP3, Mode.IMPLICIT): 995,
}


def seen(protocol: Protocol, mode: Mode = Mode.CLEARTEXT, **more: Any) -> Observation:
    """An observation of a documentation address (RFC 5737) on the registered port; fields as in ``Observation``."""
    defaults: dict[str, Any] = {
        "ip": "192.0.2.1",
        "port": _PORTS[protocol, mode],
        "tcp": Tcp.OPEN,
        "greeting": Greeting.OK,
    }
    return Observation(protocol=protocol, mode=mode, **(defaults | more))


def imap(capabilities: str, **more: Any) -> Observation:
    """Port 143, after this capability list."""
    defaults: dict[str, Any] = {
        "banner": b"* OK ready",
        "caps_pre": tuple(capabilities.split()),
        "caps_pre_source": ListSource.COMMAND,
        "starttls_reply": Reply.BAD,
    }
    return seen(Protocol.IMAP, **(defaults | more))


def pop3(*lines: str, **more: Any) -> Observation:
    """Port 110, after this CAPA list."""
    defaults: dict[str, Any] = {
        "banner": b"+OK ready",
        "caps_pre": lines,
        "caps_pre_source": ListSource.COMMAND,
        "starttls_reply": Reply.ERR,
    }
    return seen(Protocol.POP3, **(defaults | more))


def upgraded(before: Observation, inside: str = "", handshake: Handshake = MODERN) -> Observation:
    """The same, where STARTTLS was agreed to; ``inside`` is the list inside TLS, entries divided by commas."""
    return msgspec.structs.replace(
        before,
        starttls_reply=Reply.OK,
        handshake=handshake,
        caps_post=tuple(entry.strip() for entry in inside.split(",") if entry.strip()),
        caps_post_source=ListSource.COMMAND if inside else ListSource.NOT_ASKED,
    )


def implicit(protocol: Protocol, handshake: Handshake = MODERN, **more: Any) -> Observation:
    """Port 993 or 995."""
    greeting = Greeting.OK if handshake.works else Greeting.NOT_REACHED
    return seen(protocol, Mode.IMPLICIT, **({"greeting": greeting, "handshake": handshake} | more))


DOVECOT_OPEN = "IMAP4REV1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN AUTH=LOGIN"
DOVECOT_OPTIONAL = "IMAP4REV1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS AUTH=PLAIN AUTH=LOGIN"
DOVECOT_REQUIRED = "IMAP4REV1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED"
DOVECOT_CHALLENGE = "IMAP4REV1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ LOGINDISABLED AUTH=CRAM-MD5"
COURIER_OPEN = "IMAP4REV1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE ACL ACL2=UNION"
CYRUS_OPEN = (
    "IMAP4REV1 LITERAL+ ID ENABLE SASL-IR ACL QUOTA MAILBOX-REFERRALS NAMESPACE URLAUTH URLAUTH=BINARY"
)
MAILUTILS_REQUIRED = "IMAP4REV1 NAMESPACE ID IDLE LITERAL+ UNSELECT STARTTLS XTLSREQUIRED"
DOVECOT_POP3 = ("CAPA", "TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE")
