"""What a registry answers, read as a stranger's. What a user loses when these fail: a report that goes to somebody whom it does
not concern, or a mail whose headers a registry's customer has written."""

import json

import pytest

from openletter.report.abuse.network import MAX_DEPTH, AnswerError, Outcome, mail_address, read_answer

IP = "203.0.114.7"


@pytest.fixture
def read(bootstrap):
    def run(answer, ip=IP):
        octets = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return read_answer(octets, ip, bootstrap)

    return run


def test_the_abuse_desk_inside_its_organisation(read, rdap):
    """Most registries put it there."""
    desk = rdap.entity("abuse", mails=["mailto:Abuse@Hosting.ALT"])
    owner = rdap.entity("registrant", mails=["owner@hosting.alt"], inside=[desk])
    found = read(rdap.network("203.0.114.0/24", owner))
    assert (found.outcome, found.contact, found.role) == (Outcome.FOUND, "Abuse@hosting.alt", "abuse")
    assert (found.first, found.last, found.country) == ("203.0.114.0", "203.0.114.255", "NL")


def test_abuse_before_all_others_and_never_the_owner(read, rdap):
    desks = [
        rdap.entity("technical", mails=["tech@isp.alt"]),
        rdap.entity("noc", mails=["noc@isp.alt"]),
        rdap.entity("administrative", "registrant", mails=["person@isp.alt"]),
    ]
    assert read(rdap.network("203.0.114.0/24", *desks)).contact == "noc@isp.alt"
    desks.append(rdap.entity("Abuse", mails=["one@isp.alt", "two@isp.alt", "one@isp.alt"]))
    found = read(rdap.network("203.0.114.0/24", *desks))
    assert (found.contact, found.others) == ("one@isp.alt", ("two@isp.alt",))
    assert read(rdap.network("203.0.114.0/24", desks[2])).outcome is Outcome.NO_CONTACT


@pytest.mark.parametrize(
    "mail",
    [
        "abuse@example",
        "abuse@example.com",
        "abuse@noc.example.org",
        "abuse@invalid",
        "root@localhost",
        "REDACTED FOR PRIVACY",
        "",
        "abuse",
        "a b@isp.alt",
        "abuse@isp.alt\r\nBcc: all@isp.alt",
        "abuse@isp.alt, boss@isp.alt",
        "<abuse@isp.alt>",
        '"x\r\n"@isp.alt',
        "abuse@isp.alt?cc=boss@isp.alt",
        "abuse@[127.0.0.1]",
        "abuse@192.0.2.1",
        "x" * 80 + "@isp.alt",
        "abuse@" + "x." * 130 + "alt",
        "abuse@isp.alt\x00",
        "\u202eabuse@isp.alt",
    ],
)
def test_what_is_no_address_that_leads_anywhere_counts_for_nothing(read, rdap, mail):
    assert mail_address(mail) == ""
    found = read(rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=[mail])))
    assert (found.outcome, found.contact) == (Outcome.NO_CONTACT, "")


def test_the_next_address_is_taken_where_one_is_no_use(read, rdap):
    desk = rdap.entity("abuse", mails=["abuse@example.com", "x\r\ny@isp.alt", "desk@isp.alt"])
    assert read(rdap.network("203.0.114.0/24", desk)).contact == "desk@isp.alt"


def test_a_redacted_card_names_nobody(read, rdap):
    """RFC 9537: the member says what was taken out."""
    answer = rdap.network(
        "203.0.114.0/24",
        {"objectClassName": "entity", "roles": ["abuse"]},
        redacted=[{"name": {"description": "abuse email"}, "method": "removal"}],
    )
    assert read(answer).outcome is Outcome.NO_CONTACT


def test_an_address_in_remarks_is_nobodys(read, rdap):
    answer = rdap.network(
        "203.0.114.0/24", remarks=[{"title": "abuse", "description": ["write to desk@isp.alt"]}]
    )
    assert read(answer).outcome is Outcome.NO_CONTACT


@pytest.mark.parametrize(
    "change",
    [
        {"entities": None},
        {"entities": {"a": 1}},
        {"entities": [None, 1, "x", [], {"roles": "abuse"}, {"roles": [1, None]}, {"vcardArray": "vcard"}]},
        {
            "entities": [
                {"roles": ["abuse"], "vcardArray": ["vcard", [["email"], ["email", {}, "text", 7], None]]}
            ]
        },
        {"events": [{"eventAction": None}, {"eventDate": "\u0000"}, 7]},
        {"links": [{"rel": 7}], "notices": 7, "remarks": "x", "handle": None, "name": 5, "country": ["NL"]},
        {"cidr0_cidrs": [7, {"v4prefix": 3, "length": "x"}, {"length": 24}]},
        {"cidr0_cidrs": None, "handle": ""},
        {"startAddress": "203.0.114.0/24", "endAddress": 7},
    ],
)
def test_members_that_make_no_sense_are_passed_over(read, rdap, change):
    """One odd member is no reason to leave a network's owner untold."""
    desk = rdap.entity("abuse", mails=["desk@isp.alt"])
    entities = change.get("entities")
    both = {**change, "entities": [*entities, desk]} if isinstance(entities, list) else change
    found = read({**rdap.network("203.0.114.0/24", desk), **both})
    assert (found.first, found.last) == ("203.0.114.0", "203.0.114.255")
    if entities is not None and isinstance(both["entities"], list):
        assert found.contact == "desk@isp.alt"


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'"x"',
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"a": ' * 50_000,
        b'\xff\xfe{"a": 1}',
        b'{"objectClassName": "domain"}',
        b'{"objectClassName": "ip network"}',
        b'{"objectClassName": "ip network", "startAddress": "x", "endAddress": "y"}',
        b'{"objectClassName": "ip network", "startAddress": "2001:db8::", "endAddress": "203.0.114.9"}',
    ],
)
def test_what_is_no_answer_is_one_line(read, octets):
    with pytest.raises(AnswerError) as caught:
        read(octets)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("cidr", ["203.0.115.0/24", "0.0.0.0/0", "200.0.0.0/5", "2001:db8::/32"])
def test_an_answer_about_another_network_or_a_registrys_own_is_none(read, rdap, cidr):
    """Its neighbours would be told of each other's servers."""
    with pytest.raises(AnswerError):
        read(rdap.network(cidr, rdap.entity("abuse", mails=["desk@isp.alt"])))


def test_ipv6(read, rdap):
    found = read(rdap.network("2a00:1234::/32", rdap.entity("abuse", mails=["d@isp.alt"])), "2a00:1234::7")
    assert (found.first, found.contact) == ("2a00:1234::", "d@isp.alt")
    with pytest.raises(AnswerError, match="nobody's"):
        read(rdap.network("2a00::/12", rdap.entity("abuse", mails=["d@rir.alt"])), "2a00:1234::7")


def test_a_tree_without_end_is_cut(read, rdap):
    deep = rdap.entity("abuse", mails=["deep@isp.alt"])
    for _ in range(MAX_DEPTH + 5):
        deep = rdap.entity("registrant", inside=[deep])
    wide = [rdap.entity("registrant", mails=[f"m{n}@isp.alt"]) for n in range(2_000)]
    found = read(rdap.network("203.0.114.0/24", deep, *wide))
    assert found.outcome is Outcome.NO_CONTACT


def test_names_are_text(read, rdap):
    found = read(rdap.network("203.0.114.0/24", name="\x1b]0;x\x07\u202eTEN\r\n", handle="a\nb"))
    assert found.name.isprintable()
    assert found.handle.isprintable()
