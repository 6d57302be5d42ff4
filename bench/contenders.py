"""The two that are compared: the engine, and the same dialogue on plain asyncio streams; and the hosts that both ask."""

from itertools import islice

from asyncio_reference import Streams
from openletter.dialogue.observation import Endpoint, Mode, Observation, Protocol
from openletter.engine.engine import Engine
from openletter.engine.schedule import Target
from openletter.lab.internet.simulation import SimulatedInternet
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient

CONCURRENCY = 200
CLEARTEXT = (("-none",), ("",))
STARTTLS = (("-optional", "-required"), ("TLSv1.2", "TLSv1.3"))
"""Endings of the manners of speech, and versions of TLS: products as they are, without the delays and faults of the odd."""


def engine_round(endpoints: list[Endpoint]) -> list[Observation]:
    seen: list[Observation] = []
    engine = Engine(FastClient(CertificateBook()), concurrency=CONCURRENCY)
    engine.run((Target(endpoint) for endpoint in endpoints), lambda _, observation: seen.append(observation))
    return seen


def reference_round(endpoints: list[Endpoint]) -> list[Observation]:
    return Streams(CertificateBook(), CONCURRENCY).run(endpoints)


def hosts(
    internet: SimulatedInternet, endings: tuple[str, ...], versions: tuple[str, ...], count: int
) -> list[Endpoint]:
    """IMAP hosts of the world that speak as the products do, without the delays and faults of the odd ones."""
    found = (
        Endpoint(ip=t.ip, port=internet.ports["imap"], protocol=Protocol.IMAP, mode=Mode.CLEARTEXT)
        for t in internet.world.truths()
        if t.port == 143 and t.manner.endswith(endings) and t.tls_version in versions
    )
    chosen = list(islice(found, count))
    if len(chosen) < count:
        raise SystemExit(f"the world at 1:{internet.world.scale} has only {len(chosen)} such hosts")
    return chosen
