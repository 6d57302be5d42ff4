"""A server's process, with all that it starts: begun in a session of its own, and ended with it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

GRACE_SECONDS = 5.0
"""How long a server may take to end after SIGTERM before SIGKILL; dovecot, the slowest, needs about 0.2."""


class Daemon:
    """One running server. What it prints goes to `log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        inherited = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(word) for word in command],
                cwd=log.parent,
                env={**inherited, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.poll()

    def terminate(self) -> None:
        """Asks the server itself to end, as an administrator would; does not wait."""
        self._process.terminate()

    def last_words(self, lines: int = 20) -> str:
        """The end of its log, with the control characters of its making escaped."""
        text = self.log.read_text("utf-8", "backslashreplace") if self.log.exists() else ""
        kept = "\n".join(text.splitlines()[-lines:])
        return "".join(c if c == "\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in kept)


def stop(daemons: Sequence[Daemon]) -> None:
    """Ends these and every process of their sessions, and returns when they are gone. Harmless when called again."""

    def living() -> set[int]:
        return processes_of(daemons) | {daemon.pid for daemon in daemons if daemon.ended() is None}

    _end(living)


def _end(living: Callable[[], set[int]]) -> None:
    number = signal.SIGTERM
    deadline = time.monotonic() + GRACE_SECONDS
    signalled: set[int] = set()
    while pids := living():
        if number is signal.SIGTERM and time.monotonic() > deadline:
            number = signal.SIGKILL
            signalled.clear()
        for pid in pids - signalled:
            _signal(pid, number)
        signalled |= pids
        time.sleep(0.02)


def processes_of(daemons: Sequence[Daemon]) -> set[int]:
    """Pids of the living processes in the sessions of these daemons."""
    sessions = {daemon.pid for daemon in daemons}
    return {pid for pid, session in _sessions() if session in sessions}


def end_leftovers(run: Path) -> None:
    """Ends the sessions that a run in this folder left behind when it was killed: those of processes which name the
    folder in their command line or stand in it. The folder's name is random, so no stranger does."""
    sessions = {session for pid, session in _sessions() if _belongs(pid, str(run))}
    _end(lambda: {pid for pid, session in _sessions() if session in sessions})


def _belongs(pid: int, run: str) -> bool:
    process = Path(f"/proc/{pid}")
    try:
        standing = str((process / "cwd").readlink())
        command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return False
    return standing == run or standing.startswith(f"{run}/") or f"{run}/" in command


def _sessions() -> list[tuple[int, int]]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text("utf-8", "replace")
            except OSError:
                continue
            # The name in parentheses may hold anything: fields are counted behind its end (proc_pid_stat(5)).
            state, _, _, session = stat.rpartition(")")[2].split()[:4]
            if state != "Z":
                found.append((int(entry.name), int(session)))
    return found


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
