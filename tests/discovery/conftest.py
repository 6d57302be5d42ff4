"""Opening fixtures and octets as sources."""

import io
from pathlib import Path

import pytest

from openletter.discovery.file_format import Format, detect, new_reading, read
from openletter.discovery.source import Source, open_source

FIXTURES = Path(__file__).with_name("fixtures")
NAMES = {"mail.example.org": ["203.0.113.5", "2001:db8::5"]}


def resolve(name: str) -> list[str]:
    if name not in NAMES:
        raise OSError("no such name")
    return NAMES[name]


class Read:
    """Everything that a reader made of some octets."""

    def __init__(self, source: Source, form: Format | None, port: int | None) -> None:
        self.form = form or detect(source)
        self.reading = new_reading(source, self.form)
        self.found = list(read(source, self.form, self.reading, port=port, resolver=resolve))

    @property
    def places(self) -> list[tuple[str, int | None]]:
        return [(found.ip, found.port) for found in self.found]


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return FIXTURES


@pytest.fixture(scope="session")
def read_fixture():
    def reader(name: str, form: Format | None = None, port: int | None = None) -> Read:
        with open_source(str(FIXTURES / name)) as source:
            return Read(source, form, port)

    return reader


@pytest.fixture(scope="session")
def read_octets():
    def reader(octets: bytes, form: Format | None = None, port: int | None = None) -> Read:
        return Read(Source("octets", io.BytesIO(octets)), form, port)

    return reader
