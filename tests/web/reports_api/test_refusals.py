"""What is refused, and how: a stranger learns nothing, and a subscriber what is wrong."""

import json
import signal
import statistics
import time

import httpx2
import msgspec
import pytest

from openletter.report.report_index import ReportIndex
from openletter.store.store import Store
from openletter.subscriber import api_key
from openletter.subscriber.directory import Directory
from openletter.web import secret as secrets
from openletter.web.accounts import Accounts
from openletter.web.audit import FILE as AUDIT
from openletter.web.reports_api import serving
from openletter.web.reports_api.download_id import LASTS, download_id, read_download_id
from openletter.web.roles import Role

REFUSED = {"error": "Refused: the API key, the HMAC2 of the request, or the id of the report is not right."}


def signed(api, key, method="test/ping", hmac=None, **fields):
    body = json.dumps({**fields, "apikey": key.key}).encode()
    return api.client.post(
        f"/api2/{method}", content=body, headers={"HMAC2": key.sign(body) if hmac is None else hmac}
    )


def strangers(api):
    """Each of those who must not be told apart, by what is wrong; a request of each."""
    own = api.owners
    wrong = type(own.alpha)
    theirs = api.told("reports/list", own.beta)[0]["id"]
    return {
        "unknown key": lambda: signed(api, wrong("0" * 32, own.alpha.secret)),
        "wrong secret": lambda: signed(api, wrong(own.alpha.key, "wrong")),
        "another's secret": lambda: signed(api, wrong(own.alpha.key, own.beta.secret)),
        "no hex": lambda: signed(api, own.alpha, hmac=("é" * 64).encode("latin-1")),
        "short": lambda: signed(api, own.alpha, hmac="00"),
        "empty": lambda: signed(api, own.alpha, hmac=""),
        "not active": lambda: signed(api, own.closed),
        "removed": lambda: signed(api, own.removed),
        "revoked": lambda: signed(api, own.revoked),
        "of another body": lambda: signed(api, own.alpha, hmac=own.alpha.sign(b"{}")),
        "long key": lambda: signed(api, wrong("x" * 900, own.alpha.secret)),
        "odd key": lambda: signed(api, wrong("\u0000' OR 1=1 --", own.alpha.secret)),
        "unknown report": lambda: signed(api, own.alpha, "reports/download", id="x" * 56),
        "no report": lambda: signed(api, own.alpha, "reports/download"),
        "another's report": lambda: signed(api, own.alpha, "reports/download", id=theirs),
        "unknown link": lambda: api.client.get("/dl/" + "x" * 56),
        "changed link": lambda: api.client.get(f"/dl/{theirs[:-1]}{'A' if theirs[-1] != 'A' else 'B'}"),
    }


def test_nobody_who_is_refused_learns_why(api):
    for what, ask in strangers(api).items():
        answer = ask()
        assert answer.status_code == 403, what
        assert answer.json() == REFUSED, what
        assert {name for name in answer.headers if name != "date"} == {
            name for name in api.client.get("/dl/x").headers if name != "date"
        }, what


def test_an_upper_case_hmac_is_right_too(api):
    body = json.dumps({"apikey": api.owners.alpha.key}).encode()
    assert signed(api, api.owners.alpha, hmac=api.owners.alpha.sign(body).upper()).status_code == 200


def test_the_clock_tells_no_more_than_the_answer(api):
    """Medians of many, in turns; what an unknown key skips would be a multiple. That the same is done for both is held more
    closely in the tests of the directory."""
    asked = strangers(api)
    kinds = ("unknown key", "wrong secret", "revoked")
    times = {what: [] for what in kinds}
    for _ in range(60):
        for what in kinds:
            began = time.perf_counter()
            asked[what]()
            times[what].append(time.perf_counter() - began)
    medians = [statistics.median(times[what]) for what in kinds]
    assert max(medians) < 3 * min(medians)


def test_what_a_subscriber_has_does_not_show_in_the_time_of_a_refusal(api_of, changed, monkeypatch):
    """A hundred thousand networks take long to read; nobody is told by that which key is theirs."""
    read = []
    real = Directory.find
    monkeypatch.setattr(Directory, "find", lambda self, who: (read.append(who), real(self, who))[1])
    own = api_of(changed)
    wrong = type(changed.alpha)(changed.alpha.key, "wrong")
    assert signed(own, wrong).status_code == 403
    assert read == []
    assert signed(own, changed.alpha).status_code == 200
    assert len(read) == 1


def test_a_lost_sealing_key_is_told_to_the_operator_alone(api_of, changed, caplog):
    (changed.root / api_key.FILE).write_bytes(b"x" * 64)
    own = api_of(changed)
    unknown = type(changed.alpha)("0" * 32, "x")
    assert signed(own, changed.alpha).content == signed(own, unknown).content
    assert api_key.FILE in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"{",
        b"{}",
        b'{"apikey": 1}',
        b'{"apikey": null}',
        b'{"apikey": ["a"]}',
        b'{"apikey": {"a": 1}}',
        b'{"apikey": ""}',
        b'{"apikey": "a", "apikey": "b"}',
        b'{"apikey": "a", "query": {"a": 1, "a": 2}}',
        b'{"apikey": "a", "n": NaN}',
        b'{"apikey": "a", "n": -Infinity}',
        b'{"apikey": "a", "n": ' + b"9" * 5_000 + b"}",
        b'{"apikey": "a", "q": ' + b"[" * 20 + b"]" * 20 + b"}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"apikey": "\xff\xfe"}',
        '{"apikey": "a"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"apikey": "a"}',
        b"apikey=a&date=now",
        b'{"apikey": "' + b"a" * 2_000 + b'"}',
    ],
    ids=range(25),
)
def test_a_body_that_is_none_is_said_to_be_none(api, body):
    answer = api.client.post("/api2/test/ping", content=body, headers={"HMAC2": "0" * 64})
    assert answer.status_code == 400, answer.text
    assert list(answer.json()) == ["error"]


def test_a_signature_that_is_not_there_is_said(api):
    answer = api.client.post("/api2/test/ping", content=b'{"apikey": "a"}')
    assert answer.status_code == 400
    assert "HMAC2" in answer.json()["error"]


def test_a_body_that_is_too_large_is_not_read(api):
    for path in ("/api2/reports/query", "/dl/x"):
        answer = api.client.post(path, content=b" " * 70_000)
        assert answer.status_code == 413
        assert list(answer.json()) == ["error"]


def test_whoever_points_a_client_to_the_wrong_place_is_told_the_right_one(api):
    asked = {
        ("POST", "/api2"): 404,
        ("POST", "/api2reports/list"): 404,
        ("POST", "/reports/list"): 404,
        ("POST", "/"): 404,
        ("GET", "/api2/test/ping"): 405,
        ("PUT", "/api2/test/ping"): 405,
        ("POST", "/api2/"): 405,
    }
    for (method, path), status in asked.items():
        answer = api.client.request(
            method, path, content=b"{}", headers={"HMAC2": "x"}, follow_redirects=False
        )
        assert answer.status_code == status, path
        assert "http://127.0.0.1:8080/api2/" in answer.json()["error"], path
    answer = api.ask("reports/lists")
    assert answer.status_code == 404
    assert "reports/list" in answer.json()["error"]


def test_no_cookie_opens_or_is_set(api):
    answer = api.ask("test/ping")
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    link = api.client.get("/dl/" + api.told("reports/list")[0]["id"])
    assert "set-cookie" not in link.headers
    assert link.headers["cache-control"] == "private, no-store"


def test_an_id_expires(api, changed):
    """A link in somebody's log is worth nothing a day later."""
    secret = secrets.load(api.owners.root / secrets.FILE)
    with Store(api.owners.root) as store:
        (file, *_) = ReportIndex(store.root).list(1)
    now = time.time()
    assert api.client.get(f"/dl/{download_id(secret, file.id, now)}").status_code == 200
    old = api.client.get(f"/dl/{download_id(secret, file.id, now - LASTS - 3_700)}")
    assert (old.status_code, old.json()) == (403, REFUSED)
    foreign = secrets.fleeting()
    assert api.client.get(f"/dl/{download_id(foreign, file.id, now)}").json() == REFUSED


def test_ids_last_a_day_and_change_by_the_hour():
    secret, report = secrets.fleeting(), "ab" * 20
    now = 1_795_478_400.0
    made = download_id(secret, report, now)
    assert len(made) == 56
    assert made == download_id(secret, report, now + 3_599)
    assert made != download_id(secret, report, now + 3_600)
    assert read_download_id(secret, made, now + LASTS) == report
    assert read_download_id(secret, made, now + LASTS + 3_601) is None
    assert read_download_id(secret, made[:-1] + "é", now) is None


def test_who_is_not_active_any_more_has_no_link_either(api_of, changed):
    own = api_of(changed)
    report = own.told("reports/list")[0]["id"]
    assert own.client.get(f"/dl/{report}").status_code == 200
    with Directory(changed.root) as directory:
        directory.change("alpha", active=False)
        assert own.client.get(f"/dl/{report}").json() == REFUSED
        assert signed(own, changed.alpha).json() == REFUSED
        directory.remove("alpha")
    assert own.client.get(f"/dl/{report}").json() == REFUSED


def test_a_report_that_is_not_there_any_more_is_not_listed(api_of, changed):
    own = api_of(changed)
    (report, *others) = own.told("reports/list")
    (changed.root / "reports" / report["file"]).unlink()
    assert own.told("reports/list") == others
    answer = own.client.get(f"/dl/{report['id']}")
    assert answer.status_code == 404
    assert "list" in answer.json()["error"]
    assert own.ask("reports/download", id=report["id"]).status_code == 404


def test_requests_are_counted_by_key_and_by_client(api_of, owners):
    own = api_of(owners, requests_per_minute=5)
    for _ in range(5):
        assert signed(own, owners.alpha).status_code == 200
    late = signed(own, owners.alpha)
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) > 0
    assert "Too many" in late.json()["error"]
    # Guesses are counted, too.
    assert signed(own, type(owners.alpha)("0" * 32, "x")).status_code == 429
    for _ in range(20):
        assert own.client.get("/dl/x").status_code == 403
    assert own.client.get("/dl/x").status_code == 429


def test_a_stranger_cannot_use_up_what_a_key_may_ask(api_of, owners, monkeypatch):
    """Who knows a key alone cannot keep its owner out: only what is signed counts for it."""
    addresses = map(str, range(1_000))
    monkeypatch.setattr(serving, "client_of", lambda _: next(addresses))
    own = api_of(owners, requests_per_minute=5)
    wrong = type(owners.alpha)(owners.alpha.key, "wrong")
    assert [signed(own, wrong).status_code for _ in range(20)] == [403] * 20
    assert [signed(own, owners.alpha).status_code for _ in range(6)] == [200] * 5 + [429]


def test_what_was_done_stands_in_the_audit_log_and_no_key_does(api_of, changed):
    (changed.root / AUDIT).unlink(missing_ok=True)
    own = api_of(changed)
    link = own.told("reports/list")[0]["id"]
    own.client.get(f"/dl/{link}")
    signed(own, type(changed.alpha)("0" * 32, "x"))
    text = (changed.root / AUDIT).read_text()
    events = [json.loads(line) for line in text.splitlines()]
    assert [one["event"] for one in events] == ["reports api", "report downloaded", "reports api refused"]
    assert events[0]["subscriber"] == events[1]["subscriber"] == "alpha"
    for secret in (changed.alpha.key, changed.alpha.secret, link, "0" * 32):
        assert secret not in text
    with Directory(changed.root) as directory:
        assert directory.keys(1)[0].last_used is not None


def test_a_store_without_subscribers_is_no_fault(api_of, owners, tmp_path):
    """Nobody has a key there, and no file is made for those who ask."""
    Store(tmp_path / "store", create=True).close()
    empty = api_of(msgspec.structs.replace(owners, root=tmp_path / "store"))
    before = sorted(path.name for path in (tmp_path / "store").iterdir())
    assert signed(empty, owners.alpha).json() == REFUSED
    assert empty.client.get("/dl/x").json() == REFUSED
    made = {path.name for path in (tmp_path / "store").iterdir()} - set(before)
    assert made <= {AUDIT}

    nowhere = api_of(msgspec.structs.replace(owners, root=tmp_path / "nowhere"))
    assert signed(nowhere, owners.alpha).json() == REFUSED
    assert not (tmp_path / "nowhere").exists()


def test_without_the_sealing_key_it_is_no_fault_either(api_of, changed):
    (changed.root / api_key.FILE).unlink()
    assert signed(api_of(changed), changed.alpha).json() == REFUSED


def test_a_damaged_directory_is_told_as_such(api_of, changed, caplog):
    for path in changed.root.glob("subscribers.sqlite*"):
        path.unlink()
    (changed.root / "subscribers.sqlite").write_bytes(b"no database" * 500)
    answer = signed(api_of(changed), changed.alpha)
    assert answer.status_code == 503
    assert str(changed.root) not in answer.text


def test_a_server_with_accounts_asks_programs_for_no_log_in(api_of, changed):
    """People are sent to the log-in there; a collector would stand before it forever."""
    accounts = Accounts(changed.root)
    accounts.add("ada", Role.OPERATOR, "correct horse battery staple")
    accounts.close()
    own = api_of(changed, base_url="https://mail.example.org")
    (report, *_) = own.told("reports/list")
    assert report["url"] == f"https://mail.example.org/dl/{report['id']}"
    assert own.client.get(f"/dl/{report['id']}").status_code == 200
    lost = own.client.post("/reports/list", content=b"{}", headers={"HMAC2": "x"}, follow_redirects=False)
    assert lost.status_code == 404
    assert "https://mail.example.org/api2/" in lost.json()["error"]
    # No header of theirs opens a page.
    assert own.client.get("/countries", headers={"HMAC2": "x"}, follow_redirects=False).status_code == 404


def test_ids_outlive_a_kill(changed, running):
    """A client that has listed reads on when the server is there again."""
    ids = []
    for _ in range(2):
        server = running("--store", str(changed.root), end=signal.SIGKILL)
        with server as (address, _), httpx2.Client(base_url=address) as client:
            body = json.dumps({"apikey": changed.alpha.key}).encode()
            headers = {"HMAC2": changed.alpha.sign(body)}
            found = client.post("/api2/reports/list", content=body, headers=headers).json()
            ids.append({one["file"]: one["id"] for one in found})
            for earlier in ids:
                one = next(iter(earlier.values()))
                assert client.get(f"/dl/{one}").status_code == 200
    assert ids[0].keys() == ids[1].keys()
