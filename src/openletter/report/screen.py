"""A host on a terminal, for an administrator without this background: one screen, the worst first.

Nothing that came over the network is printed but through ``printable``; nothing of it is read as markup.
"""

from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from openletter.dialogue.observation import Mode, Observation, Protocol, Side
from openletter.grammar.capability import printable
from openletter.remedy.remedies import Change, Step
from openletter.remedy.wording import host_words, recognition_words, words_for
from openletter.remedy.words import Words
from openletter.report.host import EndpointReport, HostReport
from openletter.verdict.classes import Class, Severity

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

_SERVICES = {
    (Protocol.IMAP, Mode.CLEARTEXT): "IMAP",
    (Protocol.IMAP, Mode.IMPLICIT): "IMAP in TLS",
    (Protocol.POP3, Mode.CLEARTEXT): "POP3",
    (Protocol.POP3, Mode.IMPLICIT): "POP3 in TLS",
}
_QUOTED = 160
"""Characters of the server's own words that are shown as evidence."""


def _worst_first(endpoints: Iterable[EndpointReport]) -> list[EndpointReport]:
    return sorted(endpoints, key=lambda e: (e.verdict.worst.rank, e.observation.port))


def _ports(endpoints: Iterable[EndpointReport]) -> str:
    return ", ".join(str(e.observation.port) for e in sorted(endpoints, key=lambda e: e.observation.port))


def _by_words(endpoints: Iterable[EndpointReport]) -> Iterator[tuple[Words, list[EndpointReport]]]:
    """Endpoints that are to be told the same, together."""
    groups: dict[Class, list[EndpointReport]] = {}
    for endpoint in endpoints:
        if endpoint.verdict.class_ not in _QUIET:
            groups.setdefault(endpoint.verdict.class_, []).append(endpoint)
    for group in groups.values():
        yield words_for(group[0].verdict).about, group


def _heading(title: str) -> Text:
    return Text(f"\n{title}", style="bold underline")


def _item(lead: str, text: str, style: str = "") -> Padding:
    body = Text(lead, style="bold")
    body.append(f" {text}" if lead else text, style=style)
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
        grade = "" if verdict.class_ is Class.UNREACHABLE else f", {verdict.evidence.value}"
        found.append(f"  ({verdict.class_.value}{grade})", style="dim")
        for finding, said in zip(verdict.findings, words.findings, strict=True):
            if finding.severity > Severity.INFO:
                found.append(f"\n+ {said.title}", style=_STYLES[finding.severity])
        severity = verdict.worst
        shown = "unknown" if verdict.unknown else "–" if severity is Severity.NONE else severity.value
        table.add_row(
            str(seen.port),
            _SERVICES[seen.protocol, seen.mode],
            Text(shown, style="magenta" if verdict.unknown else _STYLES[severity]),
            found,
            Text(seen.tls.version if seen.tls.works else "–", style="dim"),
        )
    return table


def _what_crosses(endpoints: list[EndpointReport]) -> Iterator[RenderableType]:
    for words, group in _by_words(endpoints):
        yield _item(f"{_ports(group)}:", words.crosses)
        yield _item("", f"Who only listens: {words.passive}", "dim")
        yield _item("", f"Who stands in the middle: {words.active}", "dim")


def said_before_tls(seen: Observation) -> str:
    """The server's own words that the verdict rests on; empty where it said none."""
    between = ", " if seen.protocol is Protocol.POP3 else " "
    said = between.join(seen.caps_pre) if seen.caps_pre else printable(seen.banner)
    return said if len(said) <= _QUOTED else f"{said[: _QUOTED - 1]}…"


def _how_we_know(endpoints: list[EndpointReport]) -> Iterator[RenderableType]:
    for endpoint in endpoints:
        verdict, seen = endpoint.verdict, endpoint.observation
        if verdict.class_ in _QUIET:
            continue
        words = words_for(verdict)
        yield _item(
            f"{seen.port}:",
            " ".join(filter(None, (words.evidence, words.reason, words.sibling, words.caution))),
        )
        said = said_before_tls(seen)
        if said:
            yield _item("", f"It said before TLS: {said}", "dim")


def _law(endpoints: list[EndpointReport]) -> Iterator[RenderableType]:
    told: dict[Words, None] = {}
    for endpoint in endpoints:
        words = words_for(endpoint.verdict)
        grave = [
            said
            for finding, said in zip(endpoint.verdict.findings, words.findings, strict=True)
            if finding.severity > Severity.INFO
        ]
        for said in (words.about, *grave):
            if said.law and said.clause:
                told.setdefault(said)
    for said in told:
        yield _item(f"{said.clause}:", said.law)


def _change(change: Change) -> Iterator[RenderableType]:
    guess = " (if our guess is right)" if change.guessed else ""
    yield Padding(Text(f"{change.applies_to}{guess} – {change.where}", style="italic"), (0, 0, 0, 5))
    for line in change.lines:
        yield Padding(Text(line, style="bold green"), (0, 0, 0, 7))
    for line in change.apply:
        yield Padding(Text(f"then: {line}", style="dim"), (0, 0, 0, 7))
    if change.note:
        yield Padding(Text(change.note, style="dim"), (0, 0, 0, 7))


def _steps(steps: Iterable[Step]) -> Iterator[RenderableType]:
    for number, step in enumerate(dict.fromkeys(steps), 1):
        yield _item(f"{number}. {step.title}.", step.text)
        for change in step.changes:
            yield from _change(change)


def _remedy_steps(endpoints: list[EndpointReport]) -> list[Step]:
    """The steps of all endpoints, each once, the passwords' step last of all: the order within a remedy is kept."""
    steps = [step for endpoint in endpoints for step in endpoint.remedy.steps]
    last = {step for endpoint in endpoints if endpoint.verdict.wide for step in endpoint.remedy.steps[-1:]}
    return [
        *(s for s in dict.fromkeys(steps) if s not in last),
        *(s for s in dict.fromkeys(steps) if s in last),
    ]


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


def host_screen(report: HostReport, *, transcript: bool = False) -> RenderableType:
    """The whole screen of one host."""
    endpoints = _worst_first(report.endpoints)
    severity = max((e.verdict.worst for e in endpoints), default=Severity.NONE)
    name = f"{report.host} ({report.ip})" if report.host else report.ip
    title = Text(f" {name} ", style="bold")
    parts: list[RenderableType] = [Rule(title, align="left", style=_STYLES[severity].replace(" on red", ""))]
    parts.append(Text(host_words(report.verdict)))
    parts.append(Text())
    parts.append(_table(report))
    sections = (
        ("What crosses in the clear", list(_what_crosses(endpoints))),
        ("How we know", list(_how_we_know(endpoints))),
        ("What the standards say", list(_law(endpoints))),
    )
    for heading, items in sections:
        if items:
            parts += [_heading(heading), *items]
    steps = _remedy_steps(endpoints)
    if steps:
        products = dict.fromkeys(recognition_words(e.recognition) for e in endpoints if e.remedy.steps)
        parts += [_heading("What to change"), *(_item("", p) for p in products), *_steps(steps)]
    if transcript:
        parts += [_heading("What was said"), *_transcript(report.endpoints)]
    return Group(*parts, Text())


def print_hosts(console: Console, reports: Iterable[HostReport], *, transcript: bool = False) -> None:
    for report in reports:
        console.print(host_screen(report, transcript=transcript), highlight=False, markup=False)
