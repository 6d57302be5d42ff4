"""THE table: from facts to a class (VERDICTS §2).

Read from the top, the first rule whose condition holds gives the class. The last holds always, so the table is total.
A rule's number is its number in VERDICTS. Conditions stand on their own feet only together with the rules above them.
"""

from collections.abc import Callable

import msgspec

from openletter.dialogue.observation import Greeting, ListSource, Mode, Protocol, Reply, Tcp
from openletter.verdict import examples as x
from openletter.verdict.classes import Class, Report, Severity
from openletter.verdict.examples import Example, imap, implicit, pop3, seen, upgraded
from openletter.verdict.facts import Contact, Facts, Sibling, Tls
from openletter.verdict.login import Login, Mechanisms


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    cls: Class
    condition: Callable[[Facts], bool]
    report: Report
    severity: Severity
    clause: str
    """RFC and section; empty where no RFC is touched."""
    examples: tuple[Example, ...]


def no_connection(f: Facts) -> bool:
    return f.contact is Contact.NO_CONNECTION


def no_greeting(f: Facts) -> bool:
    # Closed without a byte is silence too (courier's -maxperip, dovecot with ssl=no on 993); so is silence inside
    # TLS: a web server waits there for us to speak, and nothing shows that mail is behind it.
    return f.contact is Contact.SILENT


def another_protocol(f: Facts) -> bool:
    return f.contact is Contact.NOT_MAIL


def tls_record_on_cleartext_port(f: Facts) -> bool:
    return f.contact is Contact.TLS_RECORD


def turned_away(f: Facts) -> bool:
    return f.contact is Contact.TURNED_AWAY


def preauth(f: Facts) -> bool:
    # Inside TLS too: TLS hides the mailbox from the road, not from whoever connects.
    return f.contact is Contact.PREAUTH


def greeting_in_the_clear_on_tls_port(f: Facts) -> bool:
    return f.mode is Mode.IMPLICIT and f.contact is Contact.SPOKE and f.tls is not Tls.WORKS


def handshake_fails(f: Facts) -> bool:
    return f.mode is Mode.IMPLICIT and f.tls in (Tls.BROKEN, Tls.UNDECIDED)


def cleartext_login_without_tls(f: Facts) -> bool:
    return _cleartext(f, Login.YES, Tls.ABSENT) and f.sibling is not Sibling.TLS


def cleartext_login_beside_tls_port(f: Facts) -> bool:
    return _cleartext(f, Login.YES, Tls.ABSENT) and f.sibling is Sibling.TLS


def cleartext_login_beside_starttls(f: Facts) -> bool:
    return _cleartext(f, Login.YES, Tls.WORKS)


def cleartext_login_beside_broken_starttls(f: Facts) -> bool:
    return _cleartext(f, Login.YES, Tls.BROKEN)


def broken_starttls(f: Facts) -> bool:
    return _cleartext(f, Login.NO, Tls.BROKEN)


def challenge_only(f: Facts) -> bool:
    return _cleartext(f, Login.NO, Tls.ABSENT) and f.mechanisms is Mechanisms.CHALLENGE_ONLY


def no_way_in(f: Facts) -> bool:
    # VERDICTS names only endpoints without a TLS sibling; with one, no other row fits, and the port is as useless.
    return _cleartext(f, Login.NO, Tls.ABSENT)


def login_only_after_starttls(f: Facts) -> bool:
    return _cleartext(f, Login.NO, Tls.WORKS)


def implicit_tls_works(f: Facts) -> bool:
    return f.mode is Mode.IMPLICIT and f.tls is Tls.WORKS


def nothing_else_known(_f: Facts) -> bool:
    # No list, or a dialogue that ended before STARTTLS could be tried: either way the login is not known.
    return True


def _cleartext(f: Facts, login: Login, tls: Tls) -> bool:
    return f.mode is Mode.CLEARTEXT and f.contact is Contact.SPOKE and f.login is login and f.tls is tls


_POP3, _IMAP = Protocol.POP3, Protocol.IMAP

RULES: tuple[Rule, ...] = (
    Rule(
        number=1,
        cls=Class.UNREACHABLE,
        condition=no_connection,
        report=Report.NONE,
        severity=Severity.NONE,
        clause="",
        examples=tuple(
            Example(says=f"connection: {tcp}", seen=seen(_IMAP, tcp=tcp, greeting=Greeting.NOT_REACHED))
            for tcp in (Tcp.REFUSED, Tcp.TIMEOUT, Tcp.RESET, Tcp.UNREACHABLE)
        ),
    ),
    Rule(
        number=2,
        cls=Class.SILENT,
        condition=no_greeting,
        report=Report.NONE,
        severity=Severity.INFO,
        clause="",
        examples=(
            Example(says="dovecot beyond its process limit", seen=seen(_POP3, greeting=Greeting.SILENT)),
            Example(says="courier beyond -maxperip", seen=seen(_IMAP, greeting=Greeting.CLOSED)),
            Example(says="a web server on 993", seen=implicit(_IMAP, greeting=Greeting.SILENT)),
        ),
    ),
    Rule(
        number=3,
        cls=Class.NOT_MAIL,
        condition=another_protocol,
        report=Report.NONE,
        severity=Severity.NONE,
        clause="",
        examples=(
            Example(says="ssh on 143", seen=seen(_IMAP, greeting=Greeting.OTHER, guess="ssh")),
            Example(
                says="smtp inside TLS on 995", seen=implicit(_POP3, greeting=Greeting.OTHER, guess="smtp")
            ),
            Example(
                says="http in the clear on 993",
                seen=implicit(_IMAP, x.PLAINTEXT, greeting=Greeting.OTHER, guess="http"),
            ),
        ),
    ),
    Rule(
        number=4,
        cls=Class.IMPLICIT_ON_CLEARTEXT_PORT,
        condition=tls_record_on_cleartext_port,
        report=Report.ACCESSIBLE,
        severity=Severity.LOW,
        clause="RFC 8314 §3",
        examples=(Example(says="imaps on 143", seen=seen(_IMAP, greeting=Greeting.TLS_RECORD)),),
    ),
    Rule(
        number=5,
        cls=Class.REFUSED_BY_POLICY,
        condition=turned_away,
        report=Report.NONE,
        severity=Severity.INFO,
        clause="RFC 9051 §7.1.5",
        examples=(
            Example(says="* BYE too many connections", seen=seen(_IMAP, greeting=Greeting.BYE)),
            Example(says="-ERR access denied", seen=seen(_POP3, greeting=Greeting.ERR)),
            Example(says="* BYE inside TLS", seen=implicit(_IMAP, greeting=Greeting.BYE)),
        ),
    ),
    Rule(
        number=6,
        cls=Class.PREAUTH_EXPOSED,
        condition=preauth,
        report=Report.VULNERABLE,
        severity=Severity.CRITICAL,
        clause="RFC 9051 §7.1.4",
        examples=(
            Example(
                says="mailutils with preauth: STARTTLS advertised and refused",
                seen=imap("IMAP4REV1 NAMESPACE STARTTLS", greeting=Greeting.PREAUTH),
            ),
            Example(says="PREAUTH inside TLS", seen=implicit(_IMAP, greeting=Greeting.PREAUTH)),
        ),
    ),
    Rule(
        number=7,
        cls=Class.CLEARTEXT_ON_TLS_PORT,
        condition=greeting_in_the_clear_on_tls_port,
        report=Report.VULNERABLE,
        severity=Severity.MEDIUM,
        clause="RFC 8314 §3",
        examples=(
            Example(says="imap on 993", seen=implicit(_IMAP, x.PLAINTEXT, greeting=Greeting.OK)),
            Example(says="pop3 on 995", seen=implicit(_POP3, x.PLAINTEXT, greeting=Greeting.OK)),
        ),
    ),
    Rule(
        number=8,
        cls=Class.IMPLICIT_BROKEN,
        condition=handshake_fails,
        report=Report.NONE,
        severity=Severity.LOW,
        clause="RFC 8996, RFC 8314 §4",
        examples=(
            Example(says="no common version", seen=implicit(_IMAP, x.ALERT, legacy=x.ALERT)),
            Example(says="no answer to two hellos", seen=implicit(_POP3, x.TIMED_OUT, legacy=x.TIMED_OUT)),
        ),
    ),
    Rule(
        number=9,
        cls=Class.NO_TLS,
        condition=cleartext_login_without_tls,
        report=Report.VULNERABLE,
        severity=Severity.MEDIUM,
        clause="RFC 8314 §4, RFC 9051 §6.2.2",
        examples=(
            Example(says="dovecot, ssl = no", seen=imap(x.DOVECOT_OPEN), sibling=Sibling.NONE),
            Example(says="courier without TLS", seen=imap(x.COURIER_OPEN), sibling=Sibling.NONE),
            Example(says="dovecot pop3, ssl = no", seen=pop3(*x.DOVECOT_POP3, "USER", "SASL PLAIN LOGIN")),
            Example(
                says="a server older than CAPA",
                seen=pop3(caps_pre_source=ListSource.REFUSED),
                sibling=Sibling.NONE,
            ),
        ),
    ),
    Rule(
        number=10,
        cls=Class.CLEARTEXT_PORT_OPEN,
        condition=cleartext_login_beside_tls_port,
        report=Report.VULNERABLE,
        severity=Severity.MEDIUM,
        clause="RFC 8314 §4.1",
        examples=(
            Example(says="cyrus, TLS on 993 only", seen=imap(x.CYRUS_OPEN), sibling=Sibling.TLS),
            Example(says="pop3, TLS on 995 only", seen=pop3("USER", "UIDL"), sibling=Sibling.TLS),
        ),
    ),
    Rule(
        number=11,
        cls=Class.TLS_OPTIONAL,
        condition=cleartext_login_beside_starttls,
        report=Report.VULNERABLE,
        severity=Severity.MEDIUM,
        clause="RFC 9051 §6.2.2, RFC 8314 §4.1",
        examples=(
            Example(
                says="dovecot, ssl = yes", seen=upgraded(imap(x.DOVECOT_OPTIONAL), "IMAP4REV1, AUTH=PLAIN")
            ),
            Example(says="the same by TLS 1.0", seen=upgraded(imap(x.DOVECOT_OPTIONAL), handshake=x.TLS_1_0)),
            Example(
                says="dovecot pop3, ssl = yes",
                seen=upgraded(pop3(*x.DOVECOT_POP3, "STLS", "USER", "SASL PLAIN LOGIN"), "USER"),
            ),
            Example(says="STLS accepted, not advertised", seen=upgraded(pop3("USER"), "USER")),
        ),
    ),
    Rule(
        number=12,
        cls=Class.STARTTLS_BROKEN_CLEARTEXT_OPEN,
        condition=cleartext_login_beside_broken_starttls,
        report=Report.VULNERABLE,
        severity=Severity.MEDIUM,
        clause="RFC 9051 §11.1, RFC 8314 §4",
        examples=(
            Example(
                says="cyrus, unusable certificate: NO Error initializing TLS",
                seen=imap(x.CYRUS_OPEN + " STARTTLS", starttls_reply=Reply.NO),
            ),
            Example(
                says="dovecot, unusable certificate: * BYE behind the OK",
                seen=upgraded(imap(x.DOVECOT_OPTIONAL), handshake=x.NO_TLS_INSIDE),
            ),
            Example(
                says="STARTTLS answered by silence",
                seen=imap(x.DOVECOT_OPTIONAL, starttls_reply=Reply.TIMEOUT),
            ),
            Example(says="hidden and broken", seen=upgraded(pop3("USER"), handshake=x.ALERT)),
        ),
    ),
    Rule(
        number=13,
        cls=Class.STARTTLS_BROKEN,
        condition=broken_starttls,
        report=Report.ACCESSIBLE,
        severity=Severity.LOW,
        clause="RFC 9051 §11.1, RFC 8314 §4",
        examples=(
            Example(
                says="dovecot, ssl = required, unusable certificate",
                seen=upgraded(imap(x.DOVECOT_REQUIRED), handshake=x.NO_TLS_INSIDE),
            ),
            Example(says="STLS refused", seen=pop3(*x.DOVECOT_POP3, "STLS", "SASL")),
        ),
    ),
    Rule(
        number=14,
        cls=Class.CHALLENGE_ONLY_NO_TLS,
        condition=challenge_only,
        report=Report.VULNERABLE,
        severity=Severity.MEDIUM,
        clause="RFC 9051 §6.2.2, RFC 8314 §4",
        examples=(
            Example(says="dovecot, cram-md5 only", seen=imap(x.DOVECOT_CHALLENGE)),
            Example(says="pop3, APOP only", seen=pop3("UIDL", "TOP", apop=True)),
            Example(says="pop3, SASL CRAM-MD5 DIGEST-MD5", seen=pop3("SASL CRAM-MD5 DIGEST-MD5")),
        ),
    ),
    Rule(
        number=15,
        cls=Class.NO_SECURE_LOGIN,
        condition=no_way_in,
        report=Report.ACCESSIBLE,
        severity=Severity.LOW,
        clause="RFC 8314 §4",
        examples=(
            Example(says="nothing offered", seen=imap("IMAP4REV1 LOGINDISABLED"), sibling=Sibling.NONE),
            Example(says="the same beside 993", seen=imap("IMAP4REV1 LOGINDISABLED"), sibling=Sibling.TLS),
            Example(says="SCRAM only", seen=imap("IMAP4REV1 LOGINDISABLED AUTH=SCRAM-SHA-256")),
            Example(says="pop3 without USER and SASL", seen=pop3("UIDL", "TOP")),
        ),
    ),
    Rule(
        number=16,
        cls=Class.TLS_REQUIRED,
        condition=login_only_after_starttls,
        report=Report.ACCESSIBLE,
        severity=Severity.LOW,
        clause="",
        examples=(
            Example(
                says="dovecot, ssl = required",
                seen=upgraded(imap(x.DOVECOT_REQUIRED), "IMAP4REV1, AUTH=PLAIN"),
            ),
            Example(says="mailutils, required", seen=upgraded(imap(x.MAILUTILS_REQUIRED))),
            Example(says="dovecot pop3, required", seen=upgraded(pop3(*x.DOVECOT_POP3, "STLS", "SASL"))),
            Example(
                says="dovecot pop3, required with disable_plaintext_auth = no",
                seen=upgraded(pop3(*x.DOVECOT_POP3, "STLS", "USER", "SASL")),
            ),
        ),
    ),
    Rule(
        number=17,
        cls=Class.IMPLICIT_TLS,
        condition=implicit_tls_works,
        report=Report.ACCESSIBLE,
        severity=Severity.INFO,
        clause="RFC 8314 §3",
        examples=(
            Example(says="imaps", seen=implicit(_IMAP)),
            Example(
                says="pop3s by TLS 1.0", seen=implicit(_POP3, x.ALERT, legacy=x.TLS_1_0, greeting=Greeting.OK)
            ),
            Example(
                says="an SSLv3 peer, known by its ServerHello",
                seen=implicit(_IMAP, x.ALERT, legacy=x.SSL_3),
            ),
        ),
    ),
    Rule(
        number=18,
        cls=Class.UNKNOWN_AUTH,
        condition=nothing_else_known,
        report=Report.NONE,
        severity=Severity.INFO,
        clause="",
        examples=(
            Example(
                says="closed at CAPABILITY",
                seen=imap("", caps_pre_source=ListSource.NO_ANSWER, starttls_reply=Reply.CLOSED),
            ),
            Example(
                says="CAPABILITY refused, STARTTLS works",
                seen=upgraded(imap("", caps_pre_source=ListSource.REFUSED)),
            ),
            Example(says="CAPA without an answer", seen=pop3(caps_pre_source=ListSource.NO_ANSWER)),
        ),
    ),
)
