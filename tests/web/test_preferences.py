"""Language and theme: the browser's, until the reader chooses; and back to the page that one was on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.web.preferences import way_back


@pytest.fixture
def reader(served):
    yield served.public
    for cookie in ("language", "theme"):
        served.public.cookies.delete(cookie) if cookie in served.public.cookies else None


def test_the_language_is_the_browsers_until_one_is_chosen(reader):
    assert 'lang="ja"' in reader.get("/method", headers={"Accept-Language": "ja-JP"}).text
    assert 'lang="en"' in reader.get("/method", headers={"Accept-Language": "fr"}).text
    answer = reader.post(
        "/language", data={"language": "ja", "next": "/country/DE?survey=x"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/country/DE?survey=x")
    assert 'lang="ja"' in reader.get("/method", headers={"Accept-Language": "en"}).text
    reader.post("/language", data={"language": "en"})
    assert 'lang="en"' in reader.get("/method", headers={"Accept-Language": "ja"}).text


def test_the_theme_is_the_systems_until_one_is_chosen(reader):
    assert 'data-theme="auto"' in reader.get("/method").text
    reader.post("/theme", data={"theme": "dark", "next": "/method"})
    assert 'data-theme="dark"' in reader.get("/method").text


def test_only_what_there_is_can_be_chosen(reader):
    assert reader.post("/language", data={"language": "<script>"}).status_code == 400
    assert reader.post("/theme", data={"theme": ""}).status_code == 400
    assert reader.post("/language", data={}).status_code == 400
    assert (
        reader.post("/theme", data={"theme": "dark"}, headers={"Origin": "https://evil.example"}).status_code
        == 403
    )
    assert 'data-theme="auto"' in reader.get("/method", headers={"Cookie": "theme=x; language=../.."}).text


@given(st.text(max_size=100))
def test_no_text_leads_elsewhere(text: str):
    found = way_back(text)
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert found.isprintable()


def test_our_own_addresses_are_led_back_to():
    for address in ("/", "/country/DE?survey=20260101T000000Z-abcd&sort=-wide", "/endpoint/2001:db8::1/143"):
        assert way_back(address) == address
