"""Signing in, staying in and getting out; and the ways in that must be none."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from openletter.store.store import Store
from openletter.web.accounts import Accounts
from openletter.web.app import create_app
from openletter.web.roles import Role
from openletter.web.settings import WebSettings

PASSWORD = "correct horse battery"
BASE = "http://127.0.0.1:8080"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they cost is tested elsewhere."""
    monkeypatch.setattr("openletter.web.password._N", 1 << 5)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    Store(tmp_path / "store", create=True).close()
    accounts = Accounts(tmp_path / "store")
    accounts.add("ada", Role.OPERATOR, PASSWORD)
    accounts.add("sue", Role.SUBSCRIBER, PASSWORD)
    accounts.close()
    return tmp_path / "store"


@pytest.fixture
def reader(root: Path) -> Iterator[TestClient]:
    with TestClient(
        create_app(WebSettings(store=root)),
        base_url=BASE,
        client=("127.0.0.1", 50_000),
        follow_redirects=False,
    ) as made:
        yield made


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


def log_in(reader: TestClient, name: str = "ada", password: str = PASSWORD, **more: str):
    token = token_of(reader.get("/login").text)
    fields = {"name": name, "password": password, "next": "/map", "token": token, **more}
    return reader.post("/login", data=fields, headers={"Origin": BASE})


def audit(root: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (root / "audit.jsonl").read_text().splitlines()]


def test_with_an_account_nobody_sees_anything_without_signing_in(reader: TestClient):
    for path in (
        "/",
        "/map",
        "/endpoints",
        "/api/v1/surveys",
        "/openapi.json",
        "/charts/map.json",
        "/nowhere",
    ):
        answer = reader.get(path)
        assert answer.status_code in (303, 401), path
        if answer.status_code == 303:
            assert answer.headers["location"].startswith("/login?next=/")
    assert reader.get("/healthz").status_code == 200


def test_signing_in_leads_back_and_signing_out_ends_the_session(reader: TestClient, root: Path):
    answer = log_in(reader)
    assert (answer.status_code, answer.headers["location"]) == (303, "/map")
    cookie = reader.cookies["session"]
    page = reader.get("/map")
    assert page.status_code == 200
    assert "ada" in page.text
    out = reader.post("/logout", data={"token": token_of(page.text)}, headers={"Origin": BASE})
    assert out.status_code == 303
    assert "session" not in reader.cookies
    # Not only forgotten by the browser: whoever copied the cookie has nothing.
    reader.cookies.set("session", cookie)
    assert reader.get("/map").status_code == 303
    events = [(line["event"], line.get("account")) for line in audit(root)]
    assert events == [("logged in", "ada"), ("logged out", "ada")]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(root: Path):
    settings = WebSettings(store=root, base_url="https://mail.example.org", behind_proxy=True)
    with TestClient(
        create_app(settings), base_url="https://mail.example.org", follow_redirects=False
    ) as reader:
        token = token_of(reader.get("/login").text)
        answer = reader.post("/login", data={"name": "ada", "password": PASSWORD, "token": token})
        (cookie,) = [
            one
            for one in answer.headers.get_list("set-cookie")
            if one.startswith("session=ey") or "session=" in one
        ]
        for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
            assert word in cookie
        assert "max-age=31536000" in answer.headers["strict-transport-security"]


def test_a_wrong_name_and_a_wrong_password_are_told_alike(reader: TestClient, root: Path):
    """Else one could find out who has an account."""
    unknown = log_in(reader, name="eve")
    wrong = log_in(reader, password="incorrect horse battery")
    assert unknown.status_code == wrong.status_code == 403
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", unknown.text) == strip.sub("", wrong.text)
    assert "session" not in reader.cookies
    text = (root / "audit.jsonl").read_text()
    assert [line["event"] for line in audit(root)] == ["log-in failed"] * 2
    assert "incorrect horse" not in text


def test_guessing_is_throttled_also_with_the_right_password(reader: TestClient, root: Path):
    for _ in range(5):
        assert log_in(reader, password="a wrong password").status_code == 403
    answer = log_in(reader)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "session" not in reader.cookies
    assert audit(root)[-1]["event"] == "log-in throttled"
    written = len(audit(root))
    assert {log_in(reader).status_code for _ in range(5)} == {429}
    assert len(audit(root)) == written, "who cannot sign in could fill the disk"


def test_a_form_from_elsewhere_signs_nobody_in(reader: TestClient):
    token = token_of(reader.get("/login").text)
    fields = {"name": "ada", "password": PASSWORD, "token": token}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert reader.post("/login", data=fields, headers=headers).status_code == 403, headers
    assert reader.post("/login", data={**fields, "token": "0" * 64}).status_code == 403
    assert reader.post("/login", data={"name": "ada", "password": PASSWORD}).status_code == 403
    assert "session" not in reader.cookies


def test_a_token_of_another_visitor_is_no_token(reader: TestClient):
    """Else an attacker could send his own form and have his victim signed in as him."""
    token = token_of(reader.get("/login").text)
    reader.cookies.delete("visitor")
    reader.cookies.set("visitor", "another-visitor-with-a-long-name")
    answer = reader.post("/login", data={"name": "ada", "password": PASSWORD, "token": token})
    assert answer.status_code == 403


def test_a_session_that_an_attacker_knows_is_not_the_one_that_begins(reader: TestClient, root: Path):
    """Session fixation: a cookie that was there before is worth nothing after."""
    log_in(reader, name="sue")
    planted = reader.cookies["session"]
    page = reader.get("/map").text
    answer = reader.post(
        "/login",
        data={"name": "ada", "password": PASSWORD, "token": token_of(page)},
        headers={"Origin": BASE},
    )
    assert answer.status_code == 303
    assert reader.cookies["session"] != planted
    reader.cookies.delete("session")
    reader.cookies.set("session", planted)
    assert reader.get("/map").status_code == 303


@pytest.mark.parametrize(
    "change",
    # The first character: the last one's lowest bits mean nothing in Base64.
    [lambda c: ("A" if c[0] != "A" else "B") + c[1:], lambda c: c + "x", str.upper],
)
def test_a_tampered_cookie_is_nobodys(reader: TestClient, change):
    log_in(reader)
    cookie = reader.cookies["session"]
    reader.cookies.delete("session")
    reader.cookies.set("session", change(cookie))
    assert reader.get("/map").status_code == 303


def test_a_signed_out_form_needs_the_sessions_token(reader: TestClient):
    log_in(reader)
    assert reader.post("/logout", data={"token": ""}).status_code == 403
    assert reader.post("/language", data={"language": "ja", "next": "/"}).status_code == 403
    assert reader.get("/map").status_code == 200


def test_who_may_less_is_told_so(reader: TestClient):
    log_in(reader, name="sue")
    assert reader.get("/map").status_code == 200
    for path in ("/endpoints", "/search?q=192.0.2.1", "/endpoint/192.0.2.1/143"):
        answer = reader.get(path)
        assert answer.status_code == 403, path
        assert "Your account may not see this." in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie: a=b\r\nX: y",
        "http:evil",
        "",
        "map",
    ],
)
def test_no_form_leads_to_another_site(reader: TestClient, address: str):
    answer = log_in(reader, next=address)
    assert answer.status_code == 303
    assert answer.headers["location"] in ("/", "/map") or answer.headers["location"].startswith("/%0d")
    answer = reader.post(
        "/theme",
        data={"theme": "dark", "next": address, "token": token_of(reader.get("/map").text)},
        headers={"Origin": BASE},
    )
    assert answer.headers["location"] == "/"


def test_a_token_is_an_account_to_programs(reader: TestClient, root: Path):
    accounts = Accounts(root)
    token = accounts.new_token("ada")
    accounts.close()
    bearer = {"Authorization": f"Bearer {token}"}
    assert reader.get("/api/v1/surveys", headers=bearer).status_code == 200
    assert reader.get("/api/v1/surveys", headers={"Authorization": f"Bearer {token}x"}).status_code == 401
    assert (
        reader.get("/api/v1/surveys", headers={"Authorization": "Bearer " + "x" * 10_000}).status_code == 401
    )
    assert reader.get("/api/v1/surveys", headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_a_removed_account_is_out_at_the_next_click(reader: TestClient, root: Path):
    log_in(reader)
    accounts = Accounts(root)
    accounts.remove("ada")
    accounts.close()
    assert reader.get("/map").status_code == 303
