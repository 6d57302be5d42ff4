"""On one's own machine nothing has to be set up; and nobody else is let in by that."""

import pytest
from starlette.testclient import TestClient

from openletter.web.accounts import Accounts
from openletter.web.app import create_app
from openletter.web.roles import Role
from openletter.web.settings import WebSettings

LOOPBACK = ("127.0.0.1", 50_000)


def get(settings: WebSettings, *, client=LOOPBACK, host="127.0.0.1:8080", path="/endpoints", **headers: str):
    reader = TestClient(
        create_app(settings), base_url="http://127.0.0.1:8080", client=client, follow_redirects=False
    )
    return reader.get(path, headers={"Host": host, **headers})


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080"])
def test_whoever_sits_here_is_the_operator(world, host: str):
    assert get(WebSettings(store=world.root), host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.0.2.1",
        "",
        "a b",
        "[::1",
        "127.0.0.1:x",
    ],
)
def test_a_page_elsewhere_that_points_its_name_here_sees_nothing(world, host: str):
    """DNS rebinding: the browser says which name it believes to be talking to."""
    answer = get(WebSettings(store=world.root), host=host)
    assert answer.status_code == 400
    assert "11.0.0." not in answer.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_comes_through_a_proxy_does_not_come_from_here(world, header: str):
    assert get(WebSettings(store=world.root), **{header: "127.0.0.1"}).status_code == 303


def test_nobody_elsewhere_is(world):
    assert get(WebSettings(store=world.root), client=("192.0.2.1", 5)).status_code == 303


@pytest.mark.parametrize(
    "settings",
    [
        {"public": True},
        {"host": "0.0.0.0", "public": True},
        {"base_url": "https://mail.example.org"},
        {"behind_proxy": True},
    ],
)
def test_where_others_can_come_from_loopback_too_nobody_is(world, settings: dict[str, object]):
    answer = get(WebSettings(store=world.root, **settings))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_with_an_account_one_signs_in_here_too(tmp_path, make_world):
    root = tmp_path / "store"
    make_world(root, 1)
    assert get(WebSettings(store=root)).status_code == 200
    accounts = Accounts(root)
    accounts.add("ada", Role.OPERATOR, "correct horse battery")
    accounts.close()
    assert get(WebSettings(store=root)).status_code == 303


def test_a_server_with_a_name_answers_to_it(world):
    settings = WebSettings(store=world.root, host="0.0.0.0", public=True, base_url="https://mail.example.org")
    assert get(settings, host="mail.example.org", path="/map").status_code == 200
    assert get(settings, host="MAIL.example.org:443", path="/map").status_code == 200
    assert get(settings, host="other.example.org", path="/map").status_code == 400
    bare = WebSettings(store=world.root, host="0.0.0.0", public=True)
    assert get(bare, host="192.0.2.7:8080", path="/map").status_code == 200
    assert get(bare, host="other.example.org", path="/map").status_code == 400
