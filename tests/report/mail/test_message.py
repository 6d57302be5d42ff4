"""The message. What a user loses when these fail: a banner or a name of a stranger that writes headers into his mail, or runs
where it is read; mail that programs do not understand, or that starts a war of out-of-office notes."""

import email
import email.header
import email.policy
import email.utils
import re
from datetime import UTC, date, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openletter.report.mail.attachments import Attached, Attachment, attach, zipped
from openletter.report.mail.error import MailSettingError
from openletter.report.mail.letter import banner_text, name_text, words_of
from openletter.report.mail.mailbox import Mailbox, header_text, read_mailbox
from openletter.report.mail.message import Thread, Unsubscribing, make_message, message_id, octets_of
from openletter.subscriber.subscriber import Language, Subscriber
from openletter.verdict.classes import Class
from openletter.verdict.modifiers import MODIFIERS

DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEADERS = [
    "Date",
    "Message-ID",
    "From",
    "Reply-To",
    "To",
    "Subject",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "List-Unsubscribe",
    "MIME-Version",
    "Content-Type",
]
PAGE = "https://reports.example.org/unsubscribe/x"


@pytest.fixture
def made(letter):
    def make(of=None, *, recipients=("abuse@example.net",), **more):
        of = of or letter()
        told = {
            "number": message_id(DAY, "example.org"),
            "now": NOW,
            "reply_to": Mailbox("", "desk@example.org"),
            "thread": Thread(messages=("<1@example.org>", "<2@example.org>", "<3@example.org>")),
            "unsubscribing": Unsubscribing(
                mail="desk@example.org", subject=f"unsubscribe {of.subscriber.slug}"
            ),
        }
        return make_message(of, recipients, **{**told, **more})

    return make


def read(octets):
    return email.message_from_bytes(octets, policy=email.policy.default)


def test_the_headers_that_it_has_and_no_others(made):
    message = read(octets_of(made()))
    assert message.keys() == HEADERS
    assert str(message["From"]) == "CSIRT <reports@example.org>"
    assert message["To"] == "abuse@example.net"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["In-Reply-To"] == "<3@example.org>"
    assert message["References"].split() == ["<1@example.org>", "<3@example.org>"]
    assert message["List-Unsubscribe"] == "<mailto:desk@example.org?subject=unsubscribe%20ex>"
    assert message["Date"].datetime == NOW
    assert (
        "2 mail servers let passwords cross in the clear, 3 new, 1 fixed (2026-11-24)" in message["Subject"]
    )


@pytest.mark.parametrize(
    "name",
    [
        "Example, Inc.",
        "CSIRT of Example, Inc., Department of Network Measurement and Abuse Handling, Tokyo",
        'The "Computer Security" Incident Response Team (CSIRT) of the Republic of Example, \\o/ Networks',
        "Zentrum für Informationssicherheit, Abteilung Netzmessung, Referat 4, Bonn, Deutschland",
        "株式会社、" * 40,
        ", " * 100 + "x",
        "x" * 300,
    ],
)
def test_whoever_writes_is_one_however_long_the_name(made, letter, name):
    """A From of several mailboxes, some of them without a domain, is turned away by most servers (RFC 5322 §3.6.2, DMARC)."""
    sender = Mailbox(name, "reports@example.org")
    octets = octets_of(made(letter(sender=sender), reply_to=sender))
    message = email.message_from_bytes(octets)
    for header in ("From", "Reply-To"):
        # RFC 2047 §6.2: no blank between two encoded words is shown, and decode_header knows that.
        (mailbox,) = email.utils.getaddresses([message[header].replace("\r\n", "")])
        assert mailbox[1] == "reports@example.org"
        shown = str(email.header.make_header(email.header.decode_header(mailbox[0])))
        assert shown == header_text(name)
    head, _, _ = octets.partition(b"\r\n\r\n")
    assert not [line for line in head.split(b"\r\n") if len(line) > 78 and b" " in line.strip()]


def test_the_first_to_a_subscriber_answers_nothing(made):
    message = made(thread=Thread(), reply_to=None)
    assert {"In-Reply-To", "References", "Reply-To"}.isdisjoint(message.keys())


@pytest.mark.parametrize(
    ("page", "one_click", "post"),
    [
        (PAGE, True, True),
        (PAGE, False, False),
        (PAGE.replace("https", "http"), True, False),
        ("", True, False),
    ],
)
def test_one_click_is_promised_over_https_alone(page, one_click, post, made):
    unsubscribing = Unsubscribing(mail="d@example.org", subject="u", page=page, one_click=one_click)
    message = made(unsubscribing=unsubscribing)
    assert (message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") is post
    assert message["List-Unsubscribe"].startswith(f"<{page}>, " if page else "<mailto:")


def test_every_line_is_ascii_and_short_enough_for_any_server(made, letter):
    japanese = Subscriber(id=1, slug="ex", name="株式会社" * 40, language=Language.JA)
    octets = octets_of(made(letter(subscriber=japanese), recipients=[f"a{n}@example.net" for n in range(60)]))
    assert octets.isascii()
    lines = octets.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    message = read(octets)
    assert len(message["To"].addresses) == 60
    assert "株式会社" in message["Subject"]
    assert message.get_body(("plain",)).get_content().startswith("株式会社")
    assert message.get_body(("html",))["Content-Language"] == "ja"


def test_identifiers_are_never_put_into_encoded_words(made):
    """Then no program finds the thread, and none the address to unsubscribe at."""
    domain = f"{'a' * 60}.{'b' * 60}.{'c' * 60}.example.org"
    number = message_id(DAY, domain)
    octets = octets_of(
        made(
            number=number,
            thread=Thread(messages=(number, number)),
            unsubscribing=Unsubscribing(
                mail=f"a@{domain}", subject="u", page=f"https://{domain}/{'x' * 300}"
            ),
        )
    )
    head = octets.partition(b"\r\n\r\n")[0]
    assert b"=?" not in head
    message = read(octets)
    assert message["References"].split() == [number, number]
    assert message["Message-ID"] == message["In-Reply-To"] == number


NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from('\r\n\0\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\ufeff\u202e:<>",;@\\= ='), st.characters()
    ),
    max_size=80,
)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    name=NASTY,
    sender=NASTY,
    slug=NASTY,
    host=NASTY,
    banner=st.binary(max_size=60),
    language=st.sampled_from(Language),
)
def test_no_header_can_be_added_or_broken_by_anybodys_words(
    name, sender, slug, host, banner, language, made, letter, digest
):
    subscriber = Subscriber(id=1, slug=slug, name=name, language=language)
    of = letter(
        subscriber=subscriber,
        digest=digest(name=host, banner=banner_text(banner)),
        sender=Mailbox(sender, "reports@example.org"),
        attached=Attached(files=(Attachment(name="a.csv", octets=b"x\r\n"),)),
    )
    octets = octets_of(made(of))
    message = read(octets)
    assert message.keys() == HEADERS
    assert [one.addr_spec for one in message["From"].addresses] == ["reports@example.org"]
    assert [one.addr_spec for one in message["To"].addresses] == ["abuse@example.net"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert b"\0" not in octets
    assert octets.isascii()
    head = octets.partition(b"\r\n\r\n")[0]
    assert all(re.match(rb"[A-Za-z-]+:( |$)|[ \t]+\S", line) for line in head.split(b"\r\n"))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/csv",
    ]


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: c@d.example", "a@b.example\n", "a b@c.example", "a@b,c@d"]
)
def test_an_address_that_could_be_two_is_refused(address, made):
    with pytest.raises(MailSettingError):
        read_mailbox(address)
    with pytest.raises(ValueError):
        made(number=f"<{address}>\r\n")


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("reports@example.org", "", "reports@example.org"),
        ("CSIRT of Example <reports@Example.ORG>", "CSIRT of Example", "reports@example.org"),
        ('"Example, Ltd" <r@bücher.example>', "Example, Ltd", "r@xn--bcher-kva.example"),
        ("窓口 <r@例え.jp>", "窓口", "r@xn--r8jz45g.jp"),
    ],
)
def test_an_address_of_any_language_becomes_one_that_every_server_takes(text, name, address, made, letter):
    assert read_mailbox(text) == Mailbox(name, address)
    message = read(octets_of(made(letter(sender=read_mailbox(text)))))
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, address)


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}"


@pytest.mark.parametrize("language", Language)
def test_hostile_words_are_text_in_html(language, letter, digest):
    of = letter(
        subscriber=Subscriber(id=1, slug="ex", name=HOSTILE, language=language),
        digest=digest(name=HOSTILE, banner=banner_text(b"+OK " + HOSTILE.encode() + b"\x1b[31m\x00")),
    )
    words = words_of(of, lambda *_: f"https://reports.example.org/finding/{HOSTILE}")
    for tag in re.findall(r"<[^>]*>", words.html):
        assert re.fullmatch(r"<[!/]?[A-Za-z0-9]+( [a-z-]+=\"[^\"<>]*\"| html)*>", tag), tag
        assert "script" not in tag.partition("href")[0]
        assert "onerror" not in tag.partition("href")[0]
    assert "&lt;script&gt;alert(1)" in words.html
    assert "49" not in words.html.replace("&#34;", "").replace("&#39;", "")
    assert "\x1b" not in words.html + words.text
    assert "\\x1b[31m\\x00" in words.text


def test_a_name_is_nothing_that_a_mail_program_makes_a_link_of():
    assert name_text("http://evil.example/x?y") == "http\\x3a\\x2f\\x2fevil.example\\x2fx\\x3fy"
    assert name_text("mail-1.ex_ample.org") == "mail-1.ex_ample.org"
    assert len(name_text("a" * 10_000)) < 300
    assert len(header_text("a" * 10_000)) <= 300


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("word", [*Class, *(modifier.name for modifier in MODIFIERS)])
def test_there_are_words_for_every_fault(language, word, letter, digest):
    subscriber = Subscriber(id=1, slug="ex", name="Example", language=language)
    words = words_of(letter(subscriber=subscriber, digest=digest(word=str(word))))
    assert "192.0.2.1" in words.text
    assert "192.0.2.1" in words.html
    if language is Language.JA:
        left = re.sub(
            r"<[^>]*>|Example|Openletter|Shadowserver Foundation|Reports API|ZIP|CSIRT|&[a-z]+;",
            "",
            words.html,
        )
        assert not re.findall(r"\b(?:the|of|server|port|new|fixed)\b", left.partition("</head>")[2])


def test_text_and_html_say_the_same_numbers(letter):
    words = words_of(letter())
    for number in ("2 servers, 3 ports", "1 server, 2 ports", "2 servers, 9 ports"):
        assert number in words.text
    assert re.search(r"\(wide\).*?>2<.*?>3<", words.html, re.DOTALL)
    assert re.search(r"\(strict\).*?>1<.*?>2<", words.html, re.DOTALL)
    assert re.search(r">5</span>Still open<br>of them due 1", words.html)


def _files(folder, *sizes):
    for number, size in enumerate(sizes):
        (folder / f"{number}.csv").write_bytes(b"x,y\r\n" * (size // 5))
    return sorted(folder.iterdir(), reverse=True)


def test_files_hang_on_it_as_they_are(tmp_path, made, letter):
    attached = attach(_files(tmp_path, 500, 100), "all.zip", zip_above=600)
    assert [file.name for file in attached.files] == ["0.csv", "1.csv"]
    message = read(octets_of(made(letter(attached=attached))))
    parts = list(message.iter_attachments())
    assert [part.get_filename() for part in parts] == ["0.csv", "1.csv"]
    assert parts[0].get_payload(decode=True) == (tmp_path / "0.csv").read_bytes()
    assert parts[0].get_content_disposition() == "attachment"
    assert str(parts[0]["Content-Type"]) == 'text/csv; charset="utf-8"'


def test_above_a_size_they_are_one_archive_that_is_always_the_same(tmp_path, made, letter):
    paths = _files(tmp_path, 500, 105)
    attached = attach(paths, "all.zip", zip_above=600)
    assert [file.name for file in attached.files] == ["all.zip"]
    paths[0].touch()
    paths[1].chmod(0o600)
    assert zipped(paths) == zipped(paths[::-1]) == attached.files[0].octets
    path = tmp_path / "z.zip"
    path.write_bytes(attached.files[0].octets)
    with ZipFile(path) as archive:
        assert archive.namelist() == ["0.csv", "1.csv"]
        assert archive.read("0.csv") == (tmp_path / "0.csv").read_bytes()
        assert {(entry.date_time, entry.external_attr >> 16) for entry in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o100644)
        }
    message = read(octets_of(made(letter(attached=attached))))
    assert next(message.iter_attachments()).get_content_type() == "application/zip"
    assert "zipped" in message.get_body(("plain",)).get_content()


def test_what_no_mail_can_carry_is_left_out_and_said_so(tmp_path, monkeypatch, letter):
    monkeypatch.setattr("openletter.report.mail.attachments.MAX_OCTETS", 10)
    for zip_above in (10, 10_000):
        attached = attach(_files(tmp_path, 500), "all.zip", zip_above=zip_above)
        assert (attached.files, attached.too_large) == ((), True)
    assert "too large for a mail" in words_of(letter(attached=attached)).text


def test_an_html_report_is_no_part_that_is_shown_in_place_of_the_body(tmp_path, made, letter):
    (tmp_path / "report.html").write_text("<p>whole report</p>")
    message = read(octets_of(made(letter(attached=attach([tmp_path / "report.html"], "x.zip")))))
    assert message.get_content_type() == "multipart/mixed"
    assert "whole report" not in message.get_body(("html",)).get_content()
    (part,) = message.iter_attachments()
    assert (part.get_content_type(), part.get_content_disposition()) == ("text/html", "attachment")


TEMPLATES = Path("src/openletter/report/templates/mail")


def test_both_languages_have_the_same_words():
    macros = {
        path.name: re.findall(r"macro (\w+\([^)]*\))", path.read_text("utf-8"))
        for path in TEMPLATES.glob("*.words.j2")
    }
    assert len(macros) == len(Language)
    assert len({tuple(found) for found in macros.values()}) == 1
