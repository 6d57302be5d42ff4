"""A wrong protocol on a port makes a good server look like no mail server at all."""

import pytest

from openletter.dialogue.observation import Mode, Protocol
from openletter.scope.error import ScopeError
from openletter.scope.ports import REGISTERED, PortPlan, Service, parse_ports


def test_the_registered_four_are_the_default() -> None:
    assert parse_ports([]) is REGISTERED
    assert REGISTERED.services == (
        Service(110, Protocol.POP3, Mode.CLEARTEXT),
        Service(143, Protocol.IMAP, Mode.CLEARTEXT),
        Service(993, Protocol.IMAP, Mode.IMPLICIT),
        Service(995, Protocol.POP3, Mode.IMPLICIT),
    )


def test_odd_ports_replace_them_in_the_order_given() -> None:
    assert parse_ports(["imaps=10993", "POP3=10110", "pop3s=1", "imap = 65535"]) == PortPlan(
        (
            Service(10993, Protocol.IMAP, Mode.IMPLICIT),
            Service(10110, Protocol.POP3, Mode.CLEARTEXT),
            Service(1, Protocol.POP3, Mode.IMPLICIT),
            Service(65535, Protocol.IMAP, Mode.CLEARTEXT),
        )
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["smtp=25"], '--port "smtp=25": write imap, imaps, pop3 or pop3s and a port, as in imap=1143'),
        (["1143"], '--port "1143": write imap, imaps, pop3 or pop3s and a port, as in imap=1143'),
        (["imap=0"], '--port "imap=0": a port is a number from 1 to 65535, as in imap=1143'),
        (["imap=65536"], '--port "imap=65536": a port is a number from 1 to 65535, as in imap=1143'),
        (["imap"], '--port "imap": a port is a number from 1 to 65535, as in imap=1143'),
        (["imap=²"], '--port "imap=²": a port is a number from 1 to 65535, as in imap=1143'),
        (
            ["imap=143", "pop3=0143"],
            '--port "pop3=0143": port 143 is given twice; each port has one protocol',
        ),
    ],
)
def test_errors(options: list[str], message: str) -> None:
    with pytest.raises(ScopeError) as caught:
        parse_ports(options)
    assert str(caught.value) == message


def test_a_port_of_a_target_is_explained_by_the_plan_then_by_iana() -> None:
    plan = parse_ports(["pop3=143"])
    assert plan.service(143, "x:143") == Service(143, Protocol.POP3, Mode.CLEARTEXT)
    assert plan.service(995, "x:995") == Service(995, Protocol.POP3, Mode.IMPLICIT)
    with pytest.raises(ScopeError) as caught:
        plan.service(2525, "x:2525", "scope.txt line 2")
    expected = (
        'scope.txt line 2: "x:2525": what speaks on port 2525? Say it by --port, as in --port imap=2525'
    )
    assert str(caught.value) == expected
