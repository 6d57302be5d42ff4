"""Addresses that nobody would type, at every route, as everybody."""

import re
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

_ADDRESS = re.compile(r"(?<![\d.])11\.[0-7]\.[01]\.\d{1,3}(?![\d.])|2a00:11::1")
"""Those of the world."""

_WORDS = (
    "latest",
    "DE",
    "jp",
    "ZZ",
    "no_tls",
    "wide",
    "-1",
    "0",
    "1",
    "64500",
    "99999999999999999999",
    "1e9",
    "NaN",
    "true",
    "11.0.0.1",
    "11.0.0.0/8",
    "2a00:11::1",
    "::ffff:11.0.0.1",
    "11.0.0.1%eth0",
    "AS64500",
    "dovecot",
    "2026-02-30",
    "' OR 1=1 --",
    "%%s%(x)s{0}{{7*7}}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\x00",
    "\x1b[31m",
    "\u202e",
    "\ud7ff\U0010ffff",
    "ﬀ",
    "mail\r\nSet-Cookie: x=1",
    "a" * 300,
)
_words = st.one_of(st.sampled_from(_WORDS), st.text(max_size=20))
_NAMES = (
    "survey",
    "sort",
    "q",
    "page",
    "table",
    "format",
    "country",
    "asn",
    "network",
    "class",
    "severity",
    "finding",
    "product",
    "protocol",
    "port",
    "evidence",
    "strict",
    "wide",
    "text",
    "after",
    "before",
    "limit",
    "most",
    "by",
    "count",
    "on",
    "host",
    "minimum_hosts",
    "lang",
    "next",
)
_fields = st.tuples(st.one_of(st.sampled_from(_NAMES), _words), _words).map(
    lambda pair: (
        f"{quote(pair[0].encode('utf-8', 'surrogatepass'))}={quote(pair[1].encode('utf-8', 'surrogatepass'))}"
    )
)
_queries = st.one_of(
    st.lists(_fields, max_size=5).map("&".join),
    st.binary(max_size=60).map(lambda octets: quote(octets, safe="=&;+%")),
)


def _paths(app: Any) -> list[str]:
    """Of all routes that answer GET."""
    found = [route.path for route in app.routes if isinstance(route, Route)]
    assert len(found) > 40
    return sorted(set(found))


def _path(pattern: str, values: list[str]) -> str:
    """A pattern with something in the place of each of its parameters."""
    drawn = iter(values)
    return re.sub(
        r"{\w+(:\w+)?}", lambda _: quote(next(drawn).encode("utf-8", "surrogatepass"), safe=""), pattern
    )


@pytest.fixture(scope="module")
def paths(served: Any) -> list[str]:
    return _paths(served.public.app)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_that_is_asked_is_a_fault_or_tells_an_address(
    served: Any, paths: list[str], data: Any
) -> None:
    """A stranger could fill the log with traces, learn of the server's inside, or learn which servers are weak."""
    pattern = data.draw(st.sampled_from(paths), label="route")
    values = data.draw(st.lists(_words, min_size=3, max_size=3), label="values")
    query = data.draw(_queries, label="query")
    method = data.draw(st.sampled_from(("GET", "GET", "GET", "HEAD", "OPTIONS")), label="method")
    headers = {
        "Accept-Language": data.draw(st.sampled_from(("en", "ja")), label="language"),
        "Accept": data.draw(st.sampled_from(("text/html", "application/json")), label="wanted"),
    }
    address = _path(pattern, values) + (f"?{query}" if query else "")
    asked = set(_ADDRESS.findall(unquote(unquote(address))))
    for reader in served.readers():
        answer = reader.request(method, address, headers=headers, follow_redirects=False)
        assert answer.status_code < 500, (answer.status_code, address)
        assert "Traceback" not in answer.text
        assert str(served.world.root) not in answer.text
        assert "x=1" not in answer.headers.get("set-cookie", "")
        if reader is not served.operator:
            told = set(_ADDRESS.findall(answer.text)) - asked
            assert not told, (address, told)


def test_the_search_for_addresses_finds_them(served: Any) -> None:
    """If it could not, the test above would hold of everything."""
    answer = served.operator.get("/api/v1/surveys/latest/endpoints?limit=1000")
    assert len(set(_ADDRESS.findall(answer.text))) > 100
