"""The shapes of wording: what a catalogue of one language holds. A verdict knows no prose; a language is data.

All sentences are complete, end with a full stop and hold no text from the network.
"""

from collections.abc import Mapping

import msgspec

from openletter.enrich.product import Certainty, How
from openletter.remedy.settings import Need, Note
from openletter.verdict.classes import Class, Evidence, Severity
from openletter.verdict.facts import Sibling
from openletter.verdict.findings import FindingName
from openletter.verdict.host import Label
from openletter.verdict.login import Reason


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a class or a finding."""

    title: str
    crosses: str
    """What crosses in the clear."""
    passive: str
    """What someone can do who only listens; says itself who that is."""
    active: str
    """What someone can do who stands in the middle, likewise."""
    law: str
    """What the RFC says, in our words."""
    clause: str
    """RFC and section; empty where none is touched."""


class StepWords(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do."""

    title: str
    text: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All words of one language."""

    language: str
    """BCP 47."""
    classes: Mapping[Class, Words]
    findings: Mapping[FindingName, Words]
    evidence: Mapping[Evidence, str]
    reasons: Mapping[Reason, str]
    siblings: Mapping[Sibling, str]
    severities: Mapping[Severity, str]
    labels: Mapping[Label, str]
    how: Mapping[How, str]
    certainty: Mapping[Certainty, str]
    """Holds ``{product}``, ``{version}`` (empty or with a leading space) and ``{how}``."""
    perhaps: str
    """Holds ``{product}``."""
    needs: Mapping[Need, StepWords]
    notes: Mapping[Note, str]
    class_steps: Mapping[Class, StepWords]
    """What is to be done for a class beyond the needs."""
    finding_steps: Mapping[FindingName, StepWords]
    ports: StepWords
    passwords: StepWords
    unsettled: str
    """Said where TLS was broken off without an answer."""
