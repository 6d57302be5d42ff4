"""The report for people. What a user loses when these fail: a report that says something else than the verdicts, that runs a
stranger's words, that is half English, or that is not the same tomorrow."""

import re
from html.parser import HTMLParser

import pytest

from openletter.remedy.wording import CATALOGUES
from openletter.report.link import Links
from openletter.report.reporting import make_reports
from openletter.store.files import read_table
from openletter.store.store import Store
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Format
from openletter.verdict.classes import STRICT, WIDE
from openletter.verdict.verdict_table import from_table

VOID = {"meta", "br", "rect", "link", "img", "input", "hr"}
LANGUAGES = ("en", "ja")


class Read(HTMLParser):
    """Holds a document to being well formed, and keeps what a test asks for."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open = []
        self.tags = []
        self.texts = []
        self.ids = []
        self.anchors = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert len(given) == len(attrs), f"{tag} has an attribute twice: {attrs}"
        self.tags.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if given.get("href", "").startswith("#"):
            self.anchors.append(given["href"][1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> where {self.open[-1:]} is open"

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def read(path):
    found = Read()
    found.feed(path.read_text("utf-8"))
    found.close()
    assert found.open == []
    return found


def verdicts(reported, survey):
    with Store(reported.root) as store:
        return [
            row for path in store.endpoint_files(store.survey(survey)) for row in from_table(read_table(path))
        ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_well_formed_and_its_links_lead_somewhere(reported, language):
    for day in (0, 1):
        found = read(reported.page(language, reported.days[day]))
        assert len(found.ids) == len(set(found.ids))
        assert set(found.anchors) <= set(found.ids)
        assert dict(found.tags)["html"]["lang"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_needs_nothing_and_runs_nothing(reported, language):
    found = read(reported.page(language))
    assert {tag for tag, _ in found.tags} & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "form",
        "base",
    } == set()
    for _, attributes in found.tags:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset")
        ]
    hrefs = [given["href"] for _, given in found.tags if "href" in given]
    assert {href.split(":")[0] for href in hrefs if not href.startswith("#")} == {"https"}
    style = re.search(r"<style>(.*?)</style>", reported.page(language).read_text("utf-8"), re.S)[1]
    assert "url(" not in style
    assert "@import" not in style
    policies = [
        given["content"] for tag, given in found.tags if given.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_counts_are_those_of_the_verdicts(reported, language):
    rows = verdicts(reported, reported.surveys[1])
    wide = {row.ip for row in rows if row.class_ in WIDE}
    strict = {row.ip for row in rows if row.class_ in STRICT}
    assert wide > strict > set()
    numbers = re.findall(r"<dd>(\d+)</dd>", reported.page(language).read_text("utf-8"))
    assert numbers[:2] == [str(len(wide)), str(len(strict))]
    lead = re.search(r'<p class="lead bad">(.*?)</p>', reported.page(language).read_text("utf-8"), re.S)[1]
    assert re.findall(r"\d+", lead) == [str(len(wide)), str(len(strict))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_server_with_a_fault_is_told_with_its_class_evidence_and_clause(reported, language):
    catalogue = CATALOGUES[language]
    text = reported.page(language).read_text("utf-8")
    cards = dict(
        re.findall(r'<article class="host".*?<span class="address">([^<]+)</span>(.*?)</article>', text, re.S)
    )
    wide = [row for row in verdicts(reported, reported.surveys[1]) if row.class_ in WIDE]
    assert {row.ip for row in wide} <= set(cards)
    for row in wide:
        sections = re.findall(r'<section class="endpoint".*?</section>', cards[row.ip], re.S)
        (section,) = [one for one in sections if re.search(rf"<h4[^>]*>\D*{row.port}\D", one)]
        assert catalogue.classes[row.class_].title in section
        assert catalogue.reasons[row.reason] in section.replace("&#39;", "'")
        assert row.clause.split(",")[0] in section
        if row.reason != "not_asked":
            assert catalogue.evidence[row.evidence].replace("'", "&#39;") in section
        for name in row.findings:
            assert f'href="#w-{name}"' in section
        assert f"{reported.base}/finding/" in section


def test_what_a_stranger_said_is_text_and_nothing_else(reported):
    """The banners hold markup, quotes, bidi controls, terminal escapes and octets that are no text; the network has a name with
    markup."""
    octets = reported.page("en").read_bytes()
    text = octets.decode("utf-8")
    for forbidden in "\u202e\u200b\x1b\x07\x00\x9f\ufffd":
        assert forbidden not in text
    found = read(reported.page("en"))
    assert not any(tag == "b" for tag, _ in found.tags)
    assert '+OK {"json": [1]} \\u0041 <b>&amp;</b>' in found.text
    assert '+OK "quoted", "and again"' in found.text
    assert "\\u202e\\u200b" in found.text
    assert "\\x1b" in found.text
    assert "\\xff\\xfe\\x00" in found.text
    assert "<b>Beispiel</b> & Söhne" in found.text
    assert "Example <Ltd> & Co" in found.text
    assert "x" * 250 not in found.text


def test_what_was_fixed_is_said_and_what_is_new_or_silent(reported):
    found = read(reported.page("en")).text
    table = found[found.index("Fixed or gone") :][:2_000]
    for ip in reported.mended:
        assert re.search(rf"{re.escape(ip)}( mail\S+)? 110 No TLS November 24, 2026 fixed", table), ip
    assert "2 ports did not answer this time and count as open" in found
    assert "ports that are new 16 " in found
    first = read(reported.page("en", reported.days[0])).text
    assert "This is the first report to you" in first
    assert "Fixed or gone" not in first


def test_the_trend_shows_the_days_before(reported):
    text = reported.page("en").read_text("utf-8")
    assert re.findall(r'<span class="when">([^<]+)</span>', text) == ["Nov 24", "Nov 25"]
    assert '<span class="when">' not in reported.page("en", reported.days[0]).read_text("utf-8")


def test_lines_to_copy_are_there_for_each_product(reported):
    text = reported.page("en").read_text("utf-8")
    for line in ("ssl = required", "allowplaintext: no", "IMAP_TLS_REQUIRED=1"):
        assert line in text


def test_it_names_the_data_of_others_and_how_to_answer(reported):
    found = read(reported.page("en")).text
    assert "Places of example networks" in found
    assert "CC0" in found
    assert "Answer to whoever sent you this report." in found
    assert reported.surveys[1] in found


def test_nothing_in_a_japanese_report_is_left_in_english(reported):
    """But names, what servers say, and lines to copy."""
    text = reported.page("ja").read_text("utf-8")
    foreign = (
        r"<style>.*?</style>",
        r"<pre.*?</pre>",
        r'<ol class="talk".*?</ol>',
        r"<bdi.*?</bdi>",
        r"<code>.*?</code>",
        r'<p class="small"><strong>.*?</p>',
        r'<span class="address">.*?</span>',
        r"<dt>TLS.*?</dd>",
    )
    text = re.sub("|".join(foreign), " ", text, flags=re.S)
    words = re.sub(r"<[^>]+>", " ", text)
    sentences = re.findall(r"\b[A-Za-z]{2,}(?: [A-Za-z]{2,}){3,}", words)
    assert sentences == []


def test_the_same_facts_make_the_same_octets(reported, tmp_path):
    """Whatever the clock says, however many processes, and in whatever folder."""
    with Store(reported.root) as store, Directory(reported.root) as directory:
        survey = store.survey(reported.surveys[1])
        for processes in (1, 2):
            run = make_reports(
                store,
                survey,
                directory,
                tmp_path / str(processes),
                (Format.HTML,),
                links=Links(reported.base, reported.secret),
                processes=processes,
            )
            for file in run.documents:
                again = (run.folder / file.file).read_bytes()
                assert again == (reported.folder / file.file).read_bytes()
                assert len(again) == file.octets
