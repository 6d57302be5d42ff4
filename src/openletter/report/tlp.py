"""How far a document may go: the labels of the Traffic Light Protocol 2.0 (FIRST)."""

from enum import StrEnum


class Tlp(StrEnum):
    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    """Within the organisation that gets it, and to its clients as far as they need it: what an owner's faults are for."""
    AMBER_STRICT = "amber+strict"
    RED = "red"
