"""courier's compiled-in folders, /etc/courier and /run/courier, made to be folders of one run.

Where this process may make a mount namespace, each courier process has its own view and the machine's folders stay as
they are. Where it may not (in most containers), the folders themselves make room for a symbolic link until the lab
ends; then, or when the next lab starts after a crash, they are put back.
"""

import contextlib
import functools
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

SETTINGS, RUN = Path("/etc/courier"), Path("/run/courier")
SOCKET = RUN / "authdaemon/socket"
KEPT = ".before-openletter"
OURS = "openletter-lab-"
"""How the name of a run's folder begins, and so what tells a link of ours from anybody else's."""

ENTER = """\
mount --bind "$1" /etc/courier && mkdir -p /run/courier && mount --bind "$2" /run/courier && shift 2 && exec "$@"
"""


class InUseError(Exception):
    """Another courier needs the folders at this moment."""


@functools.cache
def namespaces_allowed() -> bool:
    """Whether this process may make a mount namespace (CAP_SYS_ADMIN; unshare(2))."""
    return not subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode


def inside(settings: Path, run: Path, command: Sequence[str | Path]) -> list[str | Path]:
    """The command that runs this one with these two folders in the fixed places."""
    if not namespaces_allowed():
        return list(command)
    return ["unshare", "--mount", "sh", "-ec", ENTER, "sh", settings, run, *command]


@contextlib.contextmanager
def in_place(settings: Path, run: Path) -> Iterator[None]:
    """Links the fixed places to these folders where a namespace is not to be had; InUseError where courier runs."""
    if namespaces_allowed():
        yield
        return
    if _answers(SOCKET):
        raise InUseError(f"another courier is running ({SOCKET}), and its folders cannot be taken from it")
    give_back()
    try:
        for fixed, ours in ((SETTINGS, settings), (RUN, run)):
            if fixed.exists():
                fixed.rename(_kept(fixed))
            fixed.symlink_to(ours)
        yield
    finally:
        give_back(str(run.parent))


def give_back(whose: str = OURS) -> None:
    """Puts the machine's folders back in place of the links that lead to the run named; harmless where there are none.

    Without a name: of every run, for one that was killed and left nobody to do it.
    """
    for fixed in (SETTINGS, RUN):
        if fixed.is_symlink() and whose in str(fixed.readlink()):
            fixed.unlink()
        if _kept(fixed).exists() and not fixed.is_symlink() and not fixed.exists():
            _kept(fixed).rename(fixed)


def _kept(fixed: Path) -> Path:
    return fixed.with_name(fixed.name + KEPT)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True
