"""POP3 servers that are odd, broken, or configured as one would not."""

from dataclasses import replace

from openletter.lab.internet.manners.pop3 import Lines, Wording, listed, manner, speech
from openletter.lab.internet.manners.pop3_products import CYRUS, DOVECOT, PRODUCTS, optional
from openletter.lab.internet.manners.pop3_products import required as with_tls_required
from openletter.lab.internet.manners.pop3_products import without as without_tls
from openletter.lab.internet.manners.variations import (
    BYTE_BY_BYTE,
    DRIP,
    IN_SEGMENTS,
    SLOWLY,
    answering,
    bare_line_feeds,
    endless,
    found,
    inside_lists,
    paced,
    turned_away,
    without_list,
)
from openletter.lab.internet.speech import Act, Manner
from openletter.lab.internet.truth import Evidence, Login, StartTls

WORDS = Wording(greeting=b" POP3 server ready", unknown=b"-ERR Command not implemented")
STAMPED = Wording(greeting=b" POP3 server ready <1896.697170952@dbc.mtview.ca.us>")
BASE: Lines = (b"TOP", b"UIDL", b"RESP-CODES")
FULL: Lines = (*BASE, b"USER", b"SASL PLAIN LOGIN")


def _own(
    name: str,
    added: Lines,
    login: Login,
    starttls: StartTls,
    *,
    words: Wording = WORDS,
    refusal: bytes = b"",
    failing: Act = Act.ALERT,
    findings: tuple[str, ...] = (),
) -> Manner:
    """A server whose list before TLS is the base and ``added``."""
    return manner(
        name,
        words,
        (*BASE, *added),
        FULL,
        login=login,
        starttls=starttls,
        refusal=refusal,
        failing=failing,
        findings=findings,
    )


def _broken() -> tuple[Manner, ...]:
    no_tls_here = b"-ERR [SYS/TEMP] TLS not available"
    bye = b"-ERR [SYS/TEMP] TLS initialization failed.\r\n"
    made = (
        _own("refused", (b"STLS", b"USER"), Login.CLEARTEXT, StartTls.REFUSED, refusal=no_tls_here),
        _own("refused-disabled", (b"STLS", b"SASL"), Login.NONE, StartTls.REFUSED, refusal=no_tls_here),
        _own("alert", (b"STLS", b"USER"), Login.CLEARTEXT, StartTls.BROKEN),
        _own("alert-disabled", (b"STLS",), Login.NONE, StartTls.BROKEN),
        _own("bye-after-ok", (b"STLS", b"USER"), Login.CLEARTEXT, StartTls.BROKEN, failing=Act.PLAINTEXT),
        _own("bye-after-ok-disabled", (b"STLS",), Login.NONE, StartTls.BROKEN, failing=Act.PLAINTEXT),
        _own("garbage-after-ok", (b"STLS", b"SASL"), Login.NONE, StartTls.BROKEN, failing=Act.GARBAGE),
    )
    return tuple(replace(each, clear=replace(each.clear, plaintext=bye)) for each in made)


def _lists() -> tuple[Manner, ...]:
    absent, works = StartTls.ABSENT, StartTls.WORKS
    anonymous = ("anonymous_login",)
    return (
        _own("hidden", (b"USER",), Login.CLEARTEXT, StartTls.HIDDEN),
        _own("hidden-disabled", (), Login.NONE, StartTls.HIDDEN),
        _own("mangled", (b"XXXX", b"USER"), Login.CLEARTEXT, absent, findings=("starttls_mangled",)),
        _own("cram-before-plain", (b"SASL CRAM-MD5 PLAIN",), Login.CLEARTEXT, absent),
        _own("cram-before-plain-stls", (b"SASL CRAM-MD5 PLAIN", b"STLS"), Login.CLEARTEXT, works),
        _own("oauth", (b"SASL XOAUTH2 OAUTHBEARER", b"STLS"), Login.CLEARTEXT, works),
        _own("apop-and-user", (b"USER",), Login.CLEARTEXT, absent, words=STAMPED),
        _own("apop-only", (), Login.CHALLENGE, absent, words=STAMPED),
        _own("cram-only", (b"SASL CRAM-MD5",), Login.CHALLENGE, absent),
        _own("ntlm-digest-only", (b"SASL NTLM DIGEST-MD5",), Login.CHALLENGE, absent),
        _own("cram-stls", (b"SASL CRAM-MD5", b"STLS"), Login.CHALLENGE, works),
        _own("scram-only", (b"SASL SCRAM-SHA-1 SCRAM-SHA-256",), Login.NONE, absent),
        _own("gssapi-only", (b"SASL GSSAPI",), Login.NONE, absent),
        _own("no-login", (), Login.NONE, absent),
        _own("scram-stls", (b"SASL SCRAM-SHA-256", b"STLS"), Login.NONE, works),
        _own("user-and-bare-sasl", (b"STLS", b"USER", b"SASL"), Login.NONE, works, words=DOVECOT.words),
        _own("user-in-the-text", (b"STLS", b"IMPLEMENTATION USER-friendly POP3"), Login.NONE, works),
        _own(
            "anonymous",
            (b"USER", b"SASL PLAIN ANONYMOUS", b"STLS"),
            Login.CLEARTEXT,
            works,
            findings=anonymous,
        ),
        _own("anonymous-disabled", (b"SASL ANONYMOUS", b"STLS"), Login.NONE, works, findings=anonymous),
    )


def _inside() -> tuple[Manner, ...]:
    dovecot, safe = optional(DOVECOT), with_tls_required(DOVECOT)
    still = speech(DOVECOT.words, (*DOVECOT.base, *DOVECOT.welcome, b"STLS"))
    injected = b"+OK Begin TLS negotiation now.\r\n+OK Said in the clear, behind the OK\r\n"
    return (
        inside_lists(dovecot, "still-listed", still, "starttls_still_listed_inside_tls"),
        found(answering(dovecot, "injected", {b"STLS": injected}), "bytes_after_starttls_ok"),
        found(answering(safe, "injected-disabled", {b"STLS": injected}), "bytes_after_starttls_ok"),
    )


def _speech() -> tuple[Manner, ...]:
    plain = without_tls(DOVECOT)
    many = tuple(b"X-EXTENSION-%03d with an argument or two" % n for n in range(60))
    return (
        paced(plain, "byte-by-byte", BYTE_BY_BYTE, BYTE_BY_BYTE),
        paced(optional(CYRUS), "segments", IN_SEGMENTS, IN_SEGMENTS),
        paced(with_tls_required(DOVECOT), "segments-required", IN_SEGMENTS, IN_SEGMENTS),
        paced(plain, "slow", SLOWLY, None),
        paced(with_tls_required(CYRUS), "slow-required", SLOWLY, None),
        bare_line_feeds(plain, "bare-line-feeds"),
        bare_line_feeds(with_tls_required(CYRUS), "bare-line-feeds-required"),
        answering(plain, "long-list", {b"CAPA": listed(DOVECOT.words, (*many, b"USER"))}),
    )


def _without_capa(name: str, words: Wording) -> Manner:
    """A server older than RFC 2449: CAPA is no command, and a login is assumed."""
    return manner(
        name,
        words,
        None,
        None,
        login=Login.CLEARTEXT,
        starttls=StartTls.ABSENT,
        evidence=Evidence.ASSUMED,
    )


def _without_list() -> tuple[Manner, ...]:
    plain = without_tls(PRODUCTS[6])
    return (
        _without_capa("popa3d", Wording(greeting=b"", unknown=b"-ERR", farewell=b"+OK")),
        _without_capa(
            "domino",
            Wording(
                greeting=b" Lotus Notes POP3 server version Release 9.0.1 ready on MAIL/EXAMPLE.",
                unknown=b"-ERR Unrecognized command",
                farewell=b"+OK POP3 server shutting down",
            ),
        ),
        turned_away(plain, "too-many-connections", b"-ERR [SYS/TEMP] Too many connections\r\n"),
        turned_away(plain, "blocked", b"-ERR Your address is listed on a blocklist\r\n"),
        turned_away(plain, "overloaded", b"-ERR [IN-USE] Server busy, try again later\r\n"),
        without_list(
            plain,
            "drip",
            replace(
                plain.clear,
                answers={**plain.clear.answers, b"CAPA": b"+OK " + b"X" * 900},
                answer_pace=DRIP,
            ),
        ),
        without_list(
            plain, "endless-list", endless(plain.clear, b"CAPA", b"+OK List\r\n", b"X-AND-SO-ON\r\n" * 2048)
        ),
    )


MANNERS = (*_broken(), *_lists(), *_inside(), *_speech(), *_without_list())
