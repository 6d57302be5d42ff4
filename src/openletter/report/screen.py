"""A host on a terminal, for an administrator without this background: one screen, the worst first.

Nothing that came over the network is printed but through ``printable``; nothing of it is read as markup.
"""

import itertools
from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from openletter.dialogue.observation import Observation, Protocol, Side
from openletter.enrich.product import Certainty, Product, Recognition
from openletter.grammar.capability import printable
from openletter.remedy.remedies import Change, Step, in_order
from openletter.remedy.wording import host_words, recognition_words, severity_words, words_for
from openletter.report.host import EndpointReport, HostReport
from openletter.report.service import SERVICES
from openletter.verdict.classes import Class, Severity
from openletter.verdict.login import Reason

_STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "bold yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "green",
    Severity.NONE: "dim",
}
_QUIET = frozenset({Class.UNREACHABLE, Class.IMPLICIT_TLS, Class.TLS_REQUIRED})
"""Classes of which the table says enough."""
_NO_MAIL = frozenset({Class.UNREACHABLE, Class.NOT_MAIL})

_QUOTED = 160
"""Characters of the server's own words that are shown as evidence."""


def _worst_first(endpoints: Iterable[EndpointReport]) -> list[EndpointReport]:
    return sorted(endpoints, key=lambda e: (e.verdict.worst.rank, e.observation.port))


def _ports(endpoints: Iterable[EndpointReport]) -> str:
    return ", ".join(str(e.observation.port) for e in sorted(endpoints, key=lambda e: e.observation.port))


def _told(endpoints: Iterable[EndpointReport]) -> list[EndpointReport]:
    """Those of which the table does not say enough."""
    return [endpoint for endpoint in endpoints if endpoint.verdict.class_ not in _QUIET]


def _heading(title: str) -> Text:
    return Text(f"\n{title}", style="bold underline")


def _item(lead: str, text: str, style: str = "") -> Padding:
    body = Text.assemble((lead, "bold"), (f" {text}" if lead else text, style))
    return Padding(body, (0, 0, 0, 2))


def _table(report: HostReport) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("port", justify="right")
    table.add_column("service")
    table.add_column("severity")
    table.add_column("what was found", ratio=1)
    table.add_column("TLS")
    for endpoint in report.endpoints:
        seen, verdict = endpoint.observation, endpoint.verdict
        words = words_for(verdict)
        found = Text(words.about.title)
        grade = f", {verdict.evidence.value}" if words.evidence else ""
        found.append(f"  ({verdict.class_.value}{grade})", style="dim")
        for finding, said in zip(verdict.findings, words.findings, strict=True):
            if finding.severity > Severity.INFO:
                found.append(f"\n+ {said.title}", style=_STYLES[finding.severity])
        severity = verdict.worst
        shown = "unknown" if verdict.unknown else "–" if severity is Severity.NONE else severity.value
        table.add_row(
            str(seen.port),
            SERVICES[seen.protocol, seen.mode],
            Text(shown, style="magenta" if verdict.unknown else _STYLES[severity]),
            found,
            Text(seen.tls.version if seen.tls.works else "–", style="dim"),
        )
    return table


def _what_crosses(endpoints: list[EndpointReport]) -> Iterator[RenderableType]:
    groups: dict[Class, list[EndpointReport]] = {}
    for endpoint in _told(endpoints):
        groups.setdefault(endpoint.verdict.class_, []).append(endpoint)
    for group in groups.values():
        words = words_for(group[0].verdict).about
        yield _item(f"{_ports(group)}:", words.crosses)
        if group[0].verdict.class_ not in _NO_MAIL and not all(e.verdict.unknown for e in group):
            for sentence in dict.fromkeys((words.passive, words.active)):
                yield _item("", sentence, "dim")


def said_before_tls(seen: Observation, reason: Reason) -> str:
    """The server's own words that the verdict rests on; empty where it said none."""
    between = ", " if seen.protocol is Protocol.POP3 else " "
    listed = bool(seen.caps_pre) and reason is not Reason.NOT_ASKED
    said = between.join(seen.caps_pre) if listed else printable(seen.banner)
    return said if len(said) <= _QUOTED else f"{said[: _QUOTED - 1]}…"


def _how_we_know(endpoints: list[EndpointReport]) -> Iterator[RenderableType]:
    grounds: dict[str, list[EndpointReport]] = {}
    grades: dict[str, list[EndpointReport]] = {}
    for endpoint in _told(endpoints):
        words = words_for(endpoint.verdict)
        ground = " ".join(filter(None, (words.reason, words.sibling, words.caution)))
        grounds.setdefault(ground, []).append(endpoint)
        if words.evidence:
            grades.setdefault(words.evidence, []).append(endpoint)
    for ground, group in grounds.items():
        yield _item(f"{_ports(group)}:", ground)
        for endpoint in group:
            said = said_before_tls(endpoint.observation, endpoint.verdict.reason)
            if said:
                yield _item("", f"{endpoint.observation.port} said: {said}", "dim")
    for evidence, group in grades.items():
        yield _item(f"{_ports(group)}:" if len(grades) > 1 else "", evidence)


def _law(endpoints: list[EndpointReport]) -> Iterator[RenderableType]:
    classes = [words_for(endpoint.verdict).about for endpoint in _told(endpoints)]
    findings = [
        said
        for endpoint in endpoints
        for finding, said in zip(endpoint.verdict.findings, words_for(endpoint.verdict).findings, strict=True)
        if finding.severity > Severity.INFO
    ]
    for clause, law in dict.fromkeys((said.clause, said.law) for said in (*classes, *findings)):
        if clause:
            yield _item(f"{clause}:", law)


def _products(endpoints: list[EndpointReport]) -> Iterator[RenderableType]:
    """What was recognised, where something is to be changed: each product once, by what tells most of it."""
    found: dict[Product, list[EndpointReport]] = {}
    for endpoint in endpoints:
        if endpoint.remedy.steps:
            found.setdefault(endpoint.recognition.product, []).append(endpoint)
    for group in found.values():
        most = min((e.recognition for e in group), key=_how_little_it_tells)
        yield _item(f"{_ports(group)}:" if len(found) > 1 else "", recognition_words(most))


def _how_little_it_tells(of: Recognition) -> tuple[int, bool, int]:
    return list(Certainty).index(of.certainty), of.perhaps is Product.UNKNOWN, -len(of.version)


def _to_copy(line: str, style: str) -> Text:
    """Left to the terminal to wrap: a line break within a command would be copied with it."""
    return Text(line, style=style, no_wrap=True, overflow="ignore")


def _changes(changes: Iterable[Change]) -> Iterator[RenderableType]:
    """Editions of one product take effect the same way: that is said once, below the last of them."""
    for (apply, note), alike in itertools.groupby(changes, key=lambda change: (change.apply, change.note)):
        for change in alike:
            guess = " (if our guess is right)" if change.guessed else ""
            head = Text(f"{change.applies_to}{guess} – {change.where}", style="italic")
            yield Padding(head, (0, 0, 0, 5))
            for line in change.lines:
                yield _to_copy(f"       {line}", "bold green")
        for line in apply:
            yield _to_copy(f"     then: {line}", "dim")
        if note:
            yield Padding(Text(note, style="dim"), (0, 0, 0, 5))


def _steps(steps: Iterable[Step]) -> Iterator[RenderableType]:
    for number, step in enumerate(steps, 1):
        yield _item(f"{number}. {step.title}.", step.text)
        yield from _changes(step.changes)


def _transcript(endpoints: Iterable[EndpointReport]) -> Iterator[RenderableType]:
    marks = {Side.CLIENT: "C:", Side.SERVER: "S:", Side.NOTE: "--"}
    for endpoint in endpoints:
        yield _item(
            f"{endpoint.observation.port}:", "" if endpoint.observation.transcript else "nothing was said"
        )
        for exchange in endpoint.observation.transcript:
            for line in exchange.data.split(b"\n"):
                said = printable(line.removesuffix(b"\r"))
                if said:
                    yield Padding(Text(f"{marks[exchange.side]} {said}", style="dim"), (0, 0, 0, 4))


def _summary(report: HostReport, severity: Severity) -> Iterator[RenderableType]:
    classes = {endpoint.verdict.class_ for endpoint in report.endpoints}
    if len(classes) == 1 and classes <= _NO_MAIL:
        yield Text(f"{words_for(report.endpoints[0].verdict).about.title}.")
        return
    if Class.PREAUTH_EXPOSED in classes:
        open_ = next(e for e in report.endpoints if e.verdict.class_ is Class.PREAUTH_EXPOSED)
        yield Text(f"{words_for(open_.verdict).about.title}.", style="bold")
    yield Text(host_words(report.verdict))
    if severity > Severity.INFO:
        yield Text(f"Severity {severity_words(severity)}.", style="dim")


def host_screen(report: HostReport, *, transcript: bool = False) -> RenderableType:
    """The whole screen of one host."""
    endpoints = _worst_first(report.endpoints)
    severity = max((e.verdict.worst for e in endpoints), default=Severity.NONE)
    name = f"{report.host} ({report.ip})" if report.host else report.ip
    title = Text(f" {name} ", style="bold")
    parts: list[RenderableType] = [Rule(title, align="left", style=_STYLES[severity].replace(" on red", ""))]
    parts += [*_summary(report, severity), Text(), _table(report)]
    sections = (
        ("What crosses in the clear", list(_what_crosses(endpoints))),
        ("How we know", list(_how_we_know(endpoints))),
        ("What the standards say", list(_law(endpoints))),
    )
    for heading, items in sections:
        if items:
            parts += [_heading(heading), *items]
    steps = in_order(step for endpoint in endpoints for step in endpoint.remedy.steps)
    if steps:
        parts += [_heading("What to change"), *_products(endpoints), *_steps(steps)]
        parts.append(_item("", "Then run this check again.", "dim"))
    if transcript:
        parts += [_heading("What was said"), *_transcript(report.endpoints)]
    return Group(*parts, Text())


def print_hosts(console: Console, reports: Iterable[HostReport], *, transcript: bool = False) -> None:
    for report in reports:
        console.print(host_screen(report, transcript=transcript), highlight=False, markup=False, crop=False)
