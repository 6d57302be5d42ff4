"""The lab of real servers, once a session. Tests that ask for `real_lab` are marked `real` and share one worker."""

from collections.abc import Iterator

import pytest

from openletter.lab.real.packages import Installer, available
from openletter.lab.real.run import Lab

PATIENCE_SECONDS = 240.0
"""For another run of the tests on the same machine to finish with its lab."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "real_lab" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real)
            item.add_marker(pytest.mark.xdist_group("real"))


def skip_loudly(reason: str) -> None:
    pytest.skip(f"REAL SERVERS WERE NOT TESTED: {reason}")


@pytest.fixture(scope="session")
def real_lab() -> Iterator[Lab]:
    """Every configuration of the catalogue running, with `truths`, `ca_pem`, `account` and `configurations`."""
    possible, reason = available()
    if not possible:
        skip_loudly(reason)
    missing = Installer().missing()
    if missing:
        skip_loudly(f"`python -m openletter.lab.real install` has yet to install {', '.join(missing)}")
    with Lab(patience_seconds=PATIENCE_SECONDS) as lab:
        lab.find_truths()
        yield lab
