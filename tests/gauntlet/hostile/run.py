"""Surveys the gang in a process of its own, so that its memory can be measured.

Standard input: the gang's JSON list. Standard output: JSON with the observations by name, how much the peak of memory
grew (kB), and what was logged. An argument is a factor of the deadlines.
"""

import json
import logging
import resource
import sys
from typing import Any

import msgspec

from openletter.dialogue.observation import Endpoint, Mode, Observation, Protocol
from openletter.engine.deadlines import Deadlines
from openletter.engine.engine import Engine, Target
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient

DEADLINES = Deadlines(connect=2.0, greeting=1.5, reply=1.5, handshake=1.5, quiet=0.4, total=3.0)


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, entry: logging.LogRecord) -> None:
        self.texts.append(logging.Formatter().format(entry))


def main() -> None:
    gang: list[list[Any]] = json.load(sys.stdin)
    kept = _Kept()
    logging.getLogger().addHandler(kept)
    targets = [
        Target(Endpoint(ip=ip, port=port, protocol=Protocol(protocol), mode=Mode(mode)), number)
        for number, (_, ip, port, protocol, mode) in enumerate(gang)
    ]
    deadlines = DEADLINES.scaled(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
    engine = Engine(FastClient(CertificateBook()), deadlines=deadlines, concurrency=150)
    seen: list[tuple[str, Observation]] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = engine.run(targets, lambda target, observation: seen.append((gang[target.token][0], observation)))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = {"whole": whole, "grown_kb": after - before, "logged": kept.texts, "seen": seen}
    sys.stdout.buffer.write(msgspec.json.encode(result))


if __name__ == "__main__":
    main()
