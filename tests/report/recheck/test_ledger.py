"""Looks at endpoints, kept to one pace by whoever serves. What a user loses when these fail: a server that is asked again and
again because many hold its link, or one that can never be asked again because a process died."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from openletter.dialogue.observation import Mode, Observation, Protocol, Tcp
from openletter.report.recheck import ledger as ledgers
from openletter.report.recheck.ledger import (
    EVERY_S,
    KEPT_DAYS,
    LEASE_S,
    MOST_A_MINUTE,
    MOST_A_MINUTE_OF_A_NETWORK,
    MOST_A_MINUTE_OF_A_SUBSCRIBER,
    MOST_OPEN,
    Crowd,
    Evidence,
    Recheck,
    RecheckLedger,
    Wait,
)
from openletter.report.recheck.outcome import Hindrance, Outcome
from openletter.store.error import DamagedStoreError
from openletter.verdict.classes import Class

BEGAN = 1_795_478_400.0


class Clock:
    now = BEGAN

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    return RecheckLedger(tmp_path, clock=clock)


def claim(ledger, number=1, *, port=143, whose=1, network=2):
    return ledger.claim(whose, f"192.0.{network}.{number}", port, "", "survey")


def end(ledger, of, row, outcome=Outcome.UNCHANGED):
    seen = Observation(
        ip=of.ip, port=of.port, protocol=Protocol.IMAP, mode=Mode.CLEARTEXT, tcp=Tcp.OPEN, banner=b"\xff"
    )
    ledger.end(of, outcome, row, Evidence(seen, (b"der",)))
    return Evidence(seen, (b"der",))


def test_an_endpoint_is_asked_once_a_minute(ledger, clock, verdict_row):
    first = claim(ledger)
    assert isinstance(first, Recheck)
    assert claim(ledger) == Wait(Crowd.ENDPOINT, EVERY_S)
    end(ledger, first, verdict_row())
    clock.now += EVERY_S - 1
    assert claim(ledger) == Wait(Crowd.ENDPOINT, 1)
    assert ledger.wait(1, "192.0.2.1", 143) == Wait(Crowd.ENDPOINT, 1)
    clock.now += 1
    assert ledger.wait(1, "192.0.2.1", 143) is None
    assert isinstance(claim(ledger), Recheck)


def test_many_processes_begin_one_look(tmp_path, clock):
    ledgers_ = [RecheckLedger(tmp_path, clock=clock) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        begun = list(pool.map(claim, ledgers_))
    assert sum(isinstance(one, Recheck) for one in begun) == 1


def test_a_host_has_one_connection_at_a_time(ledger, verdict_row):
    first = claim(ledger)
    assert claim(ledger, port=110).why is Crowd.HOST
    end(ledger, first, verdict_row())
    assert isinstance(claim(ledger, port=110), Recheck)


def test_what_a_dead_process_began_holds_nobody_up_for_ever(ledger, clock):
    dead = claim(ledger)
    clock.now += LEASE_S - 1
    assert claim(ledger, port=110).why is Crowd.HOST
    assert dead.is_under_way(clock.now)
    clock.now += 2
    assert not dead.is_under_way(clock.now)
    assert isinstance(claim(ledger, port=110), Recheck)


def test_a_clock_that_is_set_back_makes_nobody_wait_for_long(ledger, clock):
    claim(ledger)
    clock.now -= 86_400
    assert isinstance(claim(ledger), Recheck)
    clock.now += 30
    assert claim(ledger).seconds == EVERY_S / 2


def test_only_so_many_at_once(ledger, verdict_row):
    begun = [claim(ledger, network=number) for number in range(MOST_OPEN)]
    assert claim(ledger, network=200).why is Crowd.ALL
    end(ledger, begun[0], verdict_row())
    assert isinstance(claim(ledger, network=200), Recheck)


@pytest.mark.parametrize(
    ("most", "why", "more"),
    [
        (MOST_A_MINUTE_OF_A_NETWORK, Crowd.NETWORK, lambda n: {"number": n, "whose": n}),
        (MOST_A_MINUTE_OF_A_SUBSCRIBER, Crowd.SUBSCRIBER, lambda n: {"network": n}),
        (MOST_A_MINUTE, Crowd.ALL, lambda n: {"network": n, "whose": n}),
    ],
)
def test_nobody_takes_all_of_a_minute(ledger, clock, most, why, more):
    """A subscriber who goes through a thousand links, and a network whose links were handed round."""
    for number in range(1, most + 1):
        begun = claim(ledger, **more(number))
        assert isinstance(begun, Recheck), number
        ledger.give_up(begun, Hindrance.FAULT)
    assert claim(ledger, **more(most + 1)) == Wait(why, EVERY_S)
    clock.now += 61
    assert isinstance(claim(ledger, **more(most + 1)), Recheck)


def test_the_latest_look_has_its_evidence_and_the_others_their_verdicts(ledger, clock, verdict_row):
    first = claim(ledger)
    end(ledger, first, verdict_row())
    clock.now += 100
    second = claim(ledger)
    evidence = end(ledger, second, verdict_row(class_=Class.TLS_REQUIRED), Outcome.MENDED)
    clock.now += 100
    third = claim(ledger)
    ledger.give_up(third, Hindrance.LEFT_OUT)
    looks = ledger.of("192.0.2.1", 143, "")
    assert [one.outcome for one in looks] == [Outcome.NOT_ASKED, Outcome.MENDED, Outcome.UNCHANGED]
    assert [one.verdict and one.verdict.class_ for one in looks] == [None, Class.TLS_REQUIRED, Class.NO_TLS]
    assert [ledger.evidence(one) for one in looks] == [None, evidence, None]
    assert ledger.of("192.0.2.1", 143, "mail.example.org") == ()


def test_of_each_endpoint_the_last_word_that_tells(ledger, clock, verdict_row):
    for class_, unknown in (
        (Class.NO_TLS, False),
        (Class.TLS_REQUIRED, False),
        (Class.UNREACHABLE, False),
        (Class.SILENT, True),
        (Class.IMPLICIT_BROKEN, False),
    ):
        end(ledger, claim(ledger), verdict_row(class_=class_, unknown=unknown))
        clock.now += 100
    ledger.give_up(claim(ledger), Hindrance.FAULT)
    (one,) = ledger.conclusive(clock.now + 1)
    assert one.verdict.class_ is Class.TLS_REQUIRED
    (one,) = ledger.conclusive(BEGAN + 1)
    assert one.verdict.class_ is Class.NO_TLS
    assert ledger.conclusive(BEGAN) == ()


def test_what_is_years_old_is_forgotten(ledger, clock, verdict_row):
    end(ledger, claim(ledger), verdict_row())
    clock.now += (KEPT_DAYS + 1) * 86_400
    claim(ledger, 2)
    assert ledger.of("192.0.2.1", 143, "") == ()


def test_reading_makes_no_file_and_the_file_is_its_owners_alone(ledger):
    assert ledger.of("192.0.2.1", 143, "") == ()
    assert ledger.conclusive(BEGAN) == ()
    assert ledger.wait(1, "192.0.2.1", 143) is None
    assert not ledger.path.exists()
    claim(ledger)
    assert ledger.path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_row_is_told(ledger, verdict_row):
    end(ledger, claim(ledger), verdict_row())
    with sqlite3.connect(ledger.path) as database:
        database.execute("UPDATE recheck SET verdict = '{}', evidence = x'00'")
    database.close()
    with pytest.raises(DamagedStoreError, match=ledgers.FILE):
        ledger.of("192.0.2.1", 143, "")
