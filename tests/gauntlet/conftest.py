"""One survey of all hostile peers, shared by the tests that look at it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from openletter.dialogue.observation import Observation

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

Found = list[tuple[str, str, int, str, str]]


class Result(msgspec.Struct, frozen=True):
    whole: bool
    grown_kb: int
    logged: list[str]
    seen: list[tuple[str, Observation]]


def survey(found: Found, factor: float = 1.0) -> Result:
    """Survey peers by one engine in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(HERE / "hostile" / "run.py"), str(factor)],
        input=json.dumps(found).encode(),
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="backslashreplace")
    assert done.stderr == b""
    return msgspec.json.decode(done.stdout, type=Result)


@dataclass(frozen=True)
class Gauntlet:
    found: Found
    result: Result

    def of(self, name: str) -> list[Observation]:
        return [observation for seen, observation in self.result.seen if seen == name]

    def alone(self, name: str) -> Observation:
        """The same peer once more, with nobody else there and all the time in the world: where the machine is busy,
        a flood may not come as far as its bound within the short deadlines of the gauntlet."""
        return survey([found for found in self.found if found[0] == name], 10.0).seen[0][1]


@pytest.fixture(scope="session")
def gang() -> Iterator[Found]:
    """The hostile peers, running; where each is to be found."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "hostile" / "gang.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield [tuple(found) for found in json.loads(process.stdout.readline())]
        finally:
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def gauntlet(gang: Found) -> Gauntlet:
    """All peers, surveyed at once."""
    return Gauntlet(gang, survey(gang))
