"""Without these, a network page of the simulated world could show systems that overlap or leave hosts without one."""

import io
from itertools import pairwise

import pytest

from openletter.lab.internet.command import main
from openletter.lab.internet.networks import FIRST_NUMBER, systems, write_networks
from openletter.lab.internet.population import FIRST, World


@pytest.mark.parametrize("scale", [10, 1000, 50_000])
def test_each_address_belongs_to_one_system_of_its_country(scale):
    """Hosts would be counted twice, or for a neighbour."""
    world = World(scale)
    found = list(systems(world))
    assert found[0].first == FIRST
    assert found[-1].last == FIRST + world.size - 1
    assert all(before.last + 1 == after.first for before, after in pairwise(found))
    for system in found:
        assert world.country(system.first) == world.country(system.last) == system.country
    numbers = [system.number for system in found]
    assert numbers == sorted(set(numbers))
    assert FIRST_NUMBER <= numbers[0] <= numbers[-1] <= 4_294_967_294
    assert len({system.name for system in found}) == len(found)


def test_few_systems_are_large_and_many_are_small():
    """A ranking of networks would be a flat line."""
    american = sorted(
        system.last - system.first + 1 for system in systems(World(100)) if system.country == "US"
    )
    assert sum(american[-5:]) > sum(american) / 3
    assert american[0] < american[-1] / 20


def test_the_command_writes_the_data_set(capsys):
    """`--geo` could not be given the lab's networks."""
    assert main(["networks", "--scale", "4000"]) == 0
    written = io.StringIO()
    write_networks(World(4000), written)
    assert capsys.readouterr().out == written.getvalue()
    head, *rows = (line for line in written.getvalue().splitlines() if not line.startswith("#"))
    assert head == "start,end,country,region,city,asn,name"
    assert all(len(row.split(",")) == 7 for row in rows)
