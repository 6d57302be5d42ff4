"""The same words said otherwise: slowly, in pieces, with bare line feeds, with other answers."""

from collections.abc import Mapping
from dataclasses import replace

from openletter.lab.internet.speech import Act, Conduct, Manner, Pace, Speech
from openletter.lab.internet.truth import Facts, Login, Opening

BYTE_BY_BYTE = Pace(0.0, 1, 0.001)
IN_SEGMENTS = Pace(0.0, 7, 0.004)
SLOWLY = Pace(1.2, 1 << 20, 0.0)
DRIP = Pace(0.0, 1, 1.0)
"""One byte a second: a list of this length outlives every sensible deadline."""


def renamed(plain: Manner, name: str) -> Manner:
    return replace(plain, name=f"{plain.protocol}:{name}")


def paced(plain: Manner, name: str, greeting: Pace | None, answers: Pace | None) -> Manner:
    clear = replace(plain.clear, greeting_pace=greeting, answer_pace=answers)
    return replace(renamed(plain, name), clear=clear)


def answering(plain: Manner, name: str, answers: Mapping[bytes, bytes]) -> Manner:
    """Other answers in the clear; keys are command words."""
    return replace(
        renamed(plain, name), clear=replace(plain.clear, answers={**plain.clear.answers, **answers})
    )


def bare_line_feeds(plain: Manner, name: str) -> Manner:
    def bare(speech: Speech) -> Speech:
        return replace(
            speech,
            greeting=speech.greeting.replace(b"\r\n", b"\n"),
            answers={word: answer.replace(b"\r\n", b"\n") for word, answer in speech.answers.items()},
            otherwise=speech.otherwise.replace(b"\r\n", b"\n"),
        )

    return replace(
        renamed(plain, name),
        clear=bare(plain.clear),
        inside=bare(plain.inside),
        implicit=bare(plain.implicit),
    )


def inside_lists(plain: Manner, name: str, inside: Speech, *findings: str) -> Manner:
    """Another list inside TLS after STARTTLS; the implicit-TLS port stays as it is."""
    facts = replace(plain.facts, findings_inside=findings)
    return replace(renamed(plain, name), facts=facts, inside=inside)


def found(plain: Manner, *findings: str) -> Manner:
    return replace(plain, facts=replace(plain.facts, findings=(*plain.facts.findings, *findings)))


def turned_away(plain: Manner, name: str, refusal: bytes) -> Manner:
    """``refusal`` instead of a greeting on the cleartext port, then the end."""
    return replace(
        renamed(plain, name),
        facts=Facts(opening=Opening.REFUSAL),
        clear=Speech(refusal),
        conduct=Conduct.SAY_AND_CLOSE,
    )


def without_list(plain: Manner, name: str, clear: Speech) -> Manner:
    """A cleartext port that greets and whose list no one ever gets to the end of."""
    return replace(renamed(plain, name), facts=Facts(login=Login.UNKNOWN), clear=clear)


def endless(speech: Speech, word: bytes, beginning: bytes, flood: bytes) -> Speech:
    """``word`` draws ``beginning`` and then ``flood`` without end."""
    return replace(
        speech,
        answers={**speech.answers, word: beginning},
        acts={**speech.acts, word: Act.FLOOD},
        flood=flood,
    )
