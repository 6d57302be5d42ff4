"""How an IMAP manner of speech is put together: greeting, list, STARTTLS, LOGOUT."""

from dataclasses import dataclass

from openletter.lab.internet.speech import TAG, Act, Manner, Speech
from openletter.lab.internet.truth import Evidence, Facts, Login, StartTls

CRLF = b"\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The product's own words."""

    greeting: bytes
    """What stands behind ``* OK``."""
    list_in_greeting: bool = False
    completed: bytes = b"CAPABILITY completed"
    begin: bytes = b"OK Begin TLS negotiation now"
    unknown: bytes = b"BAD Unrecognized command"
    """Answer to STARTTLS where there is none, and to any other word."""
    farewell: bytes = b"* BYE Logging out"
    logged_out: bytes = b"Logout completed"


def greeting(words: Wording, capabilities: bytes) -> bytes:
    code = b"[CAPABILITY " + capabilities + b"] " if words.list_in_greeting else b""
    return b"* OK " + code + words.greeting + CRLF


def listed(words: Wording, capabilities: bytes) -> bytes:
    return b"* CAPABILITY " + capabilities + CRLF + TAG + b" OK " + words.completed + CRLF


def speech(
    words: Wording,
    capabilities: bytes,
    *,
    starttls: bytes = b"",
    act: Act | None = None,
    welcome: bool = True,
) -> Speech:
    """One side of TLS: ``starttls`` is the answer to STARTTLS without its tag, ``act`` what follows it, ``welcome``
    whether AUTHENTICATE PLAIN draws a continuation."""
    answers = {
        b"CAPABILITY": listed(words, capabilities),
        b"STARTTLS": TAG + b" " + (starttls or words.unknown) + CRLF,
        b"LOGOUT": words.farewell + CRLF + TAG + b" OK " + words.logged_out + CRLF,
        b"NOOP": TAG + b" OK NOOP completed" + CRLF,
        b"AUTHENTICATE": b"+ " + CRLF if welcome else TAG + b" NO Not before TLS" + CRLF,
    }
    acts = {b"LOGOUT": Act.CLOSE}
    if act is not None:
        acts[b"STARTTLS"] = act
    if welcome:
        acts[b"AUTHENTICATE"] = Act.CANCEL
    return Speech(
        greeting(words, capabilities), answers, acts, TAG + b" " + words.unknown + CRLF, tagged=True
    )


def manner(
    name: str,
    words: Wording,
    before: bytes,
    inside: bytes,
    *,
    login: Login,
    starttls: StartTls,
    refusal: bytes = b"",
    failing: Act = Act.ALERT,
    evidence: Evidence = Evidence.ADVERTISED,
    findings: tuple[str, ...] = (),
) -> Manner:
    """A manner from its two lists. ``refusal`` answers STARTTLS where it does not work (else the words for an unknown
    command do); ``failing`` is how the handshake goes wrong where STARTTLS is ``BROKEN``."""
    act: Act | None
    match starttls:
        case StartTls.WORKS | StartTls.HIDDEN:
            answer, act = words.begin, Act.START_TLS
        case StartTls.BROKEN:
            answer, act = words.begin, failing
        case _:
            answer, act = refusal or words.unknown, None
    clear = speech(words, before, starttls=answer, act=act, welcome=login is Login.CLEARTEXT)
    facts = Facts(
        login=login,
        starttls=starttls,
        reply=answer.split()[0].decode().lower(),
        evidence=evidence,
        findings=(*findings, "hidden_starttls") if starttls is StartTls.HIDDEN else findings,
    )
    within = speech(words, inside)
    return Manner(f"imap:{name}", "imap", facts, clear, inside=within, implicit=within)
