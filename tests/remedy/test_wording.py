"""Every word has its sentence, in every language, and the sentences are fit to be read."""

import itertools
import re

import pytest

from openletter.dialogue.observation import Protocol
from openletter.enrich.product import NOT_RECOGNISED, Certainty, How, Product, Recognition
from openletter.remedy.settings import Need, Note
from openletter.remedy.wording import (
    CATALOGUES,
    PRODUCT_NAMES,
    finding_words,
    host_words,
    recognition_words,
    words_for,
)
from openletter.remedy.words import Catalogue, StepWords, Words
from openletter.verdict.classes import Class, Evidence, Severity
from openletter.verdict.examples import ALERT, TIMED_OUT, imap, implicit
from openletter.verdict.facts import Sibling, derive
from openletter.verdict.findings import FindingName
from openletter.verdict.host import Label, judge_host
from openletter.verdict.login import Reason
from openletter.verdict.modifiers import MODIFIERS
from openletter.verdict.rules import RULES
from openletter.verdict.verdict import judge, judge_facts

LANGUAGES = pytest.mark.parametrize("words", CATALOGUES.values(), ids=CATALOGUES.keys())


@LANGUAGES
def test_no_member_lacks_words(words: Catalogue) -> None:
    """`check` would stop with an error, or show an empty line, for a class nobody wrote about."""
    assert set(words.classes) == set(Class)
    assert set(words.findings) == set(FindingName)
    assert set(words.evidence) == set(Evidence)
    assert set(words.reasons) == set(Reason)
    assert set(words.siblings) == set(Sibling)
    assert set(words.severities) == set(Severity)
    assert set(words.labels) == set(Label)
    assert set(words.how) == set(How)
    assert set(words.certainty) == set(Certainty)
    assert set(words.needs) == set(Need)
    assert set(words.notes) == set(Note)
    assert set(words.finding_steps) == set(FindingName)
    assert set(PRODUCT_NAMES) == set(Product)


def _sentences(words: Catalogue) -> list[str]:
    about: list[Words] = [*words.classes.values(), *words.findings.values()]
    steps: list[StepWords] = [
        *words.needs.values(),
        *words.class_steps.values(),
        *words.finding_steps.values(),
        words.ports,
        words.passwords,
    ]
    return [
        *itertools.chain.from_iterable((w.crosses, w.passive, w.active) for w in about),
        *(w.law for w in about if w.law),
        *(step.text for step in steps),
        *words.evidence.values(),
        *words.reasons.values(),
        *words.siblings.values(),
        *words.labels.values(),
        *(note for note in words.notes.values() if note),
        words.unsettled,
    ]


@LANGUAGES
def test_sentences_are_whole(words: Catalogue) -> None:
    """A reader would meet a fragment."""
    for sentence in _sentences(words):
        assert sentence.endswith((".", "。")), sentence
        assert "  " not in sentence
        assert sentence == sentence.strip()


def test_nobody_is_called_he() -> None:
    """Attackers and administrators are of any sex, and "he" leaves a reader to guess which of them is meant."""
    said = " ".join(_sentences(CATALOGUES["en"])).lower()
    assert not re.findall(r"\b(?:he|him|his|himself|she|her)\b", said)


@LANGUAGES
def test_clauses_are_those_of_the_tables(words: Catalogue) -> None:
    """The text for people and the field for machines would cite different laws."""
    for rule in RULES:
        assert words.classes[rule.cls].clause == rule.clause
    for modifier in MODIFIERS:
        assert words.findings[modifier.name].clause == modifier.clause
    for about in (*words.classes.values(), *words.findings.values()):
        assert about.law or not about.clause


def test_every_example_can_be_put_into_words() -> None:
    """A verdict without words would end a check half-way."""
    for rule in RULES:
        for example in rule.examples:
            said = words_for(judge_facts(derive(example.seen, example.sibling)))
            assert said.about.title
    for modifier in MODIFIERS:
        for example in modifier.examples:
            verdict = judge(example.seen, None, example.certificate_faults)
            said = words_for(verdict)
            assert len(said.findings) == len(verdict.findings)
            assert finding_words(verdict.findings[0]) is said.findings[0]


def test_no_tls_tells_whether_the_tls_port_was_asked() -> None:
    """ "No TLS" would claim more than was looked at."""
    assert "not known" in words_for(judge(imap("IMAP4REV1"))).sibling
    assert words_for(judge(implicit(Protocol.IMAP))).sibling == ""


def test_a_broken_tls_port_that_never_answered_is_put_with_caution() -> None:
    """A lost packet would read as the server's fault."""
    assert words_for(judge(implicit(Protocol.IMAP, TIMED_OUT))).caution
    assert not words_for(judge(implicit(Protocol.IMAP, ALERT))).caution


def test_a_guess_reads_as_a_guess() -> None:
    """A wrong guess would read as knowledge (VERDICTS §5)."""
    for certainty, word in (
        (Certainty.GUESS, "guess"),
        (Certainty.LIKELY, "likely"),
        (Certainty.CERTAIN, "calls itself"),
    ):
        how = How.FINGERPRINT if certainty is Certainty.GUESS else How.BANNER
        said = recognition_words(
            Recognition(product=Product.CYRUS, version="3.6", how=how, certainty=certainty)
        )
        assert word in said
        assert "Cyrus IMAP 3.6" in said
    perhaps = Recognition(
        product=Product.DOVECOT, how=How.BANNER, certainty=Certainty.CERTAIN, perhaps=Product.CPANEL
    )
    assert "cPanel" in recognition_words(perhaps)
    assert "guess" in recognition_words(perhaps)
    assert recognition_words(NOT_RECOGNISED) == "The product was not recognised."


def test_host_words() -> None:
    """The line for a host would be missing."""
    assert host_words(judge_host([judge(imap("IMAP4REV1"))])).startswith("Passwords or mail can cross")


def test_a_language_without_words_is_an_error() -> None:
    """A misspelt language would fall back in silence."""
    with pytest.raises(KeyError):
        words_for(judge(imap("IMAP4REV1")), "tlh")


def test_japanese_says_as_much_as_english() -> None:
    """A reader of Japanese would miss a warning, or meet English in the middle of a page."""
    english, japanese = CATALOGUES["en"], CATALOGUES["ja"]
    assert set(japanese.class_steps) == set(english.class_steps)
    for said, same in zip(
        (*english.classes.values(), *english.findings.values()),
        (*japanese.classes.values(), *japanese.findings.values()),
        strict=True,
    ):
        assert bool(said.law) is bool(same.law)
    for sentence in _sentences(japanese):
        assert re.search("[\u3041-\u30fe\u4e00-\u9fff]", sentence), sentence
    for certainty, said_of in english.certainty.items():
        fields = set(re.findall(r"{\w+}", said_of))
        assert set(re.findall(r"{\w+}", japanese.certainty[certainty])) == fields
