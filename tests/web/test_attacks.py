"""Whatever is sent, the server says what is wrong with it; never 500, never a traceback, never a header less."""

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from openletter.web import guarding
from openletter.web.app import create_app
from openletter.web.settings import WebSettings
from openletter.web.snapshot import Snapshot

TRAVERSALS = [
    "/static/x/../../../accounts.py",
    "/static/x/..%2f..%2f..%2faccounts.py",
    "/static/x/%2e%2e/%2e%2e/settings.py",
    "/static/x//etc/passwd",
    "/static/x/%00openletter.css",
    "/static/x/js",
    "/static/x/vendor/",
    "/static/..%5c..%5csettings.py",
]

ODD = [
    "/?survey=%27%20OR%201=1",
    "/?survey=../../etc/passwd",
    "/?survey=" + "A" * 500,
    "/?survey=%00",
    "/?survey=%ff%fe",
    "/?survey=a&survey=b",
    "/?page=-1",
    "/?page=99999999999999999999",
    "/?page=two",
    "/?sort=%3Cscript%3E",
    "/?format=exe",
    "/?unknown=1",
    "/?" + "&".join(f"a{number}=1" for number in range(200)),
    "/country/%3Cscript%3E",
    "/country/DEU",
    "/network/-1",
    "/network/99999999999999999999",
    "/network/abc",
    "/product/%00",
    "/product/" + "x" * 3_000,
    "/compare?before=x&after=y",
    "/trend?country=xx",
    "/endpoints?network=not-one&port=99999999",
    "/endpoints?after=%F0%9F%92%A9",
    "/endpoints?limit=0",
    "/endpoint/not-an-address/143",
    "/endpoint/11.0.0.1/99999999",
    "/endpoint/11.0.0.1/x",
    "/search?q=%00",
    "/search?q=" + "%F0%9F%92%A9" * 100,
    "/charts/nothing.json",
    "/charts/map.json?count=all",
    "/api/v1/surveys/x/countries",
    "/api/v1/surveys/latest/nothing",
    "/login?next=//evil.example",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_folder_of_static_files(served, path: str):
    answer = served.public.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize("path", ODD)
def test_an_odd_address_is_answered_with_what_is_wrong(served, path: str):
    for reader in (served.public, served.operator):
        for accept in ("text/html", "application/json"):
            answer = reader.get(path, headers={"Accept": accept}, follow_redirects=False)
            assert answer.status_code < 500, answer.text[:300]
            assert "Traceback" not in answer.text
            assert "<script>alert" not in answer.text
            assert answer.headers["content-security-policy"] == guarding.POLICY


def test_a_filter_of_ten_thousand_octets_is_a_page_that_says_so(served):
    for path in ("/countries?q=", "/endpoints?text=", "/search?q=", "/"):
        answer = served.operator.get(path + "x" * 10_000 if "?" in path else path + "?q=" + "x" * 10_000)
        assert answer.status_code == 414
        assert "This address is too long" in answer.text
    answer = served.operator.get("/countries?q=" + "x" * 6_000)
    assert answer.status_code == 400
    assert "at most" in answer.text
    assert served.public.get("/api/v1/surveys?x=" + "y" * 10_000).json()["status"] == 414


def test_a_body_of_a_megabyte_is_refused_before_it_is_read(served):
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/login", "/language"):
        answer = served.public.post(path, content=b"a=" + b"x" * 1_000_000, headers=form)
        assert answer.status_code == 413
        assert "Too much at once" in answer.text

    def drops():
        for _ in range(200):
            yield b"x" * 1_000

    assert served.public.post("/login", content=drops(), headers=form).status_code == 413
    for length in ("-1", "1e9", "9" * 30, ""):
        answer = served.public.post("/language", headers={**form, "Content-Length": length})
        assert answer.status_code in (400, 413), length


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        ("", b""),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%ff&&&==%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(5_000))),
    ],
)
def test_what_is_no_form_of_ours_is_400(served, kind: str, body: bytes):
    for path in ("/language", "/theme"):
        assert served.public.post(path, content=body, headers={"Content-Type": kind}).status_code == 400


def test_every_address_answers_every_method(served):
    for route in served.public.app.routes:
        assert isinstance(route, Route)
        path = route.path.replace("{asn:int}", "1")
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"):
            answer = served.public.request(method, path, follow_redirects=False)
            assert answer.status_code < 500, f"{method} {path}"
            if answer.status_code == 405:
                assert answer.headers["allow"], f"{method} {path}"


def test_head_is_get_without_a_body(served):
    for path in ("/", "/countries", "/method", "/api/v1/surveys"):
        got, head = served.public.get(path), served.public.head(path)
        assert head.status_code == got.status_code == 200
        assert head.headers["etag"] == got.headers["etag"]
        assert head.headers["content-length"] == got.headers["content-length"]


def test_a_fault_of_ours_tells_nothing_of_itself(world, monkeypatch, caplog):
    async def faulty(*_: object, **__: object) -> object:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(Snapshot, "ask", faulty)
    app = create_app(WebSettings(store=world.root, public=True))
    reader = TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False)
    for accept, language, words in (
        ("text/html", "en", "Something went wrong"),
        ("text/html", "ja", "エラーが発生しました"),
        ("application/json", "en", "Internal Server Error"),
    ):
        answer = reader.get("/countries", headers={"Accept": accept, "Accept-Language": language})
        assert answer.status_code == 500
        assert words in answer.text
        assert "secret detail" not in answer.text
        assert answer.headers["content-security-policy"] == guarding.POLICY
    assert "a secret detail" in caplog.text


@pytest.mark.parametrize("status", [404, 405, 400])
def test_errors_are_told_in_both_languages(served, status: int):
    method, path = {404: ("GET", "/nowhere"), 405: ("POST", "/map"), 400: ("GET", "/?page=x")}[status]
    english = served.public.request(method, path, headers={"Accept-Language": "en"})
    japanese = served.public.request(method, path, headers={"Accept-Language": "ja"})
    assert english.status_code == japanese.status_code == status
    assert 'lang="en"' in english.text
    assert 'lang="ja"' in japanese.text
    assert english.headers["cache-control"] == japanese.headers["cache-control"] == "no-store"


def test_no_page_holds_a_script_or_a_style_of_its_own(served):
    """The policy forbids them: they would be dead, and a policy that allows them is none."""
    for path in (
        "/",
        "/map",
        "/country/DE",
        "/trend",
        "/certificates",
        "/method",
        "/compare",
        "/login",
        "/endpoints",
    ):
        text = served.operator.get(path).text.lower()
        assert " style=" not in text, path
        assert "<style" not in text, path
        assert " onclick=" not in text, path
        for script in text.split("<script")[1:]:
            assert "src=" in script.split(">")[0], path


def test_every_answer_carries_the_headers_that_bind_the_browser(served):
    static = served.public.app.state.templates
    assert static
    for path in (
        "/",
        "/nowhere",
        "/login",
        "/healthz",
        "/charts/map.json",
        "/api/v1/surveys",
        "/static/x/icon.svg",
    ):
        answer = served.public.get(path)
        for name, value in guarding.HEADERS.items():
            assert answer.headers[name] == value, f"{path}: {name}"
        assert "server" not in answer.headers
        assert answer.headers["cache-control"], path
