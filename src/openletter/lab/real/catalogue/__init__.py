"""All configurations of the lab.

The third number of an address says the server: 1 dovecot, 2 courier, 3 cyrus, 4 mailutils.
"""

from collections.abc import Iterable

from openletter.lab.real.catalogue.courier import COURIER
from openletter.lab.real.catalogue.cyrus import CYRUS
from openletter.lab.real.catalogue.dovecot import DOVECOT
from openletter.lab.real.catalogue.mailutils import MAILUTILS
from openletter.lab.real.configuration import Configuration

CATALOGUE: tuple[Configuration, ...] = (*DOVECOT, *COURIER, *CYRUS, *MAILUTILS)


def chosen(names: Iterable[str]) -> tuple[Configuration, ...]:
    """The configurations of these names, in the catalogue's order. ValueError names those that do not exist."""
    wanted = set(names)
    unknown = wanted - {configuration.name for configuration in CATALOGUE}
    if unknown:
        raise ValueError(f"no such configuration: {', '.join(sorted(unknown))}")
    return tuple(configuration for configuration in CATALOGUE if configuration.name in wanted)
