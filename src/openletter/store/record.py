"""What the manifest says of a survey."""

import secrets
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from openletter.survey.plan import Plan


class State(StrEnum):
    RUNNING = "running"
    """Or it was, when its process died."""
    INTERRUPTED = "interrupted"
    FINISHED = "finished"


class DataSet(msgspec.Struct, frozen=True, kw_only=True):
    """Data of others by which endpoints were enriched. Shown wherever its countries or networks are shown."""

    name: str
    version: str
    date: str
    """Of what it says: ISO 8601, empty where that is not known."""
    licence: str
    """Empty where the data does not say."""
    attribution: str
    """The words that its makers are owed."""
    url: str
    """Where these words must lead; empty where there is no such place."""
    provides: tuple[str, ...]
    """Of ``country``, ``region``, ``city``, ``asn``, ``name`` (the network's), ``sector``, ``naics``."""


class SurveyRecord(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    """Sorts by time of beginning."""
    plan: Plan
    tool_version: str
    """Of the program that began it."""
    state: State
    started: float
    """Unix seconds."""
    finished: float | None
    runs: int
    """How often it was begun or resumed; the number of the last attempt."""
    verdicts: str
    """Folder of the published verdicts below the store's root; empty where there are none yet."""
    rules_version: str
    """Under which those verdicts were made."""
    spooled: bool = True
    """Whether the spool still counts; afterwards the compacted observations alone do."""
    pruned: bool = False
    """Whether nothing but its roll-ups is left, and what the state has of it."""
    merged: str = ""
    """Folder of the endpoints that went into the state; empty where none did."""
    enriched: str = ""
    """Folder of the published endpoint tables below the store's root; empty where its verdicts were not enriched."""
    datasets: tuple[DataSet, ...] = ()
    """What they, and the roll-ups, were enriched by."""

    @property
    def endpoints(self) -> str:
        """Folder of the endpoints as they are now: the enriched ones, else the bare verdicts."""
        return self.enriched or self.verdicts


def new_survey_id(now: float) -> str:
    """``20261124T031500Z-4f1a``: the time in UTC, and four random digits for two in one second."""
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
