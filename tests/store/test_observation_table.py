"""An observation comes back from the store as it went in.

What a user loses when this fails: evidence. A verdict that is derived anew would rest on something else than was seen.
"""

import msgspec
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from openletter.dialogue.observation import (
    Confirmation,
    Exchange,
    Greeting,
    Handshake,
    HandshakeOutcome,
    ListSource,
    Mode,
    Observation,
    Protocol,
    Reply,
    Side,
    Tcp,
)
from openletter.store.files import publish_table, read_table
from openletter.store.observation_table import COLUMNS, SCHEMA, from_table, sort_key, to_batch

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
octets = st.binary(max_size=40)
lists = st.lists(texts, max_size=4).map(tuple)
seconds = st.floats(allow_nan=False, allow_infinity=False)
verdicts = st.sampled_from([True, False, None])
addresses = st.ip_addresses().map(str)

handshakes = st.builds(
    Handshake,
    outcome=st.sampled_from(HandshakeOutcome),
    version=texts,
    cipher=texts,
    chain=lists,
    detail=texts,
    plaintext=octets,
    downgraded=st.booleans(),
)

observations = st.builds(
    Observation,
    ip=addresses,
    port=st.integers(1, 65535),
    protocol=st.sampled_from(Protocol),
    mode=st.sampled_from(Mode),
    host=texts,
    country=texts,
    started=seconds,
    duration=seconds,
    tcp=st.sampled_from(Tcp),
    greeting=st.sampled_from(Greeting),
    banner=octets,
    guess=texts,
    apop=st.booleans(),
    caps_pre=lists,
    caps_pre_source=st.sampled_from(ListSource),
    starttls_reply=st.sampled_from(Reply),
    starttls_text=octets,
    bytes_after_starttls_ok=octets,
    handshake=handshakes,
    legacy=handshakes,
    caps_post=lists,
    caps_post_source=st.sampled_from(ListSource),
    server_id=octets,
    confirmation=st.sampled_from(Confirmation),
    login_proven=verdicts,
    command_injection=verdicts,
    violation=texts,
    transcript=st.lists(st.builds(Exchange, st.sampled_from(Side), octets), max_size=4).map(tuple),
    origin=st.sampled_from(["", "zgrab2"]),
)


def test_every_fact_of_an_observation_has_a_column():
    flattened = {name.partition(".")[0] for name in (column.path for column in COLUMNS)}
    assert flattened == set(Observation.__struct_fields__)
    for which in ("handshake", "legacy"):
        inside = {c.path.partition(".")[2] for c in COLUMNS if c.path.startswith(f"{which}.")}
        assert inside == set(Handshake.__struct_fields__)


@settings(deadline=None)
@given(st.lists(observations, max_size=5))
def test_observations_come_back_equal_through_parquet(tmp_path_factory, seen):
    path = tmp_path_factory.mktemp("table") / "some.parquet"
    publish_table(path, SCHEMA, [to_batch(seen)])
    back = from_table(read_table(path))
    assert back == seen
    assert all(type(one.tcp) is Tcp and type(one.handshake.outcome) is HandshakeOutcome for one in back)


@settings(deadline=None)
@given(st.lists(observations.map(lambda seen: msgspec.structs.replace(seen, origin="")), max_size=3))
def test_a_file_from_before_foreign_scans_could_be_imported_still_reads(seen):
    table = pa.Table.from_batches([to_batch(seen)]).drop_columns(["origin"])
    assert from_table(table) == seen


@settings(deadline=None)
@given(st.lists(st.ip_addresses(v=4), min_size=2, max_size=9))
def test_sort_keys_order_ipv4_as_numbers(ips):
    assert sorted(ips) == sorted(ips, key=lambda ip: sort_key(str(ip)))


@settings(deadline=None)
@given(st.lists(st.ip_addresses(v=6), min_size=2, max_size=9))
def test_sort_keys_order_ipv6_as_numbers(ips):
    assert sorted(ips) == sorted(ips, key=lambda ip: sort_key(str(ip)))
