"""Concurrent readers of the dashboard, in a process of their own: HTTP/1.1 with keep-alive over asyncio streams, and for each
response the question whether it shows one survey, whole and right.

    python bench/web_readers.py PLAN        PLAN is the JSON of ``Plan``; the JSON of ``Found`` goes to standard output

A reader walks through all pages in an order of its own, again and again, and asks for the next page when it has the last.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from openletter.generated.truth import SurveyTruth, read_truth
from openletter.statistics.counts import Counts

REQUESTS_OF_AN_ADDRESS = 150
"""The API counts the requests of a client; each reader goes on under other addresses of 127.0.0.0/8, as other readers."""
SHOWN = 20
"""Wrong responses that are told of."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """Of the row that its times go into."""
    address: str
    """Path and query."""
    others: tuple[str, ...] = ()
    """Addresses of the same kind; a reader asks for one of all of them, by chance."""
    port: int
    language: str = "en"
    steady: bool = True
    """Whether its numbers depend on the survey alone that it names."""
    names_survey: bool = True
    headline: bool = False
    """Whether it has the numbers of the whole survey, or of the country of its address."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    store: str
    announced: str
    """Lines of ``bench/web_publisher.py``."""
    pages: tuple[Page, ...]
    readers: int
    seconds: float
    pause: float
    """Seconds between a response and the next request of a reader."""
    cold: bool = False
    """One reader, each address once."""


class Wrong(msgspec.Struct, frozen=True):
    page: str
    what: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    times: dict[str, list[float]]
    """Seconds from the request to the last octet, by page."""
    wrong: int
    told: list[Wrong]
    checked: int
    """Responses whose numbers were compared."""
    surveys: dict[str, int]
    """Responses about each survey."""
    seconds: float


class Response(msgspec.Struct, frozen=True):
    status: int
    kind: str
    body: bytes


class Connection:
    """To one port, from one local address."""

    def __init__(self, port: int, number: int) -> None:
        self._port = port
        self._number = number
        self._asked = 0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, address: str, language: str) -> Response:
        """Raises OSError, EOFError."""
        used = self._writer is not None and self._asked % REQUESTS_OF_AN_ADDRESS != 0
        try:
            return await self._once(address, language)
        except (OSError, EOFError):
            # A server may end a connection that nobody used for a while, at the moment in which somebody does: whoever
            # asks without changing anything asks again (RFC 9112 §9.3.1).
            await self.close()
            if not used:
                raise
            return await self._once(address, language)

    async def _once(self, address: str, language: str) -> Response:
        if self._writer is None or self._asked % REQUESTS_OF_AN_ADDRESS == 0:
            await self.close()
            turn = self._asked // REQUESTS_OF_AN_ADDRESS
            local = f"127.{100 + self._number}.{turn // 200 % 200 + 1}.{turn % 200 + 1}"
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, local_addr=(local, 0)
            )
        self._asked += 1
        assert self._reader is not None
        accepts = "application/json" if address.startswith(("/api", "/charts")) else "text/html"
        self._writer.write(
            f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAccept: {accepts}\r\n"
            f"Accept-Language: {language}\r\n\r\n".encode("ascii")
        )
        return await self._response(self._reader)

    async def _response(self, reader: asyncio.StreamReader) -> Response:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        if "content-length" in fields:
            body = await reader.readexactly(int(fields["content-length"]))
        elif fields.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readexactly(2)
            await reader.readexactly(2)
        else:
            body = b""
        if fields.get("connection") == "close":
            await self.close()
        return Response(int(head[0].split()[1]), fields.get("content-type", ""), body)

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class Truths:
    """What each survey must be found to hold; those that are published meanwhile are announced before."""

    def __init__(self, store: Path, announced: Path) -> None:
        self._known = {each.survey: each for each in read_truth(store).surveys}
        self._announced = announced

    def of(self, survey: str) -> SurveyTruth | None:
        if survey not in self._known and self._announced.exists():
            for line in self._announced.read_text().splitlines():
                words = json.loads(line)
                if "like" in words:
                    self._known[words["survey"]] = self._known[words["like"]]
        return self._known.get(survey)


def either(truth: SurveyTruth, country: str) -> Counts:
    """The headline: hosts, on POP3 or IMAP."""
    rows = [row.hosts_either for row in truth.countries if country in ("", row.country)]
    probed, answered, unknown, strict, wide = (
        sum(getattr(row, name) for row in rows)
        for name in ("probed", "answered", "unknown", "strict", "wide")
    )
    return Counts(probed, answered, unknown, strict, wide)


_CHOSEN = re.compile(rb'<option value="(\d{8}T[^"]+)" selected')
_OPTIONS = re.compile(rb'<option value="\d{8}T')
_FIGURE = rb'<div class="figure-%s">.*?<strong>([\d,]+)</strong>'
_HEADLINE = re.compile(rb'<h1 id="headline">(.*?)</h1>', re.DOTALL)
_NUMBERS = re.compile(rb"<(?:td|strong|dd)[^>]*>([^<]*[0-9][^<]*)<")


def _country(page: Page) -> str:
    return page.address.removeprefix("/country/") if page.address.startswith("/country/") else ""


def _number(body: bytes, which: bytes) -> int | None:
    found = re.search(_FIGURE % which, body, re.DOTALL)
    return int(found[1].replace(b",", b"")) if found else None


class Judge:
    """Says what is wrong with a response."""

    def __init__(self, truths: Truths) -> None:
        self._truths = truths
        self._numbers: dict[tuple[Any, ...], str] = {}
        self.surveys: Counter[str] = Counter()
        self.checked = 0

    def wrong(self, page: Page, response: Response) -> str:
        """Empty where nothing is."""
        if response.status != 200:
            return f"status {response.status}: {response.body[:200].decode('utf-8', 'replace')}"
        if response.kind.startswith("application/json"):
            return self._wrong_json(page, response.body)
        return self._wrong_page(page, response.body)

    def _survey(self, survey: str) -> tuple[SurveyTruth | None, str]:
        truth = self._truths.of(survey)
        if truth is None:
            return None, f"names {survey or 'no survey'}, which is none that was published"
        self.surveys[survey] += 1
        return truth, ""

    def _wrong_page(self, page: Page, body: bytes) -> str:
        if not page.names_survey:
            return ""
        chosen = _CHOSEN.search(body)
        survey = chosen[1].decode() if chosen else ""
        truth, wrong = self._survey(survey)
        if truth is None:
            return wrong
        if page.headline:
            wanted = either(truth, _country(page))
            shown = _number(body, b"wide"), _number(body, b"strict")
            if shown != (wanted.wide, wanted.strict):
                return f"shows {shown} of {survey}, and right is {(wanted.wide, wanted.strict)}"
            sentence = _HEADLINE.search(body)
            if sentence:
                for count in (wanted.wide, wanted.strict):
                    if f"{count:,}".encode() not in sentence[1]:
                        return f"the headline of {survey} lacks {count:,}"
            self.checked += 1
        key = (
            page.address,
            page.language,
            page.port,
            survey,
            0 if page.steady else len(_OPTIONS.findall(body)),
        )
        return self._same(key, b"\n".join(_NUMBERS.findall(body)))

    def _wrong_json(self, page: Page, body: bytes) -> str:
        found = json.loads(body)
        if not page.names_survey:
            return ""
        if "survey" not in found:
            # The data of a chart: its address names the survey.
            return self._same((page.address, page.language), body) if page.steady else ""
        survey = found["survey"]["id"]
        truth, wrong = self._survey(survey)
        if truth is None:
            return wrong
        answer, question = found.get("answer"), found.get("question")
        if question == "countries":
            rows = {row["country"]: row for row in answer}
            for row in truth.countries:
                right = msgspec.to_builtins(row)
                for name in ("hosts_pop3", "hosts_imap", "hosts_either", "hosts_both"):
                    shown = {key: rows[row.country][name][key] for key in right[name] if key != "intervals"}
                    if shown != {key: value for key, value in right[name].items() if key != "intervals"}:
                        return f"{name} of {row.country} in {survey} are {shown}, and right is {right[name]}"
            self.checked += 1
        if question == "overview":
            hosts, wanted = answer["hosts_either"], either(truth, "")
            if (hosts["wide"], hosts["strict"]) != (wanted.wide, wanted.strict):
                return f"overview of {survey}: {hosts}, and right is {wanted}"
            self.checked += 1
        if question == "timeline":
            return self._wrong_timeline(answer)
        return self._same((page.address, survey), json.dumps(answer).encode()) if page.steady else ""

    def _wrong_timeline(self, moments: list[dict[str, Any]]) -> str:
        for moment in moments:
            truth, wrong = self._survey(moment["survey"])
            if truth is None:
                return wrong
            hosts = moment["hosts_either"] if "hosts_either" in moment else moment["either"]
            wanted = either(truth, "")
            if (hosts["wide"], hosts["strict"]) != (wanted.wide, wanted.strict):
                return f"timeline of {moment['survey']}: {hosts}, and right is {wanted}"
        self.checked += 1
        return ""

    def _same(self, key: tuple[Any, ...], numbers: bytes) -> str:
        """Whether the same page of the same survey has the same numbers as before."""
        digest = sha256(numbers).hexdigest()
        before = self._numbers.setdefault(key, digest)
        return "" if before == digest else f"other numbers than before, for the same {key}"


class Reading:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._judge = Judge(Truths(Path(plan.store), Path(plan.announced)))
        self._times: defaultdict[str, list[float]] = defaultdict(list)
        self._wrong: list[Wrong] = []

    async def run(self) -> Found:
        began = time.monotonic()
        until = began + self._plan.seconds
        readers = 1 if self._plan.cold else self._plan.readers
        await asyncio.gather(*(self._reader(number, until) for number in range(readers)))
        return Found(
            times=dict(self._times),
            wrong=len(self._wrong),
            told=self._wrong[:SHOWN],
            checked=self._judge.checked,
            surveys=dict(self._judge.surveys),
            seconds=time.monotonic() - began,
        )

    async def _reader(self, number: int, until: float) -> None:
        connections = {page.port: Connection(page.port, number) for page in self._plan.pages}
        latest: dict[int, str] = {}
        pages = list(self._plan.pages)
        chance = random.Random(number)
        if not self._plan.cold:
            chance.shuffle(pages)
        over = False
        try:
            while not over:
                for page in _all(pages) if self._plan.cold else pages:
                    if not self._plan.cold and time.monotonic() >= until:
                        return
                    if page.others and not self._plan.cold:
                        address = chance.choice((page.address, *page.others))
                        page = msgspec.structs.replace(page, address=address)
                    await self._ask(connections[page.port], page, latest)
                    if self._plan.pause:
                        await asyncio.sleep(self._plan.pause)
                over = self._plan.cold
        finally:
            for connection in connections.values():
                await connection.close()

    async def _ask(self, connection: Connection, page: Page, latest: dict[int, str]) -> None:
        began = time.monotonic()
        try:
            response = await connection.get(page.address, page.language)
        except (OSError, EOFError) as error:
            await connection.close()
            self._wrong.append(Wrong(page.address, f"no response: {error!r}"))
            return
        self._times[page.name].append(time.monotonic() - began)
        what = self._judge.wrong(page, response)
        if what:
            self._wrong.append(Wrong(page.address, what))
        # A reader who has seen a survey must not be shown an earlier one as the latest.
        if page.address == "/":
            chosen = _CHOSEN.search(response.body)
            survey = chosen[1].decode() if chosen else ""
            if survey < latest.get(page.port, ""):
                self._wrong.append(Wrong(page.address, f"{survey} after {latest[page.port]}"))
            latest[page.port] = max(survey, latest.get(page.port, ""))


def _all(pages: list[Page]) -> list[Page]:
    """Each with one address."""
    return [
        msgspec.structs.replace(page, address=address, others=())
        for page in pages
        for address in (page.address, *page.others)
    ]


def main(arguments: list[str]) -> int:
    plan = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Plan)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(Reading(plan).run())) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
