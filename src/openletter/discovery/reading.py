"""What is counted while a scanner's output is read, and when it is not that scanner's output at all."""

from openletter.discovery.error import DiscoveryError
from openletter.scope.error import shown

LOOKED_AT = 1_000
"""Records at the beginning by which a format is known: more than half of them must be right."""
SHOWN_LINES = 5


class Reading:
    """Counts of one file; a reader adds to them as it goes."""

    __slots__ = (
        "closed",
        "cut",
        "found",
        "lines",
        "malformed",
        "malformed_lines",
        "name",
        "other",
        "repeats",
        "what",
    )

    def __init__(self, name: str, what: str) -> None:
        """``name`` of the file, for errors; ``what`` it is taken for, in words."""
        self.name = name
        self.what = what
        self.lines = 0
        self.found = 0
        self.repeats = 0
        """Answers that the scanner itself calls a repetition."""
        self.closed = 0
        """Ports of which the scanner says that they are not open."""
        self.other = 0
        """Records that are right and of no use here: another transport, another protocol."""
        self.malformed = 0
        self.malformed_lines: list[int] = []
        """The first few."""
        self.cut = False
        """The file ends inside a record, as after a kill or on a full disk."""

    @property
    def _records(self) -> int:
        return self.found + self.repeats + self.closed + self.other + self.malformed

    def bad(self) -> None:
        """The line at hand is malformed. Raises DiscoveryError where this cannot be that format."""
        self.malformed += 1
        if len(self.malformed_lines) < SHOWN_LINES:
            self.malformed_lines.append(self.lines)
        if self.malformed * 2 > LOOKED_AT and self._records <= LOOKED_AT:
            raise self._not_this()

    def finish(self) -> None:
        """The file has ended. Raises DiscoveryError where it is too short to have told before."""
        if self._records <= LOOKED_AT and self.malformed * 2 > self._records:
            raise self._not_this()

    def _not_this(self) -> DiscoveryError:
        numbers = ", ".join(map(str, self.malformed_lines))
        return DiscoveryError(
            f"{shown(self.name)} is no {self.what}: {self.malformed:,} of its first {self._records:,} records cannot "
            f"be read (line {numbers} ...); say by --format what it is"
        )
