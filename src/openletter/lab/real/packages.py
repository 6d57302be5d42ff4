"""Debian's own mail servers, side by side on one machine.

dovecot and GNU mailutils can be installed together. courier and cyrus conflict with them (all provide the virtual
packages imap-server and pop3-server), so of these two only what does not conflict is installed; the programs that
answer on the ports are unpacked from their packages into a folder of our own and run from there.

Nothing is removed, nothing is started, and what is newly installed is not left to start at the next boot.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
KEPT_POLICY = Path("/usr/sbin/policy-rc.d.before-openletter")
NO_STARTS = (
    "#!/bin/sh\n# openletter: no daemon is started while the lab's packages are being installed\nexit 101\n"
)

BASES = (
    "openssl",
    "dovecot-imapd",
    "dovecot-pop3d",
    "mailutils-imap4d",
    "mailutils-pop3d",
    "courier-base",
    "courier-authlib",
    "courier-authlib-userdb",
    "gamin",
    "cyrus-common",
    "sasl2-bin",
    "libsasl2-modules",
)
TOOLS = ("zmap", "iproute2")
"""What the test of the scanner itself wants, between two network namespaces. No server needs them."""
MAIL_AGENT = "nullmailer"
"""Courier and cyrus want a mail-transport-agent: the smallest one, and only where there is none."""

UNIT_KINDS = frozenset({".service", ".socket", ".timer"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A package to unpack, and the installed one whose version it must fit."""

    name: str
    base: str
    program: str
    """A path inside the package: its presence shows that the unpacking was finished."""


LEAVES = (
    Leaf("courier-imap", "courier-base", "usr/bin/imapd"),
    Leaf("courier-pop", "courier-base", "usr/lib/courier/courier/courierpop3d"),
    Leaf("cyrus-imapd", "cyrus-common", "usr/lib/cyrus/bin/imapd"),
    Leaf("cyrus-pop3d", "cyrus-common", "usr/lib/cyrus/bin/pop3d"),
)


class InstallError(Exception):
    """apt or dpkg refused; the text holds the end of what they said."""


def default_folder() -> Path:
    """`$XDG_CACHE_HOME/openletter/lab`, or `/var/cache/openletter/lab` where that is not set or cannot be entered by
    other users (root's home mostly cannot): the daemons give up root and must still read their programs."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if cache:
        folder = Path(cache).absolute() / "openletter" / "lab"
        if closed_to_others(folder) is None:
            return folder
    return Path("/var/cache/openletter/lab")


def closed_to_others(folder: Path) -> Path | None:
    """The first folder on the way to this one which other users cannot enter, if there is one."""
    for step in reversed([folder, *folder.parents]):
        if step.exists() and not step.stat().st_mode & 0o001:
            return step
    return None


def available() -> tuple[bool, str]:
    """Whether real servers can be installed and run here, and why not."""
    if not sys.platform.startswith("linux"):
        return False, "needs Linux"
    if not Path("/etc/debian_version").exists() or not shutil.which("apt-get"):
        return False, "needs Debian with apt"
    if os.geteuid() != 0:
        return False, "needs root (to install packages and to listen on ports 110, 143, 993, 995)"
    return True, ""


class Installer:
    """Installs and unpacks into a folder; a second run finds all in place and changes nothing."""

    def __init__(self, folder: Path | None = None, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say
        self.folder = folder or default_folder()
        self.leaves = self.folder / "packages"

    def missing(self) -> tuple[str, ...]:
        """Packages that are not installed, or not unpacked in the version that fits."""
        installed = _installed_versions()
        wanted = BASES if _has_mail_agent() else (*BASES, MAIL_AGENT)
        bases = [name for name in wanted if name not in installed]
        leaves = [leaf.name for leaf in LEAVES if not self._unpacked(leaf, installed)]
        return (*bases, *leaves)

    def install(self) -> tuple[str, ...]:
        """Makes all ready and returns what had been missing. InstallError where apt or dpkg refuse."""
        possible, reason = available()
        if not possible:
            raise InstallError(f"the lab's real servers cannot be installed here: {reason}")
        closed = closed_to_others(self.folder)
        if closed is not None:
            raise InstallError(
                f"{self.folder}: other users cannot enter {closed}, so daemons could not run there"
            )
        if not (self.missing() or self.missing_tools()):
            return ()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        with (self.folder / "install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            missing = self.missing()
            if missing or self.missing_tools():
                self._update_lists()
            if missing:
                self._say(f"installing {', '.join(missing)}")
                self._install_bases([name for name in missing if name in (*BASES, MAIL_AGENT)])
                for leaf in LEAVES:
                    if leaf.name in missing:
                        self._unpack(leaf)
            return (*missing, *self._install_tools())

    def missing_tools(self) -> tuple[str, ...]:
        """Packages of tools that are not installed. The servers run without them."""
        installed = _installed_versions()
        return tuple(name for name in TOOLS if name not in installed)

    def _install_tools(self) -> tuple[str, ...]:
        missing = self.missing_tools()
        if missing:
            self._say(f"installing {', '.join(missing)}")
            try:
                self._install_bases(missing)
            except InstallError as error:
                self._say(f"going on without {', '.join(missing)}: {error}")
                return ()
        return missing

    def _unpacked(self, leaf: Leaf, installed: dict[str, str]) -> bool:
        stamp = self._stamp(leaf)
        return (
            stamp.exists()
            and stamp.read_text() == installed.get(leaf.base)
            and (self.leaves / leaf.name / leaf.program).exists()
        )

    def _stamp(self, leaf: Leaf) -> Path:
        return self.leaves / f"{leaf.name}.for-{leaf.base}"

    def _update_lists(self) -> None:
        # One repository out of reach must not stop us: if the lists are too old, the next step says so itself.
        try:
            _apt("update", "-q")
        except InstallError as error:
            self._say(f"going on with the package lists at hand: {error}")

    def _install_bases(self, names: Sequence[str]) -> None:
        if not names:
            return
        before = set(_installed_versions())
        with _no_daemon_starts():
            # --no-remove: rather no lab than a user's own mail server gone.
            _apt("install", "-y", "-q", "--no-install-recommends", "--no-remove", *names)
        try:
            _keep_from_boot(sorted(set(_installed_versions()) - before))
        except InstallError as error:
            self._say(f"at the next boot some of these may start by themselves: {error}")

    def _unpack(self, leaf: Leaf) -> None:
        self.leaves.mkdir(mode=0o755, exist_ok=True)
        self._stamp(leaf).unlink(missing_ok=True)
        target = self.leaves / leaf.name
        shutil.rmtree(target, ignore_errors=True)
        download = self.folder / "download"
        shutil.rmtree(download, ignore_errors=True)
        download.mkdir(mode=0o755)
        # apt's own unprivileged user cannot write into this folder.
        _apt("download", "-q", "-o", "APT::Sandbox::User=root", leaf.name, cwd=download)
        (archive,) = download.glob("*.deb")
        _run(["dpkg-deb", "-x", str(archive), str(target)])
        target.chmod(0o755)
        shutil.rmtree(download)
        self._stamp(leaf).write_text(_installed_versions()[leaf.base])


def _run(command: Sequence[str], cwd: Path | None = None) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        end = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise InstallError(f"{' '.join(command)} ended with {done.returncode}:\n{end}")
    return done.stdout


def _apt(*arguments: str, cwd: Path | None = None) -> None:
    _run(["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments], cwd)


def _installed_versions() -> dict[str, str]:
    listing = _run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"])
    rows = (line.split() for line in listing.splitlines())
    return {row[1]: row[2] for row in rows if len(row) == 3 and row[0] == "installed"}


def _has_mail_agent() -> bool:
    listing = _run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Provides}\n"])
    return any(
        line.startswith("installed ") and "mail-transport-agent" in line for line in listing.splitlines()
    )


@contextlib.contextmanager
def _no_daemon_starts() -> Iterator[None]:
    """Debian's packages start their daemons on all addresses unless `policy-rc.d` says 101 (invoke-rc.d(8))."""
    if POLICY.exists() and not KEPT_POLICY.exists():
        POLICY.rename(KEPT_POLICY)
    POLICY.write_text(NO_STARTS)
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        if KEPT_POLICY.exists():
            KEPT_POLICY.rename(POLICY)
        else:
            POLICY.unlink()


def _keep_from_boot(packages: Sequence[str]) -> None:
    """Disables the units and init scripts which these packages brought and enabled."""
    if not packages:
        return
    files = [Path(line) for line in _run(["dpkg-query", "-L", *packages]).splitlines()]
    units = {file.name for file in files if file.parent.match("systemd/system") and file.suffix in UNIT_KINDS}
    scripts = {file.name for file in files if file.parent == Path("/etc/init.d")}
    if units and shutil.which("deb-systemd-helper"):
        for unit in sorted(unit for unit in units if "@" not in unit):
            # It does nothing unless told on which package's behalf.
            _run(["env", "DPKG_MAINTSCRIPT_PACKAGE=openletter", "deb-systemd-helper", "disable", unit])
    if shutil.which("update-rc.d"):
        for script in sorted(scripts):
            _run(["update-rc.d", script, "disable"])
