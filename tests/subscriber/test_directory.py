"""The directory of subscribers. What a user loses when these fail: a report that goes to somebody else, a key that lets a
stranger in, or a secret that can be read from a copied file."""

import sqlite3
import stat
import threading

import msgspec
import pytest

from openletter.store.error import StoreError
from openletter.subscriber import api_key
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Reminders, Subscriber, SubscriberError
from openletter.verdict.classes import Severity


@pytest.fixture
def directory(tmp_path):
    with Directory(tmp_path) as opened:
        yield opened


def _subscriber(slug="example", **more):
    return Subscriber(slug=slug, name=f"{slug} Ltd", **more)


def test_what_was_written_down_is_found_again_by_another_program(directory, tmp_path):
    added = directory.add(
        _subscriber(
            networks=("192.0.2.0/24", "2001:db8::/32"),
            asns=(64496,),
            countries=("nl",),
            domains=("Example.ORG.",),
            contacts=("Abuse@Example.org",),
            minimum=Severity.MEDIUM,
            reminders=Reminders(medium=14),
        )
    )
    with Directory(tmp_path) as other:
        found = other.show("EXAMPLE")
        assert found == added == other.show(added.id)
    assert found.networks == ("192.0.2.0/24", "2001:db8::/32")
    assert (found.countries, found.domains, found.contacts) == (
        ("NL",),
        ("example.org",),
        ("Abuse@example.org",),
    )
    assert found.reminders.days(Severity.MEDIUM) == 14


def test_only_its_owner_may_read_the_file(directory):
    directory.add(_subscriber())
    directory.new_key(1, "")
    for path in (directory.path, directory.path.with_name(api_key.FILE)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_id_is_never_given_again(directory):
    """Files, standings and links that name a subscriber who left must never be another one's."""
    first = directory.add(_subscriber("a"))
    directory.remove("a")
    assert directory.add(_subscriber("b")).id != first.id


def test_a_slug_is_one_subscribers_alone(directory):
    directory.add(_subscriber("a"))
    directory.add(_subscriber("b"))
    with pytest.raises(SubscriberError, match="there is a subscriber A already"):
        directory.add(_subscriber("A"))
    with pytest.raises(SubscriberError, match="already"):
        directory.change("b", slug="A")
    assert [one.slug for one in directory.list()] == ["a", "b"]


def test_all_are_added_or_none(directory):
    with pytest.raises(SubscriberError):
        directory.add_all([_subscriber("a"), _subscriber("b"), _subscriber("a")])
    assert directory.list() == ()


def test_changes_are_checked_and_keep_the_rest(directory):
    before = directory.add(_subscriber("a", asns=(64496,)))
    after = directory.change("a", active=False, id=77)
    assert after == msgspec.structs.replace(before, active=False)
    with pytest.raises(SubscriberError):
        directory.change("a", networks=("192.0.2.0/33",))
    assert directory.show("a") == after
    assert directory.list(active=True) == ()


def signer(directory, key, right=True):
    """Whose key it is, with the secret that its signature is held against."""
    seen = []
    whose = directory.signed(key, lambda secret: (seen.append(secret), right)[1])
    return (whose, seen[0]) if whose is not None else None


def test_a_key_opens_until_it_is_revoked(directory):
    whose = directory.add(_subscriber())
    made = directory.new_key(whose.id, "collector")
    assert signer(directory, made.key) == (whose, made.secret.encode())
    assert signer(directory, made.key + " ") is None
    assert signer(directory, "\ud800") is None
    assert directory.keys(whose.id)[0].last_used is None
    directory.note_use(made.key)
    used = directory.keys(whose.id)[0].last_used
    assert used is not None
    directory.note_use(made.key)
    assert directory.keys(whose.id)[0].last_used == used
    directory.revoke(made.id)
    assert signer(directory, made.key) is None


def test_no_key_opens_for_who_is_not_active_or_gone(directory):
    whose = directory.add(_subscriber())
    made = directory.new_key(whose.id, "")
    directory.change(whose.id, active=False)
    assert signer(directory, made.key) is None
    directory.change(whose.id, active=True)
    assert signer(directory, made.key) is not None
    directory.remove(whose.id)
    assert signer(directory, made.key) is None


def test_neither_key_nor_secret_stands_in_the_file(directory):
    made = directory.new_key(directory.add(_subscriber()).id, "")
    directory.close()
    octets = b"".join(path.read_bytes() for path in directory.path.parent.glob("subscribers.sqlite*"))
    assert made.key.encode() not in octets
    assert made.secret.encode() not in octets


def test_a_secret_cannot_be_moved_to_another_key(directory):
    """Who can write to the file alone must not be able to give himself another subscriber's rights with a secret he knows."""
    mine = directory.new_key(directory.add(_subscriber("mine")).id, "")
    theirs = directory.new_key(directory.add(_subscriber("theirs")).id, "")
    directory.close()
    with sqlite3.connect(directory.path) as database:
        database.execute(
            "UPDATE key SET secret = (SELECT secret FROM key WHERE id = ?) WHERE id = ?", (mine.id, theirs.id)
        )
    database.close()
    with pytest.raises(StoreError, match="cannot be read"):
        signer(directory, theirs.key)


def test_the_sealing_key_may_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv(api_key.VARIABLE, "k" * 32)
    with Directory(tmp_path) as directory:
        made = directory.new_key(directory.add(_subscriber()).id, "")
    assert not (tmp_path / api_key.FILE).exists()
    with Directory(tmp_path) as directory:
        assert signer(directory, made.key)[1] == made.secret.encode()
    monkeypatch.setenv(api_key.VARIABLE, "x" * 32)
    with Directory(tmp_path) as directory, pytest.raises(StoreError, match=api_key.VARIABLE):
        signer(directory, made.key)
    monkeypatch.setenv(api_key.VARIABLE, "short")
    with Directory(tmp_path) as directory, pytest.raises(StoreError, match="at least 32"):
        signer(directory, made.key)


def test_a_key_that_does_not_hold_costs_what_one_that_holds_costs(directory, monkeypatch):
    """Or a stranger could find out by the clock which keys there are: a secret is opened and asked about for each."""
    whose = directory.add(_subscriber())
    made = directory.new_key(whose.id, "")
    revoked = directory.new_key(whose.id, "")
    directory.revoke(revoked.id)
    opened, read = [], []
    real_open, real_find = api_key.Seal.open, Directory.find
    monkeypatch.setattr(
        api_key.Seal, "open", lambda self, *of: (opened.append(len(of[0])), real_open(self, *of))[1]
    )
    monkeypatch.setattr(Directory, "find", lambda self, who: (read.append(who), real_find(self, who))[1])
    asked = []
    for key in (made.key, revoked.key, "0" * 32, "", "\ud800"):
        assert directory.signed(key, lambda secret: (asked.append(len(secret)), False)[1]) is None
    assert len(opened) == len(asked) == 5
    assert len(set(opened)) == len(set(asked)) == 1
    # What a subscriber has is read after its signature alone.
    assert read == []
    assert directory.signed(made.key, lambda _: True) == whose
    for key in (revoked.key, "0" * 32):
        assert directory.signed(key, lambda _: True) is None


def test_what_is_told_of_a_key_is_no_secret(directory):
    whose = directory.add(_subscriber())
    made = directory.new_key(whose.id, "collector")
    assert directory.about_key(made.key) == directory.keys(whose.id)[0]
    assert directory.about_key("x") is None


def test_many_threads_ask_at_once(directory):
    made = directory.new_key(directory.add(_subscriber()).id, "")
    found = []

    def ask():
        for _ in range(20):
            found.append(signer(directory, made.key)[0].slug)
            directory.note_use(made.key)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["example"] * 160


def test_nothing_is_made_where_only_is_looked(directory):
    assert directory.list() == ()
    assert signer(directory, "x") is None
    with pytest.raises(SubscriberError, match="subscriber list"):
        directory.show("nobody")
    assert not directory.path.exists()
