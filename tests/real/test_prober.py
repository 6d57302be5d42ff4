"""Openletter against the truth of real servers: if this fails, a verdict about somebody's mail server is a rumour."""

import subprocess
import sys
from collections.abc import Iterable

import msgspec
import pytest

from openletter.dialogue.observation import REGISTERED_PORTS, Endpoint, Mode
from openletter.engine.deadlines import Deadlines
from openletter.engine.engine import Engine
from openletter.engine.schedule import Target
from openletter.lab.real.run import Lab
from openletter.lab.real.truth import Truth
from openletter.report.host import EndpointReport, host_reports
from openletter.tls.book import CertificateBook
from openletter.tls.client import FastClient
from openletter.tls.trust import Trust
from openletter.verdict.classes import Evidence

Key = tuple[str, int]


def probe(lab: Lab, *, confirm: bool) -> dict[Key, EndpointReport]:
    book = CertificateBook()
    # Courier and cyrus take their time for a refusal; the machine is busy with them all.
    engine = Engine(FastClient(book), confirm=confirm, deadlines=Deadlines().scaled(2))
    seen = []
    engine.run(
        (Target(endpoint(truth)) for truth in lab.truths), lambda _, observation: seen.append(observation)
    )
    reports = host_reports(seen, book, Trust(extra_pem=lab.ca_pem))
    return {(e.observation.ip, e.observation.port): e for report in reports for e in report.endpoints}


def endpoint(truth: Truth) -> Endpoint:
    protocol, mode = REGISTERED_PORTS[truth.port]
    return Endpoint(ip=truth.address, port=truth.port, protocol=protocol, mode=mode, host=truth.host)


@pytest.fixture(scope="module")
def passive(real_lab: Lab) -> dict[Key, EndpointReport]:
    return probe(real_lab, confirm=False)


@pytest.fixture(scope="module")
def confirmed(real_lab: Lab) -> dict[Key, EndpointReport]:
    return probe(real_lab, confirm=True)


def differences(truths: Iterable[Truth], found: dict[Key, EndpointReport], what: str) -> list[str]:
    """A line for each endpoint whose ``what`` is not the truth's."""
    wrong = []
    for truth in truths:
        report = found[truth.address, truth.port]
        seen, verdict = report.observation, report.verdict
        pair: tuple[object, object]
        match what:
            case "class":
                pair = verdict.class_.value, truth.expected_class
            case "starttls advertised":
                pair = bool(seen.starttls_advertised), truth.starttls_advertised
            case "starttls works":
                pair = seen.mode is Mode.CLEARTEXT and seen.tls.works, truth.starttls_works
            case "tls version":
                pair = seen.tls.version if seen.tls.works else "", truth.tls_version
            case _:
                faults = tuple(
                    sorted(f.name.value for f in verdict.findings if f.name.value.startswith("cert_"))
                )
                pair = faults, tuple(sorted(str(fault) for fault in truth.certificate_faults))
        if pair[0] != pair[1]:
            wrong.append(
                f"{truth.configuration} {truth.port}: {what} {pair[0]}, truth {pair[1]} ({seen.banner!r})"
            )
    return wrong


def test_there_are_as_many_configurations_as_promised(real_lab: Lab) -> None:
    """A lab of a few easy servers would prove little."""
    assert len({truth.configuration for truth in real_lab.truths}) >= 24
    assert len({truth.expected_class for truth in real_lab.truths}) >= 10


@pytest.mark.parametrize(
    "what", ["starttls advertised", "starttls works", "tls version", "certificate faults"]
)
def test_facts_equal_the_truth(real_lab: Lab, passive: dict[Key, EndpointReport], what: str) -> None:
    """Else an owner is told of a fault that is not there, or not told of one that is."""
    truths = [t for t in real_lab.truths if t.port in (110, 143) or not what.startswith("starttls")]
    assert not differences(truths, passive, what)


def test_every_class_equals_the_truth(real_lab: Lab, passive: dict[Key, EndpointReport]) -> None:
    """But for the endpoints that promise what they refuse: those are not settled, and must say so."""
    assert not differences([t for t in real_lab.truths if not t.misleading], passive, "class")


def test_what_nothing_passive_can_tell_is_called_ambiguous(
    real_lab: Lab, passive: dict[Key, EndpointReport]
) -> None:
    """Else a server that refuses cleartext logins is reported as one that takes them, with a straight face."""
    misleading = [t for t in real_lab.truths if t.misleading]
    assert misleading
    for truth in misleading:
        assert passive[truth.address, truth.port].verdict.evidence is Evidence.AMBIGUOUS, truth.configuration


def test_with_confirmation_every_class_equals_the_truth(
    real_lab: Lab, confirmed: dict[Key, EndpointReport]
) -> None:
    """The credential-free confirmation settles what the list leaves open, and unsettles nothing."""
    assert not differences(real_lab.truths, confirmed, "class")
    for truth in real_lab.truths:
        if truth.misleading:
            assert confirmed[truth.address, truth.port].verdict.evidence is Evidence.OFFERED


def test_the_command_line_says_the_same(real_lab: Lab, passive: dict[Key, EndpointReport]) -> None:
    """Else what a user sees is not what was tested."""
    addresses = sorted({truth.address for truth in real_lab.truths})
    command = [sys.executable, "-m", "openletter", "check", "--json", "--timeout", "30", "--fail-on", "never"]
    ran = subprocess.run(
        [*command, "--roots", str(real_lab.ca_pem), "-"],
        input="\n".join(addresses),
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    lines = [msgspec.json.decode(line) for line in ran.stdout.splitlines()]
    said = {(line["ip"], line["port"]): line["class"] for line in lines}
    for key, report in passive.items():
        assert said[key] == report.verdict.class_.value, key
