"""From standings to messages. What a user loses when these fail: a mail every day until nobody reads it, or none on the day on
which it matters; somebody else's servers in his mail."""

import email
import email.policy
from datetime import UTC, date, datetime, timedelta

import pytest

from openletter.dialogue.observation import Greeting
from openletter.report.mail.mailbox import Mailbox
from openletter.report.mail.outbox import Outbox
from openletter.report.mail.recording import record_told
from openletter.report.mail.writing import Mailing, write_messages
from openletter.report.reported import reported_files
from openletter.report.reporting import make_reports
from openletter.store.files import read_table
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Language, Reminders, Subscriber

BEGAN = 1_795_478_400.0
DAY = date(2026, 11, 24)
MAILING = Mailing(sender=Mailbox("CSIRT", "reports@example.org"))


@pytest.fixture
def directory(finished):
    with Directory(finished.store.root) as opened:
        for slug, network, more in (
            ("a", "192.0.2.0/28", {"contacts": ("a@example.net",), "reminders": Reminders(medium=3)}),
            ("b", "192.0.2.16/28", {"contacts": ("b@example.net",), "language": Language.JA}),
            ("quiet", "192.0.2.0/24", {}),
        ):
            opened.add(Subscriber(slug=slug, name=f"Name of {slug}", networks=(network,), **more))
        yield opened


@pytest.fixture
def day(finished, directory):
    """Each call is a day: a survey, and its messages; by slug, what a reader sees. ``handed``: whether they arrive."""
    passed = []

    def run(*observations, handed=True, signer=None, surveys=1):
        number = len(passed)
        passed.append(None)
        on = DAY + timedelta(days=number)
        now = BEGAN + number * 86_400
        records = [finished(list(observations), now=now + 10_000 * survey) for survey in range(surveys)]
        everybody = directory.list(active=True)
        store = finished.store
        made = make_reports(store, records, directory, store.root / "reports", subscribers=everybody)
        with Outbox(store.root) as outbox:
            threads = {one.id: outbox.thread(one.id) for one in everybody}
            written = list(
                write_messages(
                    store,
                    records,
                    directory,
                    made,
                    on,
                    MAILING,
                    everybody,
                    threads=threads,
                    now=datetime.fromtimestamp(now, UTC),
                    signer=signer,
                )
            )
            for one in written:
                assert outbox.put(one.new, now=now)
                if handed:
                    message = outbox.claim(now=now)
                    outbox.before_dot(message.id, one.new.recipients)
                    outbox.lost(message.id, "", next_try=now, now=now)
                    outbox.arrived(message.id, now=now)
            record_told(store, outbox, now=now)
        return {
            one.subscriber.slug: email.message_from_bytes(one.new.octets, policy=email.policy.default)
            for one in written
        }

    return run


def _text(message):
    return message.get_body(("plain",)).get_content()


def _mended(server, ip):
    return server(ip, greeting=Greeting.OTHER, guess="http", caps_pre=())


def test_each_gets_what_is_its_own(day, server):
    found = day(server("192.0.2.1"), server("192.0.2.17", banner=b"+OK <b>bold</b>\r\n"))
    assert set(found) == {"a", "b"}, "nobody is written to who has no address"
    text = _text(found["a"])
    assert "192.0.2.1\n" in text.replace(" [", "\n")
    assert "192.0.2.17" not in text
    assert "The server says: +OK ready" in text
    assert found["a"]["To"] == "a@example.net"
    attached = list(found["a"].iter_attachments())
    assert [part.get_filename() for part in attached] == ["2026-11-24-scan_pop3_vulnerable-a-cidr.csv"]
    assert b'"192.0.2.1"' in attached[0].get_payload(decode=True)
    assert "+OK &lt;b&gt;bold&lt;/b&gt;" in found["b"].get_body(("html",)).get_content()
    assert "新規" in _text(found["b"])


def test_a_mail_comes_when_there_is_something_to_say(day, server):
    """New, silence, a reminder by its days, fixed once, back."""
    exposed, mended = server("192.0.2.1"), _mended(server, "192.0.2.1")
    said = []
    for one in (exposed, exposed, exposed, exposed, mended, mended, exposed):
        found = day(one)
        said.append(_text(found["a"]).splitlines()[0] if found else "")
    assert [bool(line) for line in said] == [True, False, False, True, True, False, True]
    assert "mended" in said[4]


def test_the_thread_goes_on(day, server):
    first = day(server("192.0.2.1"))["a"]
    second = day(server("192.0.2.1"), server("192.0.2.2"))["a"]
    third = day(server("192.0.2.3"), server("192.0.2.2"))["a"]
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["Message-ID"]
    assert third["In-Reply-To"] == second["Message-ID"]
    assert third["References"].split() == [first["Message-ID"], second["Message-ID"]]


def test_what_was_not_handed_over_is_new_again_and_in_one_message(day, server, finished):
    assert day(server("192.0.2.1"), handed=False)
    assert reported_files(finished.store) == []
    found = day(server("192.0.2.1"), server("192.0.2.2"))
    assert "New: 2" in _text(found["a"])
    with Outbox(finished.store.root) as outbox:
        assert [(one.slug, one.state) for one in outbox.messages() if one.slug == "a"] == [
            ("a", "replaced"),
            ("a", "sent"),
        ]


def test_the_account_is_written_once_whatever_happens_between(day, server, finished):
    """The program dies after the server's answer; the next run writes down what was told, and a second time changes nothing."""
    day(server("192.0.2.1"))
    (file,) = reported_files(finished.store)
    before = read_table(file).to_pylist()
    assert [row["times"] for row in before] == [1]
    with Outbox(finished.store.root) as outbox:
        assert record_told(finished.store, outbox, now=BEGAN) == 0
    found = day(server("192.0.2.1"), server("192.0.2.2"), handed=False)
    assert "New: 1" in _text(found["a"])
    with Outbox(finished.store.root) as outbox:
        # As if the process had died between the answer and the account.
        message = outbox.claim(now=1e12)
        outbox.before_dot(message.id, ["a@example.net"])
        outbox.lost(message.id, "", next_try=0, now=0)
        outbox.arrived(message.id, now=0)
        unrecorded = outbox.unrecorded()
        assert record_told(finished.store, outbox, now=BEGAN) == 1
        (file,) = reported_files(finished.store)
        told = read_table(file).to_pylist()
        assert {(row["ip"], row["times"]) for row in told} == {("192.0.2.1", 1), ("192.0.2.2", 1)}
        outbox.unrecorded = lambda: unrecorded
        record_told(finished.store, outbox, now=BEGAN)
        (file,) = reported_files(finished.store)
        assert read_table(file).to_pylist() == told


def test_of_two_surveys_of_a_day_the_later_word_counts(day, server):
    found = day(server("192.0.2.1"), surveys=2)
    assert "New: 1" in _text(found["a"])
