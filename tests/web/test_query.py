"""Query strings that anyone can send."""

from typing import Annotated
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.enrich.product import Product
from openletter.web.query import MAX_OCTETS, BadQueryError, Wrong, read


class _Filter(msgspec.Struct, frozen=True, kw_only=True):
    class_: str | None = msgspec.field(name="class", default=None)
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    strict: bool | None = None
    network: str | None = None
    product: Product | None = None


def test_a_form_is_read_with_its_types() -> None:
    """A filter would be a word where a number is meant, and find nothing."""
    found = read(b"class=no_tls&port=143&strict=1&network=2001%3Adb8%3A%3A%2F32&product=dovecot", _Filter)
    assert found == _Filter(
        class_="no_tls",
        port=143,
        strict=True,
        network="2001:db8::/32",
        product=Product.DOVECOT,
    )


def test_a_field_that_was_left_empty_is_no_filter() -> None:
    """A form without JavaScript sends all its fields, and would be an error."""
    assert read(b"class=&port=&strict=%20&network=", _Filter) == _Filter()


@pytest.mark.parametrize(
    ("query", "word"),
    [
        (b"port=0", "port"),
        (b"port=many", "port"),
        (b"product=nosuch", "dovecot"),
        (b"strict=perhaps", "strict"),
        (b"klass=no_tls", "class, network, port, product, strict"),
        (b"port=1&port=2", "more than once"),
        (b"class=a%00b", "control character"),
        (b"class=%ff", "UTF-8"),
        (b"class=\xff", "UTF-8"),
        (b"class=" + b"a" * 10_000, f"{MAX_OCTETS:,}"),
        (b"class=" + b"a" * 600, "512"),
        (b"&".join(b"a%d=1" % n for n in range(100)), "64"),
        (b"%3Cscript%3E=1", "<script>"),
    ],
)
def test_what_is_wrong_is_said(query: bytes, word: str) -> None:
    """A typing error would be an empty answer, or an error page without a reason."""
    with pytest.raises(BadQueryError) as caught:
        read(query, _Filter)
    assert word in str(caught.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Whoever mends one parameter would meet the next error, and the next."""
    with pytest.raises(BadQueryError) as caught:
        read(b"port=0&nosuch=1&product=x", _Filter)
    assert [one.parameter for one in caught.value.wrong] == ["nosuch", "port", "product"]


@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: quote(text).encode())))
def test_no_query_is_an_error_of_ours(query: bytes) -> None:
    """A stranger could fill the log with errors, or learn of the inside from a trace."""
    wrong: tuple[Wrong, ...] = ()
    try:
        read(query, _Filter)
    except BadQueryError as error:
        wrong = error.wrong
    assert all(one.detail.isprintable() and one.detail.endswith(".") for one in wrong)
