"""What holds for all tests: how many files may be open, how pytest-xdist shares tests out, and the browser that pages are looked
at with."""

import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

# Several tests hold a thousand connections; an ordinary user begins with a limit of 1,024 and may raise it.
_soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_hard, _hard))

# A shell starts what it puts into the background so that it ignores Ctrl-C, and what that starts does, too: the programs that
# are broken off here would never hear of it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"


# Of a module, not of the session: Playwright keeps an event loop running in the thread that asyncio.run wants for itself.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without a head."""
    if not CHROMIUM.exists():
        pytest.skip(f"NO BROWSER TESTS: there is no {CHROMIUM} (make browser)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe() -> Path:
    """The script of axe-core, which looks for what keeps people out."""
    if not AXE.exists():
        pytest.skip("NO ACCESSIBILITY TESTS: set-up has not brought axe-core")
    return AXE


@pytest.fixture(scope="session")
def over_loopback() -> Callable[[Callable[[int], Any]], AbstractContextManager[str]]:
    """Serves an application, which is made for a port; the context is its address."""
    import uvicorn

    @contextmanager
    def serving(make: Callable[[int], Any]) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
            server = uvicorn.Server(uvicorn.Config(make(port), log_level="error"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                server.should_exit = True
                thread.join(20)

    return serving
