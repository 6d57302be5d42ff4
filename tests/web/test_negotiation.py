"""The language of the browser, and JSON for programs; whatever a header holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from openletter.web.negotiation import by_preference, language, wants_json


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("ja", "ja"),
        ("ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("de-DE,de;q=0.9,en;q=0.5,ja;q=0.4", "en"),
        ("en;q=0.4, ja;q=0.6", "ja"),
        ("ja;q=0, en", "en"),
        ("de", None),
        ("", None),
        ("*", None),
        ("ja;q=x, en;q=0.1", "en"),
    ],
)
def test_the_first_known_language_that_is_wanted(header: str, expected: str | None):
    assert language(header, ("en", "ja")) == expected


@given(st.text(max_size=300))
def test_no_header_is_too_odd(header: str):
    assert len(by_preference(header)) <= 20
    assert language(header, ("en", "ja")) in ("en", "ja", None)


def asked(path: str, accept: str) -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"accept", accept.encode()), (b"host", b"localhost")],
        }
    )


@pytest.mark.parametrize(
    ("path", "accept", "json"),
    [
        ("/map", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8", False),
        ("/map", "application/json", True),
        ("/map", "*/*", False),
        ("/api/v1/surveys", "text/html", True),
        ("/charts/map.json", "*/*", True),
    ],
)
def test_a_program_is_told_in_json(path: str, accept: str, json: bool):
    assert wants_json(asked(path, accept)) is json
