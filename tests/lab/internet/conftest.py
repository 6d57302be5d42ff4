import pytest

from openletter.lab.internet.simulation import SimulatedInternet


@pytest.fixture(scope="session")
def certificate_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("lab-internet")


@pytest.fixture(scope="module")
def simulation(certificate_cache):
    """The world at 1:1000, answering on ports of its own."""
    with SimulatedInternet(scale=1000, processes=1, port_base=None, cache=certificate_cache) as running:
        yield running
