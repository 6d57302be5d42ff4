"""How far a document may go: the labels of the Traffic Light Protocol 2.0 (FIRST)."""

import os
from enum import StrEnum

from openletter.store.error import StoreError

VARIABLE = "OPENLETTER_TLP"


class Tlp(StrEnum):
    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    """Within the organisation that gets it, and to its clients as far as they need it: what an owner's faults are for."""
    AMBER_STRICT = "amber+strict"
    RED = "red"


def wanted_label() -> Tlp:
    """The one that ``OPENLETTER_TLP`` names, else amber. Raises StoreError."""
    given = os.environ.get(VARIABLE, "").strip().lower().removeprefix("tlp:") or Tlp.AMBER
    try:
        return Tlp(given)
    except ValueError:
        raise StoreError(f"{VARIABLE} is {given!r}; give {', '.join(Tlp)}") from None
