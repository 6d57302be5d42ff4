"""A simulated Internet of POP3 and IMAP servers on loopback, whose truth can be computed without asking it."""

from openletter.lab.internet.country_table import CountryRow, country_table
from openletter.lab.internet.population import World
from openletter.lab.internet.simulation import CannotStartError, SimulatedInternet
from openletter.lab.internet.truth import Class, Evidence, Truth

__all__ = [
    "CannotStartError",
    "Class",
    "CountryRow",
    "Evidence",
    "SimulatedInternet",
    "Truth",
    "World",
    "country_table",
]
