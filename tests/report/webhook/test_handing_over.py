"""A webhook as a way to tell subscribers. What a user loses when these fail: a finding that never arrives, arrives as two, or is
told to a program that nobody meant."""

import json
import os
import signal
import ssl
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import jsonschema
import pytest

from openletter.cli import main
from openletter.report.bounded_http import Reach, client_context, read_url, retry_after
from openletter.report.standing import standings
from openletter.report.webhook.handing_over import hand_over
from openletter.report.webhook.payload import bodies, schema
from openletter.report.webhook.posting import (
    ATTEMPTS,
    LONGEST_WAIT_S,
    Hook,
    WebhookError,
    post_all,
)
from openletter.report.webhook.queue import FILE, WebhookQueue
from openletter.report.webhook.signature import key_of
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Subscriber

TODAY = date(2026, 11, 24)
NETWORKS = [f"198.51.100.{n}/32" for n in range(5)]


@pytest.fixture
def store(finished, server):
    """Five servers without TLS, each of a subscriber of its own."""
    finished([server(f"198.51.100.{n}") for n in range(5)])
    with Directory(finished.store.root) as directory:
        for n, network in enumerate(NETWORKS):
            directory.add(Subscriber(slug=f"s{n}", name=f"Subscriber {n}", networks=(network,)))
    return finished.store


@pytest.fixture
def hand(store, receiver):
    slept = []

    def run(on=TODAY, **more):
        post = more.pop("post", None)
        hook = more.pop(
            "hook", Hook(url=read_url(receiver.url), key=key_of(receiver.secret, ""), timeout=5.0)
        )
        with Directory(store.root) as directory:
            return hand_over(
                store,
                store.latest(judged=True),
                directory,
                hook,
                on,
                post=post or partial(post_all, sleep=slept.append),
                **more,
            )

    run.slept = slept
    return run


def test_each_finding_arrives_once_and_signed(hand, receiver):
    posted = hand()
    assert posted.accepted == 5
    assert posted.findings == {f"s{n}": 1 for n in range(5)}
    assert all(good for _, good, _, _ in receiver.requests), "a receiver would throw it away"
    assert sorted(line["key"] for line in receiver.findings()) == [f"198.51.100.{n}:110" for n in range(5)]
    for _, _, body, _ in receiver.requests:
        jsonschema.Draft202012Validator(schema()).validate(body)
    line = receiver.findings()[0]
    assert (line["standing"], line["class"], line["strict"]) == ("new", "no_tls", True)


def test_a_second_run_of_the_day_posts_nothing_and_the_next_survey_knows_what_was_told(
    hand, receiver, finished, server
):
    hand()
    assert hand().accepted == 0
    assert len(receiver.requests) == 5
    finished([server(f"198.51.100.{n}") for n in range(1, 5)], now=1_795_478_400.0 + 86_400)
    hand(TODAY + timedelta(days=1))
    told = {line["ip"]: line["standing"] for line in receiver.findings()[5:]}
    assert told == {f"198.51.100.{n}": "open" for n in range(1, 5)}


def test_a_copy_tells_nobody(hand, receiver, store):
    hand(copy=True)
    with Directory(store.root) as directory:
        after = standings(store, store.latest(judged=True), directory, TODAY + timedelta(days=1))
    assert set(after.column("standing").to_pylist()) == {"new"}
    assert len(receiver.ids) == 5


def test_five_hundred_and_then_it_arrives_once_by_its_id(hand, receiver):
    receiver.answers = [(500, {}), (503, {"Retry-After": "7"}), (429, {}), (200, {})]
    assert hand().accepted == 5
    numbers = [number for number, *_ in receiver.requests]
    assert len(set(numbers[:4])) == 1, "the same message has the same id in every attempt"
    assert len(set(numbers)) == 5
    assert len(receiver.findings()) == 5
    assert hand.slept[1] >= 7
    assert hand.slept[0] < hand.slept[2]


def test_who_is_down_gets_it_from_the_next_run_with_the_same_ids(hand, receiver, store):
    receiver.answers = [(204, {}), *[(500, {})] * ATTEMPTS]
    with pytest.raises(WebhookError, match=r"answers 500.*run the command again"):
        hand()
    assert len(hand.slept) == ATTEMPTS - 1
    failed = receiver.requests[-1][0]
    with Directory(store.root) as directory:
        now = standings(store, store.latest(judged=True), directory, TODAY)
    told = dict(zip(now.column("ip").to_pylist(), now.column("standing").to_pylist(), strict=True))
    assert sorted(told.values()) == ["new"] * 4 + ["open"], "only who was told counts as told"
    assert hand().accepted == 4
    assert failed in receiver.ids
    assert len(receiver.ids) == len(set(receiver.ids)) == 5


def test_what_an_earlier_day_left_goes_first_and_counts_as_told_on_its_day(hand, receiver):
    receiver.answers = [(500, {})] * ATTEMPTS
    with pytest.raises(WebhookError):
        hand()
    tomorrow = TODAY + timedelta(days=1)
    hand(tomorrow)
    days = [body["data"]["day"] for _, _, body, status in receiver.requests if status == 204]
    assert days == [TODAY.isoformat()] * 5 + [tomorrow.isoformat()] * 5
    assert {line["standing"] for line in receiver.findings()[5:]} == {"open"}


def test_who_asks_for_too_long_a_wait_is_left_alone(hand, receiver):
    receiver.answers = [(429, {"Retry-After": str(int(LONGEST_WAIT_S) + 1)})]
    with pytest.raises(WebhookError, match="429"):
        hand()
    assert hand.slept == []
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_refused(hand, receiver, status):
    receiver.answers = [(status, {"Location": receiver.url + "/elsewhere"})]
    with pytest.raises(WebhookError, match="redirect"):
        hand()
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_message_that_is_not_taken_does_not_hold_up_those_about_others(
    hand, receiver, finished, server, status
):
    receiver.answers = [(status, {})]
    posted = hand()
    assert (posted.accepted, posted.refused) == (4, (f"s0: {receiver.url.split('/')[2]}: answers {status}",))
    # It is offered again before what came later about the same subscriber, and by its id.
    finished([server(f"198.51.100.{n}") for n in range(5)], now=1_795_478_400.0 + 86_400)
    receiver.answers = [(status, {})]
    posted = hand(TODAY + timedelta(days=1))
    assert (posted.accepted, len(posted.refused)) == (4, 1)
    assert hand(TODAY + timedelta(days=1)).accepted == 2
    asked = [(number, taken) for number, _, body, taken in receiver.requests if "198.51.100.0" in str(body)]
    assert [taken for _, taken in asked] == [status, status, 204, 204]
    assert len({number for number, _ in asked[:3]}) == 1


def test_an_address_that_takes_no_message_is_not_asked_about_everybody(hand, receiver):
    receiver.answers = [(400, {})] * 9
    with pytest.raises(WebhookError, match="answers 400, which is no"):
        hand()
    assert len(receiver.requests) == 3
    receiver.answers = []
    assert hand().accepted == 5


@pytest.mark.parametrize("status", [401, 404, 410])
def test_a_no_is_not_asked_again_and_nothing_is_lost(hand, receiver, status):
    receiver.answers = [(status, {})]
    with pytest.raises(WebhookError, match=f"answers {status}, which is no"):
        hand()
    assert len(receiver.requests) == 1
    assert hand().accepted == 5


def test_a_name_that_leads_inside_gets_nothing(hand, receiver, monkeypatch):
    """Whatever DNS says of the name of a webhook, it is not a way into the user's own network."""
    from openletter.report import bounded_http

    monkeypatch.setattr(
        bounded_http.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", 443))]
    )
    hook = Hook(url=read_url("https://hooks.example.org/x"), key=key_of(receiver.secret, ""))
    with pytest.raises(WebhookError, match="no public address; nothing is posted"):
        hand(hook=hook)
    assert receiver.requests == []


def test_over_tls_with_a_certificate_that_is_good_and_not_with_another(hand, receiver, lab, tmp_path):
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    make_certificate(chain, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    receiver.wrap(context)
    url = read_url(receiver.url.replace("http:", "https:").replace("127.0.0.1", "localhost"))
    hook = Hook(url=url, key=key_of(receiver.secret, ""))
    with pytest.raises(WebhookError, match="its certificate is not good"):
        hand(hook=hook)
    assert receiver.requests == []
    trusting = Hook(
        url=url, key=key_of(receiver.secret, ""), context=client_context(chain), reach=Reach.PRIVATE
    )
    assert hand(hook=trusting).accepted == 5


def make_certificate(chain, key):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def test_many_findings_are_cut_into_messages_below_a_size(finished, server):
    record = finished([server(f"198.51.{n >> 8}.{n & 255}") for n in range(600)])
    with Directory(finished.store.root) as directory:
        one = directory.add(Subscriber(slug="all", name="All", networks=("198.51.0.0/16",)))
        rows = standings(finished.store, record, directory, TODAY)
    made = bodies(rows, one, survey=record.id, began=record.started, day=TODAY, max_octets=20_000)
    assert max(map(len, made)) <= 20_000
    read = [json.loads(body)["data"] for body in made]
    assert [part["batch"] for part in read] == list(range(1, len(made) + 1))
    assert {part["batches"] for part in read} == {len(made)}
    assert sum(len(part["findings"]) for part in read) == 600
    assert made == bodies(rows, one, survey=record.id, began=record.started, day=TODAY, max_octets=20_000)


def test_the_published_schema_is_that_of_the_code():
    """Else a receiver that was written after it breaks without a word in the changelog."""
    published = Path(__file__).parents[3] / "docs" / "schema" / "webhook.json"
    assert json.loads(published.read_text("utf-8")) == json.loads(json.dumps(schema()))


def test_words_of_strangers_are_text(finished, server):
    record = finished([server("198.51.100.1", host="\u202eevil\x1b[31m.example.org")])
    with Directory(finished.store.root) as directory:
        one = directory.add(Subscriber(slug="all", name="All", networks=("198.51.0.0/16",)))
        rows = standings(finished.store, record, directory, TODAY)
    (body,) = bodies(rows, one, survey=record.id, began=record.started, day=TODAY)
    (line,) = json.loads(body)["data"]["findings"]
    assert line["host"].isprintable()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        (format_datetime(datetime.fromtimestamp(1_000_060, UTC), usegmt=True), 60.0),
        (format_datetime(datetime.fromtimestamp(10, UTC), usegmt=True), 0.0),
        ("9" * 400, 999_999_999.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("Mon, 99 Foo 2026 00:00:00 GMT", None),
        ("\u0661", None),
    ],
)
def test_retry_after(text, seconds):
    assert retry_after(text, 1_000_000.0) == seconds


def command(store, url):
    arguments = ["report", "--store", str(store.root), "--webhook", url]
    return [sys.executable, "-c", "from openletter.cli.main import main; main()", *arguments]


def test_after_kill_9_the_rest_arrives_and_nothing_arrives_as_two(store, receiver):
    receiver.stall_after = 2
    environment = {**os.environ, "OPENLETTER_WEBHOOK_SECRET": receiver.secret}
    with subprocess.Popen(
        command(store, receiver.url),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        try:
            assert receiver.stalled.wait(60)
        finally:
            os.killpg(run.pid, signal.SIGKILL)
    # The third was taken, and no answer came: only its id can tell that it is not another one.
    assert len(receiver.requests) == 3
    receiver.stall_after = None
    receiver.over.set()
    done = subprocess.run(
        command(store, receiver.url), env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert "in 3 messages" in done.stderr
    assert [number for number, *_ in receiver.requests].count(receiver.requests[2][0]) == 2
    assert len({number for number, *_ in receiver.requests}) == 5
    assert sorted(line["ip"] for line in receiver.findings()) == [f"198.51.100.{n}" for n in range(5)]
    with Directory(store.root) as directory:
        after = standings(store, store.latest(judged=True), directory, datetime.now(UTC).date())
    assert set(after.column("standing").to_pylist()) == {"open"}


def test_the_secret_is_nowhere(store, receiver, monkeypatch, capfd):
    """In no output, no error, and no file of the store."""
    monkeypatch.setenv("OPENLETTER_WEBHOOK_SECRET", receiver.secret)
    receiver.answers = [(401, {})]
    words = ["report", "--store", str(store.root), "--webhook"]
    codes = [main.run([*words, url]) for url in (receiver.url, receiver.url, "https://user:pw@example.org/")]
    assert codes == [3, 0, 2]
    said = "".join(capfd.readouterr())
    assert "which is no" in said
    assert receiver.secret.removeprefix("whsec_") not in said
    assert "user:pw" not in said
    key = key_of(receiver.secret, "")
    for path in store.root.rglob("*"):
        if path.is_file():
            octets = path.read_bytes()
            assert key not in octets
            assert receiver.secret.removeprefix("whsec_").encode() not in octets
    assert (store.root / FILE).stat().st_mode & 0o077 == 0


def test_what_was_handed_over_is_not_kept(hand, store):
    hand()
    with WebhookQueue(store.root) as queue:
        (left,) = queue._database.execute("SELECT sum(length(body)) FROM message").fetchone()
        (rows,) = queue._database.execute("SELECT sum(length(standings)) FROM handover").fetchone()
    assert (left, rows) == (0, 0)
    assert b"198.51.100." not in (store.root / FILE).read_bytes()
