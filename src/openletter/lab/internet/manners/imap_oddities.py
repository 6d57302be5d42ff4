"""IMAP servers that are odd, broken, or configured as one would not."""

from dataclasses import replace

from openletter.lab.internet.manners.imap import Wording, listed, manner, speech
from openletter.lab.internet.manners.imap_products import COURIER, CYRUS, DOVECOT, PRODUCTS, join, optional
from openletter.lab.internet.manners.imap_products import required as with_tls_required
from openletter.lab.internet.manners.imap_products import without as without_tls
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
    renamed,
    turned_away,
    without_list,
)
from openletter.lab.internet.speech import TAG, Act, Manner
from openletter.lab.internet.truth import Facts, Login, Opening, StartTls

WORDS = DOVECOT.words
PLAIN_WORDS = Wording(greeting=b"IMAP4rev1 service ready")
"""Words of a server that keeps its list for those who ask."""
BASE = DOVECOT.base
FULL = join(BASE, DOVECOT.welcome)


def _own(
    name: str,
    added: bytes,
    login: Login,
    starttls: StartTls,
    *,
    words: Wording = PLAIN_WORDS,
    refusal: bytes = b"",
    failing: Act = Act.ALERT,
    findings: tuple[str, ...] = (),
) -> Manner:
    """A server whose list before TLS is the base and ``added``."""
    return manner(
        name,
        words,
        join(BASE, added),
        FULL,
        login=login,
        starttls=starttls,
        refusal=refusal,
        failing=failing,
        findings=findings,
    )


def _broken() -> tuple[Manner, ...]:
    no_tls_here = b"NO [UNAVAILABLE] TLS not available due to temporary reason"
    bye = b"* BYE [UNAVAILABLE] TLS initialization failed.\r\n"
    made = (
        _own("refused", b"STARTTLS AUTH=PLAIN", Login.CLEARTEXT, StartTls.REFUSED, refusal=no_tls_here),
        _own(
            "refused-disabled", b"STARTTLS LOGINDISABLED", Login.NONE, StartTls.REFUSED, refusal=no_tls_here
        ),
        _own(
            "cyrus-no-certificate",
            b"STARTTLS",
            Login.CLEARTEXT,
            StartTls.REFUSED,
            words=CYRUS.words,
            refusal=b"NO Error initializing TLS",
        ),
        _own("alert", b"STARTTLS AUTH=PLAIN", Login.CLEARTEXT, StartTls.BROKEN),
        _own("alert-disabled", b"STARTTLS LOGINDISABLED", Login.NONE, StartTls.BROKEN),
        *(
            _own(name, added, login, StartTls.BROKEN, words=WORDS, failing=Act.PLAINTEXT)
            for name, added, login in (
                ("bye-after-ok", b"STARTTLS AUTH=PLAIN", Login.CLEARTEXT),
                ("bye-after-ok-disabled", b"STARTTLS LOGINDISABLED", Login.NONE),
            )
        ),
        _own(
            "garbage-after-ok",
            b"STARTTLS LOGINDISABLED",
            Login.NONE,
            StartTls.BROKEN,
            failing=Act.GARBAGE,
        ),
    )
    return tuple(replace(each, clear=replace(each.clear, plaintext=bye)) for each in made)


def _lists() -> tuple[Manner, ...]:
    absent, works = StartTls.ABSENT, StartTls.WORKS
    contradiction = ("logindisabled_contradiction",)
    anonymous = ("anonymous_login",)
    return (
        _own("hidden", b"AUTH=PLAIN", Login.CLEARTEXT, StartTls.HIDDEN, words=WORDS),
        _own("hidden-disabled", b"LOGINDISABLED", Login.NONE, StartTls.HIDDEN, words=WORDS),
        _own("mangled", b"XXXXXXXX AUTH=PLAIN", Login.CLEARTEXT, absent, findings=("starttls_mangled",)),
        _own("contradiction", b"LOGINDISABLED AUTH=PLAIN", Login.CLEARTEXT, absent, findings=contradiction),
        _own(
            "contradiction-starttls",
            b"STARTTLS LOGINDISABLED AUTH=PLAIN AUTH=LOGIN",
            Login.CLEARTEXT,
            works,
            findings=contradiction,
        ),
        _own("cram-only", b"LOGINDISABLED AUTH=CRAM-MD5", Login.CHALLENGE, absent),
        _own("ntlm-digest-only", b"AUTH=NTLM AUTH=DIGEST-MD5 LOGINDISABLED", Login.CHALLENGE, absent),
        _own("cram-starttls", b"STARTTLS LOGINDISABLED AUTH=CRAM-MD5", Login.CHALLENGE, works),
        _own("scram-only", b"LOGINDISABLED AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256", Login.NONE, absent),
        _own("gssapi-only", b"LOGINDISABLED AUTH=GSSAPI", Login.NONE, absent),
        _own("no-login", b"LOGINDISABLED", Login.NONE, absent),
        _own("scram-starttls", b"STARTTLS LOGINDISABLED AUTH=SCRAM-SHA-256", Login.NONE, works),
        _own("cram-and-login", b"AUTH=CRAM-MD5 AUTH=DIGEST-MD5", Login.CLEARTEXT, absent),
        _own(
            "anonymous",
            b"AUTH=PLAIN AUTH=ANONYMOUS STARTTLS",
            Login.CLEARTEXT,
            works,
            findings=anonymous,
        ),
        _own(
            "anonymous-disabled",
            b"STARTTLS LOGINDISABLED AUTH=ANONYMOUS",
            Login.NONE,
            works,
            findings=anonymous,
        ),
        _own("oauth", b"AUTH=XOAUTH2 AUTH=OAUTHBEARER STARTTLS", Login.CLEARTEXT, works),
    )


def _inside() -> tuple[Manner, ...]:
    dovecot, safe = optional(DOVECOT), with_tls_required(DOVECOT)
    still = speech(WORDS, join(FULL, b"STARTTLS"))
    disabled = speech(WORDS, join(BASE, b"LOGINDISABLED"))
    injected = TAG + b" OK Begin TLS negotiation now.\r\n* OK [ALERT] Said in the clear, behind the OK\r\n"
    return (
        inside_lists(dovecot, "still-listed", still, "starttls_still_listed_inside_tls"),
        inside_lists(safe, "still-disabled", disabled, "login_still_disabled_inside_tls"),
        found(answering(dovecot, "injected", {b"STARTTLS": injected}), "bytes_after_starttls_ok"),
        found(answering(safe, "injected-disabled", {b"STARTTLS": injected}), "bytes_after_starttls_ok"),
    )


def _speech() -> tuple[Manner, ...]:
    plain = without_tls(DOVECOT)
    asked = without_tls(CYRUS)
    both = optional(PRODUCTS[3])
    trap = b"* CAPABILITY IMAP4rev1 LOGINDISABLED"
    literal = b'* ID ("support" {%d}\r\n%s)\r\n' % (len(trap) + 2, trap + b"\r\n")
    untagged = b"* OK [ALERT] Maintenance tonight\r\n* FLAGS (\\Answered \\Seen)\r\n* 3 EXISTS\r\n"
    listing = listed(CYRUS.words, join(CYRUS.base, CYRUS.welcome))
    long = b" ".join(b"X-EXTENSION-NUMBER-%04d" % n for n in range(160))
    lower = listed(CYRUS.words, b"imap4rev1 starttls auth=plain").replace(b"CAPABILITY", b"capability", 1)
    return (
        paced(plain, "byte-by-byte", BYTE_BY_BYTE, BYTE_BY_BYTE),
        paced(both, "segments", IN_SEGMENTS, IN_SEGMENTS),
        paced(with_tls_required(DOVECOT), "segments-required", IN_SEGMENTS, IN_SEGMENTS),
        paced(plain, "slow", SLOWLY, None),
        paced(with_tls_required(COURIER), "slow-required", SLOWLY, None),
        bare_line_feeds(asked, "bare-line-feeds"),
        bare_line_feeds(with_tls_required(CYRUS), "bare-line-feeds-required"),
        answering(asked, "literal", {b"CAPABILITY": literal + listing}),
        answering(asked, "untagged-first", {b"CAPABILITY": untagged + listing}),
        answering(
            optional(CYRUS),
            "untagged-at-starttls",
            {b"STARTTLS": b"* OK [ALERT] Wait\r\n" + TAG + b" OK Begin TLS negotiation now\r\n"},
        ),
        answering(
            asked, "long-line", {b"CAPABILITY": listed(CYRUS.words, join(b"IMAP4rev1", long, b"AUTH=PLAIN"))}
        ),
        answering(optional(CYRUS), "lower-case", {b"CAPABILITY": lower}),
    )


def _not_greeting() -> tuple[Manner, ...]:
    plain = without_tls(DOVECOT)
    preauth = b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] Logged in as operator\r\n"
    refusing = {b"STARTTLS": TAG + b" BAD STARTTLS is not allowed in this state\r\n"}
    logged_in = answering(plain, "preauth", refusing)
    quiet = without_tls(CYRUS)
    return (
        replace(
            logged_in,
            facts=Facts(opening=Opening.PREAUTH),
            clear=replace(logged_in.clear, greeting=preauth),
        ),
        turned_away(plain, "too-many-connections", b"* BYE Too many connections from your IP address\r\n"),
        turned_away(plain, "blocked", b"* BYE [ALERT] Your address is listed on a blocklist\r\n"),
        turned_away(plain, "overloaded", b"* BYE [UNAVAILABLE] Temporary failure, try again later\r\n"),
        replace(
            answering(quiet, "no-capability", {b"CAPABILITY": TAG + b" BAD command not permitted\r\n"}),
            facts=Facts(login=Login.UNKNOWN, reply="bad"),
        ),
        without_list(
            quiet,
            "drip",
            replace(
                quiet.clear,
                answers={**quiet.clear.answers, b"CAPABILITY": b"* CAPABILITY " + b"X" * 900},
                answer_pace=DRIP,
            ),
        ),
        without_list(
            quiet,
            "endless-list",
            endless(quiet.clear, b"CAPABILITY", b"* CAPABILITY IMAP4rev1", b" X-AND-SO-ON" * 2048),
        ),
    )


def refused_by_wording(plain: Manner, name: str, refusal: bytes) -> Manner:
    """The same, but that STARTTLS is answered by NO instead of BAD."""
    other = answering(renamed(plain, name), name, {b"STARTTLS": TAG + b" " + refusal + b"\r\n"})
    return replace(other, facts=replace(other.facts, reply="no"))


MANNERS = (
    *_broken(),
    *_lists(),
    *_inside(),
    *_speech(),
    *_not_greeting(),
    refused_by_wording(without_tls(PRODUCTS[4]), "starttls-no", b"NO STARTTLS is not offered here"),
)
