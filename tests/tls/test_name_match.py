"""A name that is wrongly called a mismatch makes an owner replace a good certificate."""

from typing import Any

import pytest

from openletter.tls.name_match import name_matches


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        (("mail.example.org",), "mail.example.org", True),
        (("mail.example.org",), "MAIL.Example.ORG.", True),
        (("a.example", "*.example.org"), "mail.example.org", True),
        (("*.example.org",), "example.org", False),
        (("*.example.org",), "a.b.example.org", False),
        (("mail.example.org",), "example.org", False),
        (("xn--bcher-kva.example",), "bücher.example", True),
        (("*.example.org",), "bücher.example.org", True),
        (("*.xn--bcher-kva.example",), "mail.bücher.example", True),
        (("*.example.org",), "bücher.b.example.org", False),
        (("*.org",), "bücher.org", False),
        (("*.",), "localhost", False),
        (("bad..name", "*", "*.*.example", "mail.example.org"), "mail.example.org", True),
        (("*",), "localhost", False),
        ((), "mail.example.org", False),
    ],
)
def test_names(authority: Any, names: tuple[str, ...], host: str, expected: bool) -> None:
    assert name_matches(authority.issue("cn", names=names).der, host) is expected


def test_the_common_name_is_no_name_of_the_server(authority: Any) -> None:
    assert name_matches(authority.issue("mail.example.org", names=()).der, "mail.example.org") is False


@pytest.mark.parametrize(
    "host", ["", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "fe80::1%eth0", "bad host", "a" * 300]
)
def test_without_a_name_nothing_is_known(authority: Any, host: str) -> None:
    assert name_matches(authority.issue("cn").der, host) is None


def test_what_is_no_certificate_matches_nothing() -> None:
    assert name_matches(b"garbage", "mail.example.org") is False


def test_a_name_cut_by_a_nul_does_not_match_its_front(authority: Any) -> None:
    """The trick of 2009: a CA looked at the end of the name, the client at its front."""
    der = authority.issue("cn", names=("mail.example.org.evil.example",)).der
    nul = der.replace(b"org.evil", b"org\x00evil")
    assert nul != der
    assert name_matches(nul, "mail.example.org") is False


def test_a_certificate_that_libraries_refuse_still_has_its_names(authority: Any) -> None:
    der = authority.issue("cn", names=("mail.example.org",), serial=0x7FEE).der
    assert name_matches(der.replace(b"\x02\x02\x7f\xee", b"\x02\x02\xff\xee"), "mail.example.org") is True
