"""Certificates by name, for as long as a dialogue that saw them may still be open.

The TLS client's book grows until it is emptied. Emptied at any moment it would lose what an open dialogue has seen and
not told yet; so what is taken out stays on the shelf for one more turn, and a turn is longer than any dialogue.
"""

from openletter.tls.book import CertificateBook


class Shelf:
    def __init__(self, book: CertificateBook, *, turn: float) -> None:
        """``turn`` in seconds: at least the deadline of a whole dialogue."""
        self._book = book
        self._turn = turn
        self._before: dict[str, bytes] = {}
        self._turned = float("-inf")

    def find(self, name: str) -> bytes | None:
        """The DER of a SHA-256."""
        der = self._book.get(name)
        return self._before.get(name) if der is None else der

    def turn(self, now: float) -> None:
        """Forget what no open dialogue can name any more, if it is time. ``now`` is monotonic, in seconds."""
        if now - self._turned >= self._turn:
            self._before = self._book.take()
            self._turned = now
