"""Files of any length stream through.

What a user loses when this fails: an import that is killed for want of memory after hours.
"""

import json
import subprocess
import sys

import pytest

LINES = 2_000_000

PROGRAM = """
import io, json, resource, sys, tempfile
from pathlib import Path
from openletter.discovery.file_format import detect, new_reading, read
from openletter.discovery.source import Source
from openletter.discovery.target_list import find_target_list
from openletter.discovery.target_list_writer import TargetListWriter
from openletter.scope.ports import REGISTERED

class Lines(io.RawIOBase):
    def __init__(self, head, line, count, tail):
        self.parts = self.make(head, line, count, tail)
        self.rest = b""
    def make(self, head, line, count, tail):
        yield head
        for first in range(0, count, 1000):
            yield "".join(
                line.format(a=n >> 16 & 255, b=n >> 8 & 255, c=n & 255) for n in range(first, first + 1000)
            ).encode()
        yield tail
    def readable(self):
        return True
    def readinto(self, buffer):
        while not self.rest:
            part = next(self.parts, None)
            if part is None:
                return 0
            self.rest = part
        taken, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

given = json.loads(sys.argv[1])
source = Source("lines", Lines(given["head"].encode(), given["line"], given["count"], given["tail"].encode()))
form = detect(source)
reading = new_reading(source, form)
if given["write"]:
    with TargetListWriter(Path(sys.argv[2]), REGISTERED) as writer:
        before = peak()
        for found in read(source, form, reading):
            writer.add(found)
        made = writer.publish(now=1.8e9, sources=["lines"])
    addresses = made.addresses
    asked = sum(1 for _ in find_target_list(Path(sys.argv[2]), made.id).hosts(3, 10, seed=1))
    assert asked == addresses // 10, asked
else:
    before = peak()
    addresses = sum(1 for _ in read(source, form, reading))
print(json.dumps({"form": form, "found": reading.found, "addresses": addresses, "grown": peak() - before}))
"""


def run(tmp_path, **given):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps({"tail": "", "write": False, **given}), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.slow
def test_two_million_lines_become_a_list_and_are_asked_in_less_than_eighty_megabytes(tmp_path):
    got = run(
        tmp_path,
        head="saddr,sport,success,repeat,timestamp-ts\n",
        line="10.{a}.{b}.{c},143,1,0,1795492871\n",
        count=LINES,
        write=True,
    )
    assert got["form"] == "zmap-csv"
    assert got["found"] == got["addresses"] == LINES
    assert got["grown"] < 80


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "line", "tail"),
    [
        (
            '<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap">\n',
            '<host endtime="1"><address addr="10.{a}.{b}.{c}" addrtype="ipv4"/><ports><port protocol="tcp" portid="143">'
            '<state state="open"/></port></ports></host>\n',
            "</nmaprun>\n",
        ),
        (
            "[\n",
            '{{ "ip": "10.{a}.{b}.{c}", "timestamp": "1", "ports": [ {{"port": 143, "status": "open"}} ] }}\n,\n',
            "]\n",
        ),
    ],
    ids=["nmap", "masscan"],
)
def test_readers_keep_nothing_of_what_they_have_read(tmp_path, head, line, tail):
    got = run(tmp_path, head=head, line=line, tail=tail, count=100_000)
    assert got["found"] == 100_000
    assert got["grown"] < 20
