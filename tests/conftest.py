"""What holds for all tests: how many files may be open, and how pytest-xdist shares tests out."""

import resource
from typing import Any

import pytest

# Several tests hold a thousand connections; an ordinary user begins with a limit of 1,024 and may raise it.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))

_ON_ONE_WORKER = ("tests/real/", "tests/gauntlet/")


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadgroup`, all of tests/real goes to one worker, and so does all of tests/gauntlet.

    The real servers have one set of addresses on a machine, so they can run once only; the gauntlet is one survey that
    all its tests look at. pytest-xdist 3.8 writes a test's
    group behind its id in a way that pytest 9.2 no longer takes up, and then deals the group out to all workers
    without a word; the folder's name says the same and is always there.
    """
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling

    class FoldersOnOneWorker(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            whole = (folder for folder in _ON_ONE_WORKER if nodeid.startswith(folder))
            return next(whole, None) or super()._split_scope(nodeid)

    return FoldersOnOneWorker(config, log)
