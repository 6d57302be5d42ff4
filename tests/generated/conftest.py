import pytest

from openletter.generated.generating import Order, generate
from openletter.lab.internet.certificates import certificates_in
from openletter.lab.internet.days import Days
from openletter.lab.internet.population import World
from openletter.store.store import Store

ORDER = Order(scale=4000, days=6, full=2, seed=2025)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Where the lab's certificates are made."""
    return tmp_path_factory.mktemp("lab-internet")


@pytest.fixture(scope="session")
def lab_root(cache):
    return certificates_in(cache) / "root.pem"


@pytest.fixture(scope="session")
def made(tmp_path_factory, cache):
    """A generated store of six days, cut into several parts, and what it says that it holds."""
    root = tmp_path_factory.mktemp("generated") / "store"
    return root, generate(root, ORDER, cache=cache, processes=1, part_rows=2_048)


@pytest.fixture
def store(made):
    with Store(made[0]) as opened:
        yield opened


@pytest.fixture(scope="session")
def days():
    return Days(World(ORDER.scale, ORDER.seed), ORDER.days)
