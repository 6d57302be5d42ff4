"""A survey of the simulated Internet finds its truth, which is computed without asking.

What a user loses when this fails: the numbers. A class that is wrong here is wrong in every country table.
"""

from collections import Counter
from ipaddress import IPv4Address
from pathlib import Path

import pytest

NOT_IN_THE_TRUTH = {"password_guessing_exposed", "cert_name_mismatch"}
"""What the simulation leaves open: it has no names, and loopback is not public."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_verdict_of_50_000_endpoints_equals_the_truth(large_lab, tmp_path: Path) -> None:
    assert large_lab.endpoints >= 50_000
    # A busy machine can keep a host that sends its greeting octet by octet beyond the fifteen seconds of the default.
    patient = ["--concurrency", "400", "--timeout", "40"]
    large_lab.run(large_lab.survey(tmp_path / "store", *patient), code=1, timeout=550)
    rows = large_lab.verdicts(tmp_path / "store")
    asked = Counter((row.ip, large_lab.registered(row.port)) for row in rows)
    expected = {(truth.ip, truth.port) for truth in large_lab.world.truths()}
    assert max(asked.values()) == 1, "an endpoint is there twice"
    assert asked.keys() == expected, "endpoints are missing"
    wrong = Counter()
    for row in rows:
        truth = large_lab.world.truth(int(IPv4Address(row.ip)), large_lab.registered(row.port))
        found = (
            row.class_,
            row.strict,
            row.wide,
            row.country,
            tuple(sorted(set(row.findings) - NOT_IN_THE_TRUTH)),
        )
        true = (truth.cls, truth.strict, truth.wide, truth.country, truth.findings)
        if found != true:
            wrong[truth.manner, found, true] += 1
    assert not wrong, wrong.most_common(10)
