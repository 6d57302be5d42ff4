"""What a configuration of the lab is: a server, the lines of its settings, an address and ports of its own."""

from dataclasses import dataclass
from enum import StrEnum

from openletter.lab.real.certificates import Fault

IMAP, IMAPS, POP3, POP3S = 143, 993, 110, 995
CLEARTEXT_PORTS = (POP3, IMAP)
IMPLICIT_PORTS = (IMAPS, POP3S)
ALL_PORTS = (POP3, IMAP, IMAPS, POP3S)


class Server(StrEnum):
    DOVECOT = "dovecot"
    COURIER = "courier"
    CYRUS = "cyrus"
    MAILUTILS = "mailutils"


class Certificate(StrEnum):
    NONE = "none"
    """The server is told of no certificate at all."""
    ISSUED = "issued"
    """Issued by the lab's authority, with the faults that the configuration names."""
    ROOT_ONLY = "root_only"
    """Issued likewise, but only root can read the key, which the server may not be any more when it needs it."""
    UNUSABLE = "unusable"
    """The server is pointed to a file that holds no certificate."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One server as an administrator might have set it up."""

    name: str
    address: str
    """IPv4, within 127.10.0.0/16, of this configuration alone."""
    server: Server
    title: str
    """What it does, in a sentence. Whether that is so is for the truth to say."""
    ports: tuple[int, ...] = ALL_PORTS
    settings: tuple[str, ...] = ()
    """Lines in the server's own language; for courier, assignments of environment variables."""
    certificate: Certificate = Certificate.NONE
    faults: tuple[Fault, ...] = ()
    """Faults of an issued certificate."""
    misleading: tuple[int, ...] = ()
    """Ports whose list before TLS promises a login with a password that is then refused: nothing passive tells."""
    openssl: tuple[str, ...] = ()
    """Lines for the `[system_defaults]` of an OpenSSL configuration of its own (config(5)); dovecot only."""

    @property
    def host(self) -> str:
        """The name in its certificate; it resolves nowhere (RFC 2606 §2)."""
        return f"{self.name}.openletter.test"


def protocol_of(port: int) -> str:
    """`imap` or `pop3`."""
    return "imap" if port in (IMAP, IMAPS) else "pop3"
