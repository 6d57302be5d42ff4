"""The catalogue keeps its promises: addresses apart, names that can be chosen, everything that the lab is for."""

import ipaddress
from collections import Counter

import pytest

from openletter.lab.real.catalogue import CATALOGUE, chosen
from openletter.lab.real.certificates import Fault
from openletter.lab.real.configuration import Certificate, Server


def test_no_two_configurations_share_a_name_or_an_address() -> None:
    """Two servers on one address could not both listen, and the truth of one would be told of the other."""
    for values in ([c.name for c in CATALOGUE], [c.address for c in CATALOGUE]):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_every_address_is_in_the_network_of_the_real_servers() -> None:
    """127.128.0.0/9 belongs to the simulated Internet, and dovecot trusts connections from an address to itself."""
    network = ipaddress.ip_network("127.10.0.0/16")
    assert all(ipaddress.ip_address(c.address) in network for c in CATALOGUE)


def test_every_server_speaks_both_protocols_and_every_fault_has_its_certificate() -> None:
    assert len(CATALOGUE) >= 28
    for server in Server:
        assert {port for c in CATALOGUE if c.server is server for port in c.ports} == {110, 143, 993, 995}
    assert {fault for c in CATALOGUE for fault in c.faults} == set(Fault)


def test_faults_are_named_only_where_a_certificate_is_issued() -> None:
    assert all(c.certificate is Certificate.ISSUED for c in CATALOGUE if c.faults)


def test_a_chosen_few_come_in_the_catalogues_order() -> None:
    names = [CATALOGUE[5].name, CATALOGUE[2].name]
    assert chosen(names) == (CATALOGUE[2], CATALOGUE[5])


def test_a_name_that_does_not_exist_is_named_in_the_error() -> None:
    with pytest.raises(ValueError, match="no such configuration: dovecot-nonne"):
        chosen(["dovecot-none", "dovecot-nonne"])
