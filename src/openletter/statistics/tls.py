"""Which versions and ciphers of TLS servers chose, in the session in which the dialogue went on. Of an enriched survey."""

import msgspec

from openletter.statistics.database import Verdicts
from openletter.statistics.where import of_country


class TlsVersionCount(msgspec.Struct, frozen=True):
    version: str
    """``TLSv1.3``; empty: it answered, and there was no session of TLS."""
    pop3: int
    imap: int
    starttls: int
    """Of the endpoints: on the cleartext ports, after STARTTLS or STLS."""
    implicit: int
    endpoints: int


class CipherCount(msgspec.Struct, frozen=True):
    cipher: str
    """IANA's name."""
    version: str
    endpoints: int


def by_tls_version(verdicts: Verdicts, *, country: str | None = None) -> tuple[TlsVersionCount, ...]:
    """The most frequent first; last those that answered without TLS. Raises NotEnrichedError."""
    verdicts.need("tls")
    where, parameters = of_country(country)
    only = "coalesce(sum(n) FILTER (WHERE {}), 0)::BIGINT".format
    cut = ("protocol = 'pop3'", "protocol = 'imap'", "mode = 'cleartext'", "mode = 'implicit'", "true")
    sql = f"""
SELECT tls_version, {", ".join(map(only, cut))} FROM tls WHERE {where}
GROUP BY tls_version ORDER BY tls_version = '', sum(n) DESC, tls_version
"""  # noqa: S608 - our own words
    return verdicts.ask(sql, TlsVersionCount, parameters)


def by_cipher(
    verdicts: Verdicts, most: int | None = None, *, country: str | None = None
) -> tuple[CipherCount, ...]:
    """Ciphers with the versions they were chosen in, the most frequent first, all or ``most``. Raises NotEnrichedError."""
    verdicts.need("tls")
    where, parameters = of_country(country)
    sql = f"""
SELECT cipher, tls_version, sum(n)::BIGINT AS many FROM tls WHERE tls_version <> '' AND {where}
GROUP BY cipher, tls_version ORDER BY many DESC, cipher, tls_version
"""  # noqa: S608 - our own words
    found = verdicts.ask(sql, CipherCount, parameters)
    return found if most is None else found[:most]
