"""One host of a scope: an address, the name it was given under, and the services to ask it for."""

import msgspec

from openletter.dialogue.observation import Endpoint
from openletter.scope.ports import Service


class NamedHost(msgspec.Struct, frozen=True):
    """An address that has a name or ports of its own, as a scope's description keeps it."""

    ip: str
    name: str
    country: str
    services: tuple[Service, ...]


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """A host in the order of the survey. Its services come together: one connection at a time to a host."""

    count: int
    """Where in its shard it stands; a shard is resumed behind it by ``begin=count + 1``. Hosts that share an address
    (two names for one machine) share it and follow one another."""
    ip: str
    country: str
    name: str
    services: tuple[Service, ...]

    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(
            Endpoint(
                ip=self.ip,
                port=service.port,
                protocol=service.protocol,
                mode=service.mode,
                host=self.name,
                country=self.country,
            )
            for service in self.services
        )
