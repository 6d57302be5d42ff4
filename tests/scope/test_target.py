"""A target that is read otherwise than it was meant sends packets to strangers."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openletter.scope.address import shown_interval
from openletter.scope.error import ScopeError
from openletter.scope.target import parse_target


@pytest.mark.parametrize(
    ("text", "interval", "name", "port", "country"),
    [
        ("192.0.2.0/24", "192.0.2.0-192.0.2.255", "", None, ""),
        ("192.0.2.7/32", "192.0.2.7", "", None, ""),
        ("192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9", "", None, ""),
        ("192.0.2.1", "192.0.2.1", "", None, ""),
        ("192.0.2.1:1143", "192.0.2.1", "", 1143, ""),
        ("2001:db8::/126", "2001:db8::-2001:db8::3", "", None, ""),
        ("2001:DB8::1", "2001:db8::1", "", None, ""),
        ("[2001:db8::1]", "2001:db8::1", "", None, ""),
        ("[2001:db8::1]:993", "2001:db8::1", "", 993, ""),
        ("2001:db8::1-2001:db8::5", "2001:db8::1-2001:db8::5", "", None, ""),
        ("Mail-1.Example.ORG.", None, "mail-1.example.org", None, ""),
        ("mail.example.org:110", None, "mail.example.org", 110, ""),
        ("bücher.example", None, "xn--bcher-kva.example", None, ""),
        ("faß.example", None, "xn--fa-hia.example", None, ""),
        ("ｍａｉｌ。例え.example:143", None, "mail.xn--r8jz45g.example", 143, ""),
        ("localhost", None, "localhost", None, ""),
        ("127.128.0.0/22 country=us", "127.128.0.0-127.128.3.255", "", None, "US"),
        ("  192.0.2.1\tcountry=JP ", "192.0.2.1", "", None, "JP"),
    ],
)
def test_what_users_write(text: str, interval: str | None, name: str, port: int | None, country: str) -> None:
    target = parse_target(text)
    assert (shown_interval(target.interval) if target.interval else None) == interval
    assert (target.name, target.port, target.country) == (name, port, country)


FORMS = "a network (192.0.2.0/24), a range (192.0.2.1-192.0.2.9), an address, a name, or one of these two with :port"
PORT = "a port is a number from 1 to 65535, as in mail.example.org:143"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"an empty target; write {FORMS}"),
        ("192.0.2.0/33", '"192.0.2.0/33" is no network; write it as 192.0.2.0/24 or 2001:db8::/64'),
        ("192.0.2/24", '"192.0.2/24" is no network; write it as 192.0.2.0/24 or 2001:db8::/64'),
        ("mail/24", '"mail/24" is no network; write it as 192.0.2.0/24 or 2001:db8::/64'),
        ("192.0.2.5/24", '"192.0.2.5/24" has bits set behind its prefix; was 192.0.2.0/24 meant?'),
        ("2001:db8::1/64", '"2001:db8::1/64" has bits set behind its prefix; was 2001:db8::/64 meant?'),
        ("mail.example.org:0", f'"mail.example.org:0": {PORT}'),
        ("192.0.2.1:65536", f'"192.0.2.1:65536": {PORT}'),
        ("192.0.2.1:", f'"192.0.2.1:": {PORT}'),
        ("mail.example.org:imap", f'"mail.example.org:imap": {PORT}'),
        ("[2001:db8::1]:0", f'"[2001:db8::1]:0": {PORT}'),
        ("[192.0.2.1]:143", '"[192.0.2.1]:143": brackets hold an IPv6 address, as in [2001:db8::1]:143'),
        ("192.0.2.9-192.0.2.1", '"192.0.2.9-192.0.2.1" runs backwards; was 192.0.2.1-192.0.2.9 meant?'),
        ("192.0.2.1-9", '"192.0.2.1-9": both ends of a range are addresses, as in 192.0.2.1-192.0.2.9'),
        ("192.0.2.1-::1", '"192.0.2.1-::1": both ends of a range are of one family, IPv4 or IPv6'),
        ("fe80::1%eth0", '"fe80::1%eth0": a zone is known on one machine only; write the address without %…'),
        ("300.1.2.3", '"300.1.2.3" is no address: IPv4 is four numbers from 0 to 255, as in 192.0.2.1'),
        ("192.0.2", '"192.0.2" is no address: IPv4 is four numbers from 0 to 255, as in 192.0.2.1'),
        ("mail..example.org", f'"mail..example.org" is no target; write {FORMS}'),
        ("-mail.example.org", f'"-mail.example.org" is no target; write {FORMS}'),
        ("2001:db8:::1", f'"2001:db8:::1" is no target; write {FORMS}'),
        ("a\x1b[2Jb", f'"a\\x1b[2Jb" is no target; write {FORMS}'),
        (
            "192.0.2.1 colour=red",
            '"colour=red" is no label; the one that is known is country=, as in country=US',
        ),
        (
            "192.0.2.1 192.0.2.2",
            '"192.0.2.2" is no label; the one that is known is country=, as in country=US',
        ),
        ("192.0.2.1 country=USA", '"country=USA": a country is two letters of ISO 3166-1, as in country=US'),
        ("192.0.2.1 country=", '"country=": a country is two letters of ISO 3166-1, as in country=US'),
    ],
)
def test_errors_say_what_is_wrong_and_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(ScopeError) as caught:
        parse_target(text)
    assert str(caught.value) == message


def test_an_error_names_the_place_and_stays_one_short_line() -> None:
    with pytest.raises(ScopeError) as caught:
        parse_target("x" * 1000 + "/", "scope.txt line 7")
    assert str(caught.value).startswith("scope.txt line 7: ")
    assert len(str(caught.value)) < 200


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_the_scope_s_own_error_on_one_line(text: str) -> None:
    message = ""
    try:
        target = parse_target(text)
    except ScopeError as error:
        message = str(error)
    if message:
        assert message.isprintable()
    else:
        assert (target.interval is None) == bool(target.name)


@given(st.ip_addresses(), st.integers(1, 65535))
def test_every_address_is_read_back_as_itself(address: object, port: int) -> None:
    plain = parse_target(str(address))
    assert plain.interval is not None
    assert ip_address(shown_interval(plain.interval)) == address
    written = f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"
    assert parse_target(written).interval == plain.interval
    assert parse_target(written).port == port
