"""Every hostile peer ends in one observation, in time, in bounded memory, and says nothing into a terminal.

When one of these fails, one host on the Internet can stop a survey, hold it, fill its memory, or write on the
operator's screen.
"""

from collections.abc import Iterable
from typing import Any

import pytest
from hostile import greetings, handshakes, inside, replies  # noqa: F401
from hostile.offsets import FAMILIES
from hostile.peer import PEERS

from openletter.dialogue.observation import Observation

TOTAL = 3.0
ALLOWED = TOTAL * 1.5 + 2
"""Seconds: the machine is shared, and a sweep comes after the deadline."""


def texts(value: Any) -> list[str]:
    """Every string in an observation; bytes are left to whoever shows them."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for item in value for text in texts(item)]
    if hasattr(value, "__struct_fields__"):
        return [text for name in value.__struct_fields__ for text in texts(getattr(value, name))]
    return []


def check(seen: Observation) -> None:
    assert seen.violation != "internal_error"
    assert seen.duration <= ALLOWED
    for text in texts(seen):
        assert text.isascii(), text
        assert text.isprintable(), text
    for shown in (
        seen.banner,
        seen.starttls_text,
        seen.bytes_after_starttls_ok,
        seen.server_id,
        seen.handshake.plaintext,
    ):
        assert len(shown) <= 512
    assert sum(len(e.data) for e in seen.transcript) <= 8_192


def facts(seen: Observation, names: Iterable[str]) -> dict[str, str]:
    """What the observation says of these."""
    said = {}
    for name in names:
        value = getattr(seen, name)
        value = value.outcome if name in ("handshake", "legacy") else value
        said[name] = value.decode() if isinstance(value, bytes) else str(value)
    return said


def test_there_are_enough_of_them() -> None:
    assert len(PEERS) + len(FAMILIES) >= 100
    assert len({p.name for p in PEERS}) == len(PEERS)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_peer(gauntlet: Any, peer: Any) -> None:
    (seen,) = gauntlet.of(peer.name)
    check(seen)
    if facts(seen, peer.seen) != peer.seen:
        assert facts(gauntlet.alone(peer.name), peer.seen) == peer.seen


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_family(gauntlet: Any, family: Any) -> None:
    """A connection that ends behind any octet of an honest dialogue."""
    names = [name for name, *_ in gauntlet.found if name.startswith(f"{family.name}: ")]
    assert len(names) >= len(family.members()) - 1
    for name in names:
        (seen,) = gauntlet.of(name)
        check(seen)


def test_nothing_is_missing_and_nothing_was_logged(gauntlet: Any) -> None:
    assert gauntlet.result.whole
    assert len(gauntlet.result.seen) == len(gauntlet.found)
    assert gauntlet.result.logged == []


def test_memory_is_bounded(gauntlet: Any) -> None:
    """While peers sent as much as the machine could carry; the observations themselves are in it."""
    assert gauntlet.result.grown_kb < 60_000
