"""What to do about a verdict, in order, for the product at hand (VERDICTS §5)."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from openletter.dialogue.observation import Mode
from openletter.enrich.product import NOT_RECOGNISED, Certainty, Product, Recognition
from openletter.remedy.settings import Need, Note, Setting, settings_for
from openletter.remedy.wording import CATALOGUES, PRODUCT_NAMES, recognition_words
from openletter.remedy.words import Catalogue, StepWords
from openletter.verdict.classes import WIDE, Class
from openletter.verdict.findings import FindingName
from openletter.verdict.verdict import Verdict


class Stage(StrEnum):
    """The order in which an administrator can act without locking users out, as the members are written."""

    AT_ONCE = "at_once"
    """What is open to anyone."""
    TLS = "tls"
    LOGIN = "login"
    """The end of logins without TLS: not before TLS works."""
    REST = "rest"
    """Certificates, versions and other faults."""
    PORTS = "ports"
    PASSWORDS = "passwords"
    """At the end, since a new password that crosses in the clear is as lost as the old one."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Lines for one edition of one product."""

    applies_to: str
    """Product and edition, for the reader."""
    guessed: bool
    """Whether the product behind these lines is only a guess."""
    where: str
    lines: tuple[str, ...]
    apply: tuple[str, ...]
    note: str
    """One remark, or empty."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    stage: Stage
    title: str
    text: str
    changes: tuple[Change, ...] = ()
    """Empty where the product is not known, or the step is the same for all."""


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    recognised: str
    """One or two sentences: which product, how that was seen, how sure it is."""
    steps: tuple[Step, ...]
    """In the order in which to take them; empty where nothing is to be done."""


_TLS_MISSING = frozenset(
    {
        Class.NO_TLS,
        Class.CLEARTEXT_ON_TLS_PORT,
        Class.STARTTLS_BROKEN_CLEARTEXT_OPEN,
        Class.STARTTLS_BROKEN,
        Class.IMPLICIT_BROKEN,
        Class.CHALLENGE_ONLY_NO_TLS,
        Class.NO_SECURE_LOGIN,
    }
)
_LOGIN_OPEN = frozenset(
    {
        Class.NO_TLS,
        Class.CLEARTEXT_PORT_OPEN,
        Class.TLS_OPTIONAL,
        Class.STARTTLS_BROKEN_CLEARTEXT_OPEN,
        Class.CHALLENGE_ONLY_NO_TLS,
    }
)
_PORT_IS_OPEN = WIDE | {Class.NO_SECURE_LOGIN, Class.STARTTLS_BROKEN, Class.PREAUTH_EXPOSED}
_STAGE_OF_CLASS = {Class.PREAUTH_EXPOSED: Stage.AT_ONCE, Class.CHALLENGE_ONLY_NO_TLS: Stage.REST}
"""Of a class's own step; the others repair TLS."""
_STAGE_OF_NEED = {Need.TLS_ON: Stage.TLS, Need.LOGIN_OFF: Stage.LOGIN, Need.VERSIONS: Stage.REST}


def remedy_for(verdict: Verdict, recognition: Recognition, language: str = "en") -> Remedy:
    """What to do. ``KeyError`` for a language without a catalogue."""
    findings = [finding.name for finding in verdict.findings]
    return Remedy(
        recognised=recognition_words(recognition, language),
        steps=steps_for(verdict.class_, findings, verdict.mode, recognition, language),
    )


def steps_for(
    class_: Class,
    findings: Iterable[FindingName],
    mode: Mode,
    recognition: Recognition = NOT_RECOGNISED,
    language: str = "en",
) -> tuple[Step, ...]:
    """The same for whoever has no whole verdict: in the order in which to take them. ``KeyError`` as above."""
    words = CATALOGUES[language]
    steps: list[Step] = []
    if class_ in words.class_steps:
        stage = _STAGE_OF_CLASS.get(class_, Stage.TLS)
        steps.append(_plain(stage, words.class_steps[class_]))
    if class_ in _TLS_MISSING:
        steps.append(_need(Need.TLS_ON, recognition, words))
    if class_ in _LOGIN_OPEN:
        steps.append(_need(Need.LOGIN_OFF, recognition, words))
    for finding in findings:
        if finding is FindingName.WEAK_VERSION:
            steps.append(_need(Need.VERSIONS, recognition, words))
        else:
            steps.append(_plain(Stage.REST, words.finding_steps[finding]))
    if class_ in _PORT_IS_OPEN and mode is Mode.CLEARTEXT:
        steps.append(_plain(Stage.PORTS, words.ports))
    if class_ in WIDE:
        steps.append(_plain(Stage.PASSWORDS, words.passwords))
    return in_order(steps)


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Steps of one endpoint, or of all endpoints of a host: by stage, each said once, with the changes of all that ask
    for it. Lines that are certain for one endpoint are not called a guess for another."""
    changes: dict[tuple[Stage, str, str], dict[Change, Change]] = {}
    for step in steps:
        known = changes.setdefault((step.stage, step.title, step.text), {})
        for change in step.changes:
            alike = msgspec.structs.replace(change, guessed=False)
            if alike not in known or not change.guessed:
                known[alike] = change
    stages = list(Stage)
    return tuple(
        Step(stage=stage, title=title, text=text, changes=tuple(known.values()))
        for (stage, title, text), known in sorted(changes.items(), key=lambda item: stages.index(item[0][0]))
    )


def _plain(stage: Stage, words: StepWords) -> Step:
    return Step(stage=stage, title=words.title, text=words.text)


def _need(need: Need, recognition: Recognition, words: Catalogue) -> Step:
    guessed = recognition.certainty is Certainty.GUESS
    changes = [_change(s, guessed, words) for s in settings_for(recognition.product, need)]
    if recognition.perhaps is not Product.UNKNOWN:
        changes += [_change(s, True, words) for s in settings_for(recognition.perhaps, need)]
    said = words.needs[need]
    return Step(stage=_STAGE_OF_NEED[need], title=said.title, text=said.text, changes=tuple(changes))


def _change(setting: Setting, guessed: bool, words: Catalogue) -> Change:
    name = PRODUCT_NAMES[setting.product]
    return Change(
        applies_to=f"{name} {setting.edition}" if setting.edition else name,
        guessed=guessed,
        where=setting.where,
        lines=setting.lines,
        apply=setting.apply,
        note=words.notes[setting.note] if setting.note is not Note.NONE else "",
    )
