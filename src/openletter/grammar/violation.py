"""The one error of the grammar: the peer went beyond a bound. Anything that merely is not of the grammar is an event."""

from enum import StrEnum


class Violation(StrEnum):
    """Which bound the peer broke."""

    LINE_TOO_LONG = "line_too_long"
    LITERAL_TOO_LARGE = "literal_too_large"
    LIST_TOO_LONG = "list_too_long"
    TOO_MUCH_DATA = "too_much_data"


class RemoteProtocolError(Exception):
    """The peer is to blame. It carries no byte of what the peer said."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.value)
        self.violation = violation
