"""The page at the scanner's address. What is lost when these fail: the owner of a server is told something else than what
was done to it, cannot find whom to write to, or is attacked by the page that should calm them.
"""

import re
from datetime import date
from html.parser import HTMLParser

import pytest

from openletter.dialogue.dialogue import dialogue
from openletter.dialogue.notes import Notes
from openletter.dialogue.observation import (
    REGISTERED_PORTS,
    Endpoint,
    Handshake,
    HandshakeOutcome,
    Protocol,
)
from openletter.dialogue.step import NEW_CONNECTION, Await, Profile
from openletter.grammar.command import CONFIRMING, Command
from openletter.report.notice import PAGES, confirmations, contact_of, conversations, make_notice, pages
from openletter.scope.authorisation import Authorisation

LEAVE = Authorisation(
    who="Example CSIRT",
    contact="csirt@example.org",
    basis="section 7 of the Example Act",
    scope=("192.0.2.0/24",),
    until=date(2027, 3, 31),
    confirm=True,
)
TODAY = date(2026, 11, 24)
VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}


class Strict(HTMLParser):
    """Every element closed where it must be, in order; identifiers once; what loads or runs is noted."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.sections, self.links, self.tags, self.text = [], [], [], [], set(), []
        self.feed(page)
        self.close()
        assert self.open == [], f"not closed: {self.open}"
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in {tag}"
        self.tags.add(tag)
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "section":
            self.sections.append(given["id"])
        if tag == "html":
            self.language = given["lang"]
        for name, value in attrs:
            assert not name.startswith("on"), f"{tag} has a script in {name}"
            assert name != "src"
            if name == "href":
                self.links.append(value)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> without its beginning"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.text.append(data)


def made(**more):
    settings = {"who": "Example CSIRT", "contact": "csirt@example.org", "today": TODAY, **more}
    return pages(make_notice(**settings))


FULL = {
    "authorisation": LEAVE,
    "sources": ("192.0.2.1", "2001:db8::1"),
    "every_days": 7,
    "network_rate": 10.0,
}


@pytest.mark.parametrize("settings", [{}, FULL, {"every_days": 1}], ids=["least", "full", "daily"])
def test_both_pages_are_valid_and_have_the_same_parts(settings):
    parsed = {language: Strict(made(**settings)[name]) for language, name in PAGES.items()}
    assert {language: page.language for language, page in parsed.items()} == {"en": "en", "ja": "ja"}
    assert parsed["en"].sections == parsed["ja"].sections
    assert parsed["en"].sections == ["who", "why", "what", "never", "kept", "how", "optout", "contact"]
    assert PAGES["ja"] in parsed["en"].links
    assert PAGES["en"] in parsed["ja"].links
    for page in made(**settings).values():
        assert page.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("name", PAGES.values())
def test_nothing_is_loaded_and_nothing_runs(name):
    page = made(**FULL)[name]
    parsed = Strict(page)
    assert not parsed.tags & {"script", "link", "img", "iframe", "object", "form", "input"}
    assert "url(" not in page
    assert "@import" not in page
    assert {link for link in parsed.links if "://" in link} == set()


@pytest.mark.parametrize("name", PAGES.values())
@pytest.mark.parametrize("confirm", [False, True])
def test_every_word_of_the_program_stands_on_the_page(name, confirm):
    page = made(authorisation=LEAVE if confirm else None)[name]
    shown = set(re.findall(r"<li><code>(.*?)</code></li>", page))
    assert shown == {command.octets.decode().removesuffix("\r\n") for command in Command}


def answer(step, protocol):
    """What a server says with which all goes well."""
    if step is Await.GREETING:
        return b"* OK hello\r\n" if protocol is Protocol.IMAP else b"+OK hello\r\n"
    if isinstance(step, Profile):
        return Handshake(outcome=HandshakeOutcome.OK, version="TLSv1.3", cipher="x", chain=())
    if step is NEW_CONNECTION:
        return None
    if step in (Command.POP3_AUTH_PLAIN, Command.IMAP_AUTHENTICATE_PLAIN):
        return b"+ \r\n"
    if step is Command.POP3_CAPA:
        return b"+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n"
    if protocol is Protocol.POP3:
        return b"-ERR no\r\n" if step is Command.CANCEL else b"+OK\r\n"
    if step is Command.CANCEL:
        return b"a4 BAD cancelled\r\n"
    listed = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" if b"CAPABILITY" in step.octets else b""
    return listed + step.tag + b" OK\r\n"


def said(port, *, confirm=False):
    protocol, mode = REGISTERED_PORTS[port]
    steps = dialogue(
        Notes(Endpoint(ip="192.0.2.1", port=port, protocol=protocol, mode=mode)), confirm=confirm
    )
    value, found = None, []
    while True:
        try:
            step = steps.send(value)
        except StopIteration:
            return found
        if step is Await.GREETING:
            found.append("greeting")
        elif isinstance(step, Profile):
            found.append("handshake")
        elif isinstance(step, Command):
            found.append(step.octets.decode().removesuffix("\r\n"))
        value = answer(step, protocol)


@pytest.mark.parametrize("spoken", conversations(), ids=lambda s: str(s.port))
def test_the_page_says_what_the_dialogue_says_in_its_order(spoken):
    assert [step.octets or step.kind for step in spoken.steps] == said(spoken.port)


@pytest.mark.parametrize(("spoken", "port"), list(zip(confirmations(), (143, 110), strict=True)))
def test_what_is_said_with_leave_only_is_said_in_no_other_case(spoken, port):
    words = {step.octets for step in spoken.steps}
    assert words <= {command.octets.decode().removesuffix("\r\n") for command in CONFIRMING}
    assert not words & set(said(port))
    assert set(said(port, confirm=True)) & words


HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.mark.parametrize("name", PAGES.values())
def test_what_was_given_is_shown_as_text(name):
    leave = Authorisation(
        who=HOSTILE, contact=HOSTILE, basis=HOSTILE, scope=("192.0.2.0/24",), until=date(2027, 3, 31)
    )
    page = made(who="", contact="", authorisation=leave, sources=(HOSTILE,))[name]
    parsed = Strict(page)
    assert "script" not in parsed.tags
    assert "".join(parsed.text).count(HOSTILE) >= 5


def test_only_mail_addresses_and_pages_become_links():
    assert contact_of("csirt@example.org").href == "mailto:csirt@example.org"
    assert contact_of("a+b@example.org").href == "mailto:a%2Bb@example.org"
    assert contact_of("https://example.org/scan").href == "https://example.org/scan"
    for text in (
        "javascript:alert(1)",
        "+31 20 1234567",
        "x@y",
        "https://example.org/ onclick=1",
        "a@b.c?cc=d@e.f",
    ):
        assert contact_of(text).href == ""


def test_what_is_given_wins_over_the_authorisation():
    page = made(who="Another", contact="other@example.net", authorisation=LEAVE)["index.html"]
    assert "Another" in page
    assert "other@example.net" in page
    assert "Example CSIRT" not in page
    assert "section 7 of the Example Act" in page
    assert "2027-03-31" in page
