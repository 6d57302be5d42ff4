"""How a POP3 manner of speech is put together: greeting, CAPA, STLS, QUIT."""

from dataclasses import dataclass

from openletter.lab.internet.speech import Act, Manner, Speech
from openletter.lab.internet.truth import Evidence, Facts, Login, StartTls

CRLF = b"\r\n"
Lines = tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The product's own words."""

    greeting: bytes
    """What stands behind ``+OK``, its space included."""
    listing: bytes = b"+OK"
    """First line of the answer to CAPA."""
    begin: bytes = b"+OK Begin TLS negotiation"
    unknown: bytes = b"-ERR Unknown command"
    """Answer to STLS where there is none, and to any other word."""
    farewell: bytes = b"+OK Bye"


def listed(words: Wording, lines: Lines) -> bytes:
    return CRLF.join((words.listing, *lines, b".")) + CRLF


def speech(
    words: Wording,
    lines: Lines | None,
    *,
    stls: bytes = b"",
    act: Act | None = None,
    welcome: bool = True,
) -> Speech:
    """One side of TLS. ``lines`` is ``None`` where CAPA is refused; ``stls`` and ``act`` are as for IMAP, ``welcome``
    is whether USER is accepted."""
    answers = {
        b"STLS": (stls or words.unknown) + CRLF,
        b"USER": b"+OK\r\n" if welcome else b"-ERR Not before TLS\r\n",
        b"QUIT": words.farewell + CRLF,
    }
    if lines is not None:
        answers[b"CAPA"] = listed(words, lines)
    acts = {b"QUIT": Act.CLOSE}
    if act is not None:
        acts[b"STLS"] = act
    return Speech(b"+OK" + words.greeting + CRLF, answers, acts, words.unknown + CRLF)


def manner(
    name: str,
    words: Wording,
    before: Lines | None,
    inside: Lines | None,
    *,
    login: Login,
    starttls: StartTls,
    refusal: bytes = b"",
    failing: Act = Act.ALERT,
    evidence: Evidence = Evidence.ADVERTISED,
    findings: tuple[str, ...] = (),
) -> Manner:
    """A manner from its two lists, as for IMAP."""
    act: Act | None
    match starttls:
        case StartTls.WORKS | StartTls.HIDDEN:
            answer, act = words.begin, Act.START_TLS
        case StartTls.BROKEN:
            answer, act = words.begin, failing
        case _:
            answer, act = refusal or words.unknown, None
    clear = speech(words, before, stls=answer, act=act, welcome=login is Login.CLEARTEXT)
    facts = Facts(
        login=login,
        starttls=starttls,
        reply="ok" if answer.startswith(b"+") else "err",
        evidence=evidence,
        findings=(*findings, "hidden_starttls") if starttls is StartTls.HIDDEN else findings,
    )
    within = speech(words, inside)
    return Manner(f"pop3:{name}", "pop3", facts, clear, inside=within, implicit=within)
