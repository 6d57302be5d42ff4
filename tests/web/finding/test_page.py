"""The page of a finding, over a real server that gets mended. What a user loses when these fail: an owner who has mended a
server and is reminded all the same, a stranger's server that is asked against its owner's wish, or a link that tells more than it
should."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from openletter.report.recheck.ledger import EVERY_S
from openletter.report.recheck.outcome import Hindrance
from openletter.report.recheck.permission import Permission, Refusal
from openletter.scope.target import parse_target
from openletter.store.optout import OptOutList
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Severity
from openletter.web.accounts import Accounts
from openletter.web.pages import finding as finding_page
from openletter.web.roles import Role

DAY_S = 86_400


def test_a_mended_server_is_said_to_be_mended_and_fixed_in_the_next_report(stage, page, reader):
    assert stage.stand() == "new"
    shown = reader.words(page.get(stage.path).text)
    assert "What a survey found here" in shown
    assert "No TLS medium" in shown
    assert "First told of it" in shown

    stage.peer.manner = "tls_required"
    shown = reader.ask(page, stage.path)
    assert "Mended Nothing is left" in shown
    assert "In the survey" in shown
    assert "No TLS medium" in shown
    assert "TLS required low" in shown
    assert stage.peer.connections == 1

    assert stage.stand() == "fixed"
    stage.clock.now += 90 * DAY_S
    assert stage.stand() == "", "said twice, or reminded of"


def test_what_a_later_survey_finds_open_again_is_back(stage, page, reader):
    stage.stand()
    stage.peer.manner = "tls_required"
    reader.ask(page, stage.path)
    stage.peer.manner = "no_tls"
    stage.clock.now += DAY_S
    assert stage.stand(stage.survey()) == "back"
    stage.clock.now += DAY_S
    assert stage.stand(stage.survey()) == "open"


def test_what_a_later_survey_finds_mended_is_fixed_once(stage, page, reader):
    stage.stand()
    stage.peer.manner = "tls_required"
    reader.ask(page, stage.path)
    stage.clock.now += DAY_S
    later = stage.survey()
    assert stage.stand(later) == "fixed"
    assert stage.stand(later) == ""
    assert "Could not" not in reader.words(page.get(stage.path).text)


def test_an_unchanged_server_stays_open(stage, page, reader):
    stage.stand()
    assert "Unchanged The server still answers as it did" in reader.ask(page, stage.path)
    assert stage.stand() == "open"


def test_a_server_that_offers_tls_now_is_better_and_not_mended(stage, page, reader):
    stage.stand()
    stage.peer.manner = "better"
    shown = reader.ask(page, stage.path)
    assert "Better, but not mended yet" in shown
    assert "TLS optional" in shown
    assert stage.stand() == "open"


def test_nobody_there_is_no_mending_yet(stage, page, reader):
    stage.stand()
    stage.peer.close()
    shown = reader.ask(page, stage.path)
    assert "Could not be reached" in shown
    assert "If you have closed this port" in shown
    assert "Not reachable" in shown
    assert stage.stand() == "open"


def test_an_answer_that_does_not_tell_closes_nothing(stage, page, reader, monkeypatch):
    monkeypatch.setattr(finding_page, "WAIT_S", 10)
    stage.stand()
    stage.peer.manner = "slow"
    shown = reader.ask(page, stage.path)
    assert "Cannot be told" in shown
    assert stage.stand() == "open"


def test_the_two_languages(stage, page, reader):
    stage.peer.manner = "tls_required"
    reader.ask(page, stage.path)
    shown = page.get(stage.path, headers={"Accept-Language": "ja"}).text
    assert 'lang="ja"' in shown
    assert "改善されました" in shown
    assert "この件の経過" in shown


def test_what_reads_a_mail_before_its_reader_asks_nobody(stage, page):
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        page.request(method, stage.path)
    for _ in range(3):
        page.get(stage.path, headers={"Sec-Purpose": "prefetch", "User-Agent": "scanner"})
    assert stage.peer.connections == 0
    assert stage.ledger.of(stage.peer.ip, stage.peer.port, "") == ()


def test_no_form_but_the_pages_own_asks_anybody(stage, page, reader):
    form = reader.form_of(page.get(stage.path).text)
    other = reader.form_of(page.get(f"/finding/{stage.token(until=stage.today + timedelta(days=9))}").text)
    for data, headers in (
        ({"other": "field"}, {}),
        ({"token": "x"}, {}),
        (other, {}),
        (form, {"Origin": "https://elsewhere.example"}),
        (form, {"Sec-Fetch-Site": "cross-site"}),
        (form, {"Origin": "null"}),
        (form, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}),
    ):
        assert page.post(stage.path, data=data, headers=headers).status_code == 403, (data, headers)
    assert stage.peer.connections == 0
    # What a browser sends from a page that tells nobody where it is.
    assert (
        page.post(
            stage.path, data=form, headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        ).status_code
        == 200
    )
    assert stage.peer.connections == 1


def test_once_a_minute(stage, page, reader):
    reader.ask(page, stage.path)
    waiting = page.get(stage.path).text
    assert "It was asked a moment ago. It can be asked again in 60 seconds." in reader.words(waiting)
    assert reader.form_of(waiting) == {}
    form = {"token": page.app.state.secret.form_token(f"finding {stage.token()}")}
    for passed in (0, EVERY_S - 1):
        stage.clock.now += passed
        page.post(stage.path, data=form)
    assert stage.peer.connections == 1
    stage.clock.now += 1
    page.post(stage.path, data=form)
    assert stage.peer.connections == 2


def test_many_at_once_and_several_servers_ask_once(stage, serve, reader):
    servers = [serve(), serve()]
    secrets = [reader.form_of(one.get(stage.path).text) for one in servers]
    start = threading.Barrier(8)

    def post(number):
        start.wait(10)
        return servers[number % 2].post(stage.path, data=secrets[number % 2]).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(post, range(8))) == [200] * 8
    assert stage.peer.connections == 1


def test_a_slow_server_keeps_nobody_waiting(stage, page, reader, monkeypatch):
    monkeypatch.setattr(finding_page, "WAIT_S", 0.05)
    stage.peer.manner = "slow"
    form = reader.form_of(page.get(stage.path).text)
    answer = page.post(stage.path, data=form)
    assert "The server is being asked" in reader.words(answer.text)
    assert answer.headers["refresh"] == "3"
    assert reader.form_of(answer.text) == {}
    assert page.get("/healthz").status_code == 200
    stage.peer.manner = "no_tls"
    stage.peer.go_on.set()
    page.app.state.rechecking._executor.shutdown(wait=True)
    done = page.get(stage.path)
    assert "Unchanged" in reader.words(done.text)
    assert "refresh" not in done.headers


def test_a_server_that_is_stopped_gives_up_at_once_and_says_so(stage, serve, reader, monkeypatch):
    monkeypatch.setattr(finding_page, "WAIT_S", 0.05)
    stage.peer.manner = "slow"
    first = serve()
    first.post(stage.path, data=reader.form_of(first.get(stage.path).text))
    first.app.state.rechecking.close()
    (row,) = stage.ledger.of(stage.peer.ip, stage.peer.port, "")
    assert row.hindrance is Hindrance.STOPPED
    stage.clock.now += EVERY_S
    stage.peer.go_on.set()
    second = serve()
    shown = second.get(stage.path).text
    assert "Our server was stopped while it asked" in reader.words(shown)
    assert "Unchanged" in reader.ask(second, stage.path)


def test_a_page_whose_server_died_goes_on(stage, page, reader):
    """What a killed process began has no end; the page must not say for ever that somebody is being asked."""
    stage.ledger.claim(stage.owner.id, stage.peer.ip, stage.peer.port, "", stage.record.id)
    assert "The server is being asked" in reader.words(page.get(stage.path).text)
    stage.clock.now += 121
    assert "Unchanged" in reader.ask(page, stage.path)


def test_who_opted_out_is_not_asked(stage, page, reader):
    form = reader.form_of(page.get(stage.path).text)
    OptOutList(stage.root).add([parse_target(stage.peer.ip)], reason="asked by phone")
    shown = page.get(stage.path).text
    assert "on the list of those who asked not to be asked again" in reader.words(shown)
    assert reader.form_of(shown) == {}
    assert page.post(stage.path, data=form).status_code == 200
    assert stage.peer.connections == 0


def test_whom_the_servers_operator_excludes_is_not_asked(stage, serve, reader, tmp_path):
    (tmp_path / "never.txt").write_text(f"{stage.peer.ip}\n")
    page = serve(exclude=(tmp_path / "never.txt",))
    shown = page.get(stage.path).text
    assert "This address is excluded from being asked." in reader.words(shown)
    assert reader.form_of(shown) == {}


def test_a_survey_that_had_another_scope_asks_nobody(stage, page, reader):
    """Loopback and private addresses were asked by this survey on purpose, or not at all."""
    stage.clock.now += DAY_S
    stage.record = stage.survey(scope="192.0.2.0/24")
    shown = page.get(stage.path).text
    assert "did not ask this address on its own account" in reader.words(shown)
    assert reader.form_of(shown) == {}


def test_all_that_leads_nowhere_is_one_page(stage, page):
    token = stage.token()
    stage.clock.now += 2 * DAY_S
    today = stage.today
    dead = {
        "expired": token,
        "forged": token[:-1] + ("A" if token[-1] != "A" else "Q"),
        "another key's": "AQAAAAdRhwCPBMAAAgFCNHjTQdmuA6e_qIHLE4fO0cgVDw",
        "words": "hello",
        "long": "A" * 4_000,
        "another owner's": stage.token(whose=stage.other.id, until=today),
        "nobody's": stage.token(whose=99, until=today),
        "another port's": stage.token(port=9, until=today),
    }
    said = {}
    for why, one in dead.items():
        for method in ("GET", "POST"):
            answer = page.request(
                method, f"/finding/{one}", data={"token": "x"} if method == "POST" else None
            )
            assert answer.status_code == 404, why
            assert answer.headers["cache-control"] == "no-store"
            said[answer.text.replace(one, "")] = why
    assert len(said) == 1, said
    assert stage.peer.connections == 0


def test_a_network_that_is_not_the_owners_any_more_is_shown_no_more(stage, page):
    """Nor is anything to an owner who is told nothing any more: its old mails would else show what is found today."""
    assert page.get(stage.path).status_code == 200
    stage.directory.change(stage.owner.id, networks=("198.51.100.0/24",))
    assert page.get(stage.path).status_code == 404
    stage.directory.change(stage.owner.id, networks=(f"{stage.peer.ip}/32",))
    assert page.get(stage.path).status_code == 200
    stage.directory.change(stage.owner.id, active=False)
    assert page.get(stage.path).status_code == 404
    assert page.post(stage.path).status_code == 404
    stage.directory.change(stage.owner.id, active=True)
    assert page.get(stage.path).status_code == 200
    stage.directory.remove(stage.owner.id)
    assert page.get(stage.path).status_code == 404


def test_a_page_without_links_makes_no_key(stage, page):
    """A key that came with the first wrong guess would be another than that of the reports' machine."""
    assert page.get("/finding/x").status_code == 404
    assert not (stage.root / "secrets-key").exists()


def test_the_page_is_kept_by_nobody_and_told_to_nobody(stage, page):
    headers = page.get(stage.path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "noindex" in headers["x-robots-tag"]
    assert "etag" not in headers
    assert "set-cookie" not in headers
    assert "script-src 'self'" in headers["content-security-policy"]


def test_what_the_server_says_is_text_and_of_other_ports_nothing_is_said(stage, page, reader):
    reader.ask(page, stage.path)
    text = page.get(stage.path).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "other port" not in text
    assert "/endpoint/" not in text


def test_it_needs_no_log_in_where_all_else_does(stage, serve, reader):
    Accounts(stage.root).add("ada", Role.OPERATOR, "correct horse battery staple")
    page = serve()
    closed = page.app.state.settings
    assert closed.public
    assert page.get(stage.path).status_code == 200
    assert page.get("/endpoints", follow_redirects=False).status_code == 303
    token = Accounts(stage.root).new_token("ada")
    shown = page.get(stage.path, headers={"Authorization": f"Bearer {token}"}).text
    assert f"/endpoint/{stage.peer.ip}/{stage.peer.port}" in shown


def test_what_was_asked_stands_in_the_audit_log(stage, page, reader):
    reader.ask(page, stage.path)
    lines = [json.loads(line) for line in (stage.root / "audit.jsonl").read_text().splitlines()]
    asked, seen = lines[-2:]
    where = f"{stage.peer.ip}:{stage.peer.port}"
    assert (asked["event"], asked["endpoint"], asked["client"]) == (
        "finding asked again",
        where,
        "testclient",
    )
    assert (seen["event"], seen["endpoint"], seen["outcome"]) == ("finding seen again", where, "unchanged")
    assert stage.token() not in (stage.root / "audit.jsonl").read_text()


def test_no_survey_and_no_count_knows_of_it(stage, page, reader):
    """Owners have asked again what they hope is mended: counted, it would make the world look better than it is."""
    before = stage.store.surveys(), stage.store.manifest.sets()
    stage.peer.manner = "tls_required"
    reader.ask(page, stage.path)
    assert (stage.store.surveys(), stage.store.manifest.sets()) == before
    assert (stage.root / "rechecks.sqlite").stat().st_mode & 0o777 == 0o600


def test_an_owner_of_medium_alone_is_not_asked_for_more(stage, page, reader):
    """What its reports leave out keeps no finding open."""
    stage.directory.change(stage.owner.id, minimum=Severity.MEDIUM)
    stage.stand()
    stage.peer.manner = "tls_required"
    # A certificate that nobody vouches for is low.
    page.app.state.rechecking.__dict__["_trust"] = __import__(
        "openletter.tls.trust", fromlist=["Trust"]
    ).Trust([])
    shown = reader.ask(page, stage.path)
    assert "Mended" in shown
    assert "Certificate of an unknown authority" in shown
    assert stage.stand() == "fixed"
    second = Subscriber(slug="second", name="Second", networks=(f"{stage.peer.ip}/32",))
    stage.directory.add(second)
    assert stage.stand(tell=False) == "new"


def test_an_authorisation_that_ran_out_is_said(stage, page, reader, monkeypatch):
    """No test asks a public address, so of the rule itself test_permission.py knows."""
    monkeypatch.setattr("openletter.web.rechecking.permission", lambda *_: Permission(Refusal.EXPIRED))
    shown = page.get(stage.path).text
    assert "The authorisation of the survey has run out" in reader.words(shown)
    assert reader.form_of(shown) == {}
