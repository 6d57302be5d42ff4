"""The objects of a bundle that are not of one endpoint: who says so, to whom, how far it may go, what the faults are and how they
are mended. They are few, and the library makes them.

A fault is a ``vulnerability``: a weakness that can be exploited, here of a setting; it has no CVE number. What mends it is a
``course-of-action``. That an organisation has it is a ``sighting``. There is no ``indicator`` in a bundle on purpose: that is a
pattern of malicious activity, and who reads one may block what matches it, which would be the owner's own mail server.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from stix2.v21 import (
    TLP_AMBER,
    TLP_GREEN,
    TLP_RED,
    TLP_WHITE,
    CourseOfAction,
    Identity,
    MarkingDefinition,
    Relationship,
    Vulnerability,
)

from openletter.dialogue.observation import Mode
from openletter.remedy.remedies import steps_for
from openletter.remedy.wording import CATALOGUES
from openletter.remedy.words import Words
from openletter.report.clauses import citations
from openletter.report.formats.stix_ids import own_id
from openletter.report.tlp import Tlp
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Class
from openletter.verdict.findings import FindingName

CREATED = "2020-01-01T00:00:00.000Z"
"""Of every object: ``created`` never changes, and no survey is the first for everybody; ``modified`` tells of the survey."""

AUTHOR_ID = own_id("identity", "openletter")

_TLP_2 = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""Of OASIS's common objects. STIX 2.1 itself has the four labels of TLP 1.0, which all readers know, and which mean the same but
for the name of ``clear``; only ``amber+strict`` needs the extension."""

MARKINGS: dict[Tlp, MarkingDefinition] = {
    Tlp.CLEAR: TLP_WHITE,
    Tlp.GREEN: TLP_GREEN,
    Tlp.AMBER: TLP_AMBER,
    Tlp.AMBER_STRICT: MarkingDefinition(
        id="marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        created="2022-10-01T00:00:00.000Z",
        name="TLP:AMBER+STRICT",
        extensions={_TLP_2: {"extension_type": "property-extension", "tlp_2_0": "amber+strict"}},
    ),
    Tlp.RED: TLP_RED,
}


def vulnerability_id(fault: str) -> str:
    """``fault``: a class or a finding."""
    return own_id("vulnerability", fault)


def subscriber_id(subscriber: Subscriber) -> str:
    return own_id("identity", f"{subscriber.slug}:{subscriber.name}")


def common_objects(subscriber: Subscriber, faults: list[str], tlp: Tlp) -> Iterator[Any]:
    """As plain values, in the order of ``faults``."""
    yield _plain(MARKINGS[tlp].serialize())
    yield _plain(_author())
    yield _plain(
        Identity(
            id=subscriber_id(subscriber),
            created_by_ref=AUTHOR_ID,
            created=CREATED,
            modified=CREATED,
            name=subscriber.name,
            identity_class="organization",
            object_marking_refs=[MARKINGS[tlp].id],
        ).serialize()
    )
    for fault in faults:
        yield from map(_plain, _fault(fault))


def _plain(serialized: str) -> Any:
    return msgspec.json.decode(serialized)


@lru_cache
def _author() -> str:
    text: str = Identity(
        id=AUTHOR_ID,
        created=CREATED,
        modified=CREATED,
        name="Openletter",
        description="Surveys POP3 and IMAP servers for missing TLS.",
        identity_class="system",
    ).serialize()
    return text


def _words(fault: str) -> Words:
    catalogue = CATALOGUES["en"]
    return catalogue.classes[Class(fault)] if fault in set(Class) else catalogue.findings[FindingName(fault)]


def _remedy(fault: str) -> tuple[str, str]:
    """Title and text."""
    if fault in set(Class):
        mode = Mode.IMPLICIT if fault == Class.CLEARTEXT_ON_TLS_PORT else Mode.CLEARTEXT
        steps = steps_for(Class(fault), (), mode)
    else:
        steps = steps_for(Class.IMPLICIT_TLS, (FindingName(fault),), Mode.IMPLICIT)
    return "; ".join(step.title for step in steps), "\n".join(step.text for step in steps)


@lru_cache(maxsize=64)
def _fault(fault: str) -> tuple[str, ...]:
    """Facts that anybody may know, so they bear no marking."""
    words = _words(fault)
    made = {"created_by_ref": AUTHOR_ID, "created": CREATED, "modified": CREATED}
    vulnerability = Vulnerability(
        id=vulnerability_id(fault),
        **made,
        name=words.title,
        description=" ".join(filter(None, (words.crosses, words.passive, words.active, words.law))),
        labels=[fault],
        external_references=[
            {"source_name": cited.text, "url": cited.href} for cited in citations(words.clause)
        ]
        or None,
    )
    title, text = _remedy(fault)
    if not title:
        return (vulnerability.serialize(),)
    action = CourseOfAction(id=own_id("course-of-action", fault), **made, name=title, description=text)
    mitigates = Relationship(
        id=own_id("relationship", f"mitigates:{fault}"),
        **made,
        relationship_type="mitigates",
        source_ref=action.id,
        target_ref=vulnerability.id,
    )
    return vulnerability.serialize(), action.serialize(), mitigates.serialize()
