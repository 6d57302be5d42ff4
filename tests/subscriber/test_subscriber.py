"""What a user writes of a subscriber. What is lost when these fail: a network that is quietly not watched, or a word that
becomes a path, a mail header or SQL."""

import pytest

from openletter.subscriber.report_type import ReportType, type_of
from openletter.subscriber.subscriber import (
    Format,
    Reminders,
    Subscriber,
    SubscriberError,
    checked,
    read_asn,
)
from openletter.verdict.classes import Report, Severity


def _checked(**more):
    return checked(Subscriber(**{"slug": "a", "name": "A", **more}))


def test_networks_addresses_and_ranges_become_cidrs():
    found = _checked(
        networks=("2001:db8::/32", "192.0.2.7", "198.51.100.0-198.51.100.2", "192.0.2.7", "2001:db8:1::5")
    )
    assert found.networks == (
        "192.0.2.7/32",
        "198.51.100.0/31",
        "198.51.100.2/32",
        "2001:db8::/32",
        "2001:db8:1::5/128",
    )


def test_each_once_and_in_one_order():
    found = _checked(
        asns=(64497, 64496, 64497),
        countries=("pl", "DE", "de"),
        domains=("*.Example.org", "example.org.", "bücher.example"),
        formats=(Format.HTML, Format.CSV, Format.CSV),
        reports=(ReportType.SCAN_IMAP, ReportType.SCAN_POP3),
    )
    assert found.asns == (64496, 64497)
    assert found.countries == ("DE", "PL")
    assert found.domains == ("example.org", "xn--bcher-kva.example")
    assert found.formats == (Format.CSV, Format.HTML)
    assert found.reports == (ReportType.SCAN_POP3, ReportType.SCAN_IMAP)
    assert checked(found) == found


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "../a"},
        {"slug": "a-b"},
        {"slug": ""},
        {"slug": "é"},
        {"slug": "a\n"},
        {"name": " "},
        {"name": "two\nlines"},
        {"name": "\u202eevil"},
        {"networks": ("192.0.2.1/24",)},
        {"networks": ("example.org",)},
        {"networks": ("192.0.2.1:143",)},
        {"networks": ("192.0.2.0/24 country=NL",)},
        {"asns": (0,)},
        {"asns": (2**32 - 1,)},
        {"countries": ("Netherlands",)},
        {"countries": ("é1",)},
        {"domains": ("192.0.2.1",)},
        {"domains": ("exa mple.org",)},
        {"domains": ("example.org:143",)},
        {"contacts": ("nobody",)},
        {"contacts": ("a@b@c.example\nBcc: x@y.example",)},
        {"contacts": ('"a b"@example.org',)},
        {"contacts": ("a@example.org, b@example.org",)},
        {"contacts": ("@example.org",)},
        {"contacts": ("a@192.0.2.1",)},
        {"minimum": Severity.NONE},
        {"reminders": Reminders(low=-1)},
    ],
)
def test_what_cannot_be_is_refused_in_one_printable_line(wrong):
    with pytest.raises(SubscriberError) as error:
        _checked(**wrong)
    assert str(error.value).isprintable()


@pytest.mark.parametrize("word", ["AS64496", "as64496", " 64496 "])
def test_numbers_of_autonomous_systems_as_people_write_them(word):
    assert read_asn(word) == 64496


@pytest.mark.parametrize("word", ["ASX", "", "-1", "1.5", "٣", "99999999999"])
def test_no_number_is_no_autonomous_system(word):
    with pytest.raises(SubscriberError):
        read_asn(word)


def test_each_type_is_that_of_its_own_parts():
    for one in ReportType:
        assert type_of(one.report, one.protocol, one.family) is one
    assert type_of(Report.NONE, "imap", 4) is None


def test_reminders_have_a_number_for_every_severity_that_is_reported():
    days = [Reminders().days(severity) for severity in Severity if severity is not Severity.NONE]
    assert days == [1, 7, 30, 90, 0]
