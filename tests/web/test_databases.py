"""Open databases are kept, and not for ever: each holds files open and memory."""

import pytest

from openletter.web.databases import Databases


class Opened:
    """In the place of an open database."""

    def __init__(self) -> None:
        self.closed = False

    def __exit__(self, *_: object) -> None:
        self.closed = True


def test_one_is_opened_once_and_closed_when_others_are_used():
    databases = Databases(2)
    made = {}

    def make(key: str) -> Opened:
        made.setdefault(key, []).append(Opened())
        return made[key][-1]

    for key in "abab":
        with databases.borrow(key, lambda key=key: make(key)):
            pass
    assert {key: len(opened) for key, opened in made.items()} == {"a": 1, "b": 1}
    with databases.borrow("c", lambda: make("c")):
        pass
    assert made["a"][0].closed
    assert not made["b"][0].closed
    databases.close()
    assert made["b"][0].closed
    assert made["c"][0].closed


def test_one_in_use_stays_open():
    """A reader's question would fail in the middle otherwise."""
    databases = Databases(1)
    opened = Opened()
    with databases.borrow("a", lambda: opened):
        for key in "bcd":
            with databases.borrow(key, Opened):
                pass
        assert not opened.closed
    with databases.borrow("e", Opened):
        pass
    assert opened.closed


def test_one_that_cannot_be_opened_is_tried_again():
    databases = Databases(2)

    def fail() -> Opened:
        raise OSError("no")

    for _ in range(2):
        with pytest.raises(OSError, match="no"), databases.borrow("a", fail):
            pass
    with databases.borrow("a", Opened) as found:
        assert not found.closed
    assert len(databases) == 1
