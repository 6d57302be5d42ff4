"""Products of a whole survey are those that looking at each endpoint alone recognises.

What a user loses when this fails: a count of products that no single server bears out.
"""

import itertools

import pyarrow as pa

from openletter.dialogue.observation import Mode, Observation, Protocol, Tcp
from openletter.enrich.product import Product, recognise
from openletter.enrich.product_columns import products
from openletter.store.observation_table import to_batch

IDS = (b"", b'("name" "Cyrus IMAPD" "version" "3.6.1")')
LISTS = (
    (),
    ("IMPLEMENTATION Courier Mail Server", "USER"),
    ("UTF8 USER", "LOGIN-DELAY 10"),
    ("CAPA", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"),
    ("SASL-IR", "LOGIN-REFERRALS", "ID", "ENABLE", "IDLE", "LITERAL+"),
)
BANNERS = (
    b"",
    b"* OK ready",
    b"* OK mx Zimbra 8.8.15 IMAP4 server ready",
    b"+OK Dovecot ready.",
    b"\x00\xff",
)


def test_a_survey_is_recognised_as_each_of_its_endpoints_is():
    seen = [
        Observation(
            ip="192.0.2.1",
            port=143,
            protocol=protocol,
            mode=Mode.CLEARTEXT,
            tcp=Tcp.OPEN,
            server_id=server_id,
            caps_pre=before,
            caps_post=after,
            banner=banner,
        )
        for protocol, server_id, before, after, banner in itertools.product(
            Protocol, IDS, LISTS, LISTS, BANNERS
        )
    ]
    found = products(pa.Table.from_batches([to_batch(seen)]))
    alone = [recognise(one) for one in seen]
    assert {one.product for one in alone} > {Product.UNKNOWN, Product.CYRUS, Product.COURIER, Product.DOVECOT}
    assert found.product.to_pylist() == [
        "" if one.product is Product.UNKNOWN else one.product for one in alone
    ]
    assert found.version.to_pylist() == [one.version for one in alone]
    assert found.certainty.to_pylist() == [
        "" if one.product is Product.UNKNOWN else one.certainty for one in alone
    ]


def test_no_endpoint_has_no_product():
    assert len(products(pa.Table.from_batches([to_batch([])])).product) == 0
