"""The simulated Internet's own data set, read as any user's file, says of every address what its truth says.

What a user loses when this fails: a demonstration whose countries are wrong.
"""

import pyarrow as pa

from openletter.enrich.dataset import of_user
from openletter.enrich.join import locate
from openletter.lab.internet.networks import systems, write_networks
from openletter.lab.internet.population import World


def test_every_address_is_in_its_country_and_network(tmp_path):
    world = World(4000)
    path = tmp_path / "lab.csv"
    with path.open("w") as out:
        write_networks(world, out)
    data = of_user(path, tmp_path / "store")
    assert data.described.provides == ("country", "region", "city", "asn", "name")
    addresses = list(world.addresses())
    keys = pa.array([b"\0" * 10 + b"\xff\xff" + address.to_bytes(4) for address in addresses], pa.binary(16))
    found = locate(keys, [data])
    assert found["country"].to_pylist() == [world.country(address) for address in addresses]
    of_address = [
        (system.number, system.city)
        for system in systems(world)
        for _ in range(system.first, system.last + 1)
    ]
    assert list(zip(found["asn"].to_pylist(), found["city"].to_pylist(), strict=True)) == of_address
