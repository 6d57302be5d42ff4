"""One endpoint with all that is kept of it: verdict, what is known of it, what was seen and said, and its certificates."""

from ipaddress import ip_address
from typing import Any

import msgspec

from openletter.dialogue.observation import Observation
from openletter.enrich.endpoint_table import ADDED
from openletter.statistics.address_rows import rows_of_address
from openletter.statistics.database import Verdicts
from openletter.statistics.error import BadQuestionError
from openletter.store.certificates import Certificates
from openletter.store.error import DamagedStoreError
from openletter.store.file_set import Kind
from openletter.store.observation_table import from_table as observations_of
from openletter.store.observation_table import sort_key
from openletter.store.record import SurveyRecord
from openletter.store.store import Store
from openletter.verdict.verdict_table import VerdictRow
from openletter.verdict.verdict_table import from_table as verdicts_of_table


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What enrichment adds (:data:`openletter.enrich.endpoint_table.ADDED`)."""

    country_source: str
    region: str
    city: str
    asn: int
    network_name: str
    hostname: str
    hostname_source: str
    sector: str
    naics: str
    product: str
    product_version: str
    product_certainty: str
    tls_version: str
    cipher: str
    certificate: str
    cert_issuer: str
    cert_key: str
    cert_signature: str
    cert_not_after: float | None


class EndpointDetail(msgspec.Struct, frozen=True, kw_only=True):
    survey: str
    verdict: VerdictRow
    beside: tuple[VerdictRow, ...]
    """Of the other endpoints of the same address, by port."""
    known: Known | None
    """None of a survey that was not enriched."""
    observation: Observation
    """With its transcript."""
    of_host: tuple[Observation, ...]
    """What was seen of all endpoints of the same address, this one among them, by port."""
    chain: tuple[bytes, ...]
    """DER, leaf first, of the session in which the dialogue went on; those that the store has."""


def one_endpoint(
    store: Store,
    record: SurveyRecord,
    ip: str,
    port: int,
    host: str = "",
    *,
    through: Verdicts | None = None,
) -> EndpointDetail | None:
    """None where the survey did not ask it. ``through``: a database that is open already.

    Raises BadQuestionError, NoSurveyError, StoreError.
    """
    try:
        key = sort_key(str(ip_address(ip)))
    except ValueError:
        raise BadQuestionError(f"address: {ip[:64]!a}: is none; give an IPv4 or IPv6 address") from None
    endpoints = rows_of_address(store.endpoint_files(record), key, through=through)
    place = None if endpoints is None else _place(endpoints, port, host)
    if endpoints is None or place is None:
        return None
    observations = store.current(Kind.OBSERVATIONS, record.id)
    seen = (
        rows_of_address(store.files_of(observations), key, through=through)
        if observations is not None
        else None
    )
    of_host = tuple(observations_of(seen)) if seen is not None else ()
    observation = next((one for one in of_host if (one.port, one.host) == (port, host)), None)
    if observation is None:
        raise DamagedStoreError(f"survey {record.id}: the observation of {ip} port {port} is gone")
    row = endpoints.slice(place, 1)
    verdicts = verdicts_of_table(endpoints)
    names = observation.tls.chain
    with Certificates(store.root) as kept:
        ders = kept.find(names)
    return EndpointDetail(
        survey=record.id,
        verdict=verdicts[place],
        beside=tuple(one for number, one in enumerate(verdicts) if number != place),
        known=_known(row),
        observation=observation,
        of_host=of_host,
        chain=tuple(ders[name] for name in names if name in ders),
    )


def _known(row: Any) -> Known | None:
    if not set(ADDED) <= set(row.column_names):
        return None
    return Known(**row.select(list(ADDED)).to_pylist()[0])


def _place(rows: Any, port: int, host: str) -> int | None:
    keys = zip(rows.column("port").to_pylist(), rows.column("host").to_pylist(), strict=True)
    return next((place for place, found in enumerate(keys) if found == (port, host)), None)
