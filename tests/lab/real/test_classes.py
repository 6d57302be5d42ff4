"""The lab's own reading of VERDICTS §2. When it is wrong, the prober is measured against a wrong truth."""

import pytest

from openletter.lab.real.classes import Facts, expected_class
from openletter.lab.real.login import Greeted, Way

PLAIN = (Way.PLAIN,)
LOGIN = (Way.LOGIN,)
CRAM = (Way.CRAM_MD5,)


def cleartext(**facts: object) -> Facts:
    return Facts(**{"implicit": False, "tcp_open": True, "greeting": Greeted.OK} | facts)


def implicit(**facts: object) -> Facts:
    return Facts(**{"implicit": True, "tcp_open": True} | facts)


@pytest.mark.parametrize(
    ("facts", "sibling_tls", "expected"),
    [
        (cleartext(tcp_open=False), False, "unreachable"),
        (implicit(tcp_open=False), False, "unreachable"),
        (cleartext(greeting=Greeted.NONE), False, "silent"),
        (cleartext(greeting=Greeted.OTHER), False, "not_mail"),
        (cleartext(greeting=Greeted.BYE), False, "refused_by_policy"),
        (cleartext(greeting=Greeted.ERR), False, "refused_by_policy"),
        (cleartext(greeting=Greeted.PREAUTH, capabilities=("STARTTLS",)), True, "preauth_exposed"),
        (implicit(greeting=Greeted.OK), False, "cleartext_on_tls_port"),
        (implicit(), False, "implicit_broken"),
        (implicit(tls_works=True), False, "implicit_tls"),
        (cleartext(cleartext_ways=LOGIN), False, "no_tls"),
        (cleartext(cleartext_ways=PLAIN), False, "no_tls"),
        (cleartext(cleartext_ways=LOGIN), True, "cleartext_port_open"),
        (cleartext(cleartext_ways=LOGIN, tls_works=True), True, "tls_optional"),
        (
            cleartext(cleartext_ways=LOGIN, capabilities=("STARTTLS",)),
            True,
            "starttls_broken_cleartext_open",
        ),
        (cleartext(cleartext_ways=LOGIN, starttls_accepted=True), True, "starttls_broken_cleartext_open"),
        (cleartext(capabilities=("STLS",)), True, "starttls_broken"),
        (cleartext(capabilities=("STLS",), cleartext_ways=CRAM), True, "starttls_broken"),
        (cleartext(cleartext_ways=CRAM), False, "challenge_only_no_tls"),
        (cleartext(cleartext_ways=(Way.APOP,)), True, "challenge_only_no_tls"),
        (cleartext(cleartext_ways=(*CRAM, Way.PLAIN)), False, "no_tls"),
        (cleartext(), False, "no_secure_login"),
        (cleartext(), True, "no_secure_login"),
        (cleartext(tls_works=True), False, "tls_required"),
        (cleartext(tls_works=True, cleartext_ways=CRAM), False, "tls_required"),
    ],
)
def test_facts_lead_to_the_class_of_the_table(facts: Facts, sibling_tls: bool, expected: str) -> None:
    assert expected_class(facts, sibling_tls) == expected
