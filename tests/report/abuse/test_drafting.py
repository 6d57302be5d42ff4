"""Drafts for abuse desks. What a user loses when these fail: a server's owner who is never told, a desk that is told of somebody
else's servers, or a mail that goes out by itself."""

import ast
import csv
import email
import importlib.util
import io
import signal
import subprocess
import sys
from email.policy import default
from pathlib import Path

import msgspec
import pytest

from openletter.cli import main
from openletter.dialogue.observation import Exchange, Protocol, Side
from openletter.report.abuse.drafting import write_drafts
from openletter.report.abuse.looking_up import LookUp
from openletter.report.abuse.registries import registries
from openletter.report.abuse.unowned import Choice, unowned_rows
from openletter.report.mail.mailbox import Mailbox
from openletter.report.mail.xarf import MAX_ATTACHED
from openletter.subscriber.directory import Directory
from openletter.subscriber.subscriber import Subscriber
from openletter.verdict.classes import Severity

CSIRT = Mailbox("CSIRT of Example", "reports@example.org")
EVERYTHING = Choice()
SAID = (Exchange(Side.SERVER, b"+OK \x1b[31mready\r\n"), Exchange(Side.CLIENT, b"CAPA\r\n"))


@pytest.fixture
def survey(finished, server):
    def make(*ips, **more):
        return finished([server(ip, transcript=SAID, **more) for ip in ips])

    make.store = finished.store
    return make


@pytest.fixture
def draft(registry, clock, survey, tmp_path):
    def run(record, folder="drafts", choice=EVERYTHING, sender=CSIRT, **more):
        def look_up(cache, ips):
            lists = registries(cache, registry.source, clock.now)
            return LookUp(cache, lists, rate=600.0, clock=clock, sleep=clock.sleep).run(ips)

        with Directory(survey.store.root) as directory:
            return write_drafts(
                survey.store,
                [record],
                directory,
                tmp_path / folder,
                sender,
                look_up,
                choice=choice,
                now=clock.now,
                **more,
            )

    return run


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=default)


def rows_of(message):
    files = [part for part in message.iter_attachments() if part.get_content_type() == "text/csv"]
    return [row for part in files for row in csv.DictReader(io.StringIO(part.get_content()))]


def test_one_draft_for_each_contact_with_the_servers_of_all_its_networks(draft, survey, registry, rdap):
    desk = rdap.entity("abuse", mails=["abuse@one.alt"])
    registry.networks = [
        rdap.network("203.0.114.0/24", desk),
        rdap.network("203.0.115.0/24", rdap.entity("abuse", mails=["abuse@two.alt"])),
        rdap.network("203.0.116.0/24", desk),
    ]
    done = draft(survey("203.0.114.1", "203.0.114.2", "203.0.115.1", "203.0.116.1"))
    assert {one.contact: (one.networks, one.hosts) for one in done.drafts} == {
        "abuse@one.alt": (2, 3),
        "abuse@two.alt": (1, 1),
    }
    assert (done.asked, done.without) == (3, ())
    found = {str(read(one.file)["To"]): [row["ip"] for row in rows_of(read(one.file))] for one in done.drafts}
    assert found == {
        "abuse@one.alt": ["203.0.114.1", "203.0.114.2", "203.0.116.1"],
        "abuse@two.alt": ["203.0.115.1"],
    }


def test_a_person_can_open_it_and_nothing_says_that_it_was_sent(draft, survey, registry, rdap):
    registry.networks = [rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["abuse@one.alt"]))]
    (one,) = draft(survey("203.0.114.1")).drafts
    message = read(one.file)
    assert message["X-Unsent"] == "1"
    assert message["From"].addresses[0].addr_spec == "reports@example.org"
    assert "1 mail server in your network lets passwords cross in the clear" in message["Subject"]
    for name in ("Date", "Message-ID", "Cc", "Bcc", "Received", "Auto-Submitted"):
        assert message[name] is None
    text = message.get_body().get_content()
    assert "203.0.114.1" in text
    assert "No TLS" in text or "TLS" in text
    assert one.file.stat().st_mode & 0o077 == 0
    xarf = [part for part in message.iter_attachments() if part.get_content_type() == "message/rfc822"]
    assert len(xarf) == 1
    inner = xarf[0].get_content()
    assert inner["X-XARF"] == "PLAIN"
    evidence = next(part for part in inner.iter_attachments() if part.get_filename() == "transcript.txt")
    assert evidence.get_content().splitlines() == ["S: +OK \\x1b[31mready", "C: CAPA"]


def test_in_japanese_as_well_for_who_is_in_japan(draft, survey, registry, rdap):
    desk = rdap.entity("technical", mails=["tech@one.alt"])
    registry.networks = [rdap.network("203.0.114.0/24", desk, country="JP")]
    (one,) = draft(survey("203.0.114.1")).drafts
    assert one.languages == ("en", "ja")
    text = read(one.file).get_body().get_content()
    assert "Hello," in text
    assert "ご担当者様" in text.partition("\n-- ")[0], (
        "mail programs hide what stands behind the signature's mark"
    )
    assert "パスワード" in read(one.file)["Subject"]


def test_a_second_run_writes_the_same_octets(draft, survey, registry, rdap):
    registry.networks = [rdap.network("203.0.114.0/24", rdap.entity("abuse", mails=["abuse@one.alt"]))]
    record = survey("203.0.114.1", "203.0.114.2")
    (first,), (second,) = draft(record, "a").drafts, draft(record, "b").drafts
    assert first.file.read_bytes() == second.file.read_bytes()


def test_what_belongs_to_a_subscriber_is_for_him_alone(draft, survey, registry, rdap):
    """Also where he is not told for now, or wants only what is worse."""
    registry.networks = [rdap.network("203.0.0.0/16", rdap.entity("abuse", mails=["abuse@one.alt"]))]
    record = survey("203.0.114.1", "203.0.115.1", "203.0.116.1", "203.0.117.1")
    with Directory(survey.store.root) as directory:
        directory.add(Subscriber(slug="a", name="A", networks=("203.0.114.0/24",), active=False))
        directory.add(Subscriber(slug="b", name="B", networks=("203.0.115.0/24",), minimum=Severity.CRITICAL))
        directory.add(Subscriber(slug="c", name="C", networks=("203.0.116.0/24",), reports=()))
    (one,) = draft(record).drafts
    assert [row["ip"] for row in rows_of(read(one.file))] == ["203.0.117.1"]
    (chosen,) = draft(record, "chosen", Choice(networks=("203.0.114.0/23",))).drafts
    assert [row["ip"] for row in rows_of(read(chosen.file))] == ["203.0.114.1", "203.0.115.1"]


def test_only_what_is_vulnerable(zoo):
    from openletter.store.store import Store

    with Store(zoo) as store:
        rows = unowned_rows(store, [store.latest(judged=True)], (), Choice())
        chosen = unowned_rows(store, [store.latest(judged=True)], (), Choice(countries=("JP",)))
    assert rows.num_rows > 100
    assert set(rows.column("severity").unique().to_pylist()) <= {"critical", "high", "medium"}
    assert all(kind.endswith("_vulnerable") for kind in rows.column("type").unique().to_pylist())
    assert chosen.column("geo").unique().to_pylist() == ["JP"]


def test_the_whole_zoo_becomes_drafts_that_are_mails(zoo, registry, clock, tmp_path, rdap):
    """Banners, names and certificates that were made to do harm, on addresses of whom nobody is told."""
    from openletter.store.store import Store

    known = {}

    def look_up(cache, ips):
        from openletter.report.abuse.looking_up import Looking
        from openletter.report.abuse.network import Network, Outcome

        for ip in ips:
            country = "JP" if known.setdefault(ip, len(known)) % 2 else "NL"
            cache.keep(
                Network(
                    first=ip,
                    last=ip,
                    outcome=Outcome.FOUND,
                    contact=f"d{known[ip] % 3}@isp.alt",
                    country=country,
                    role="noc",
                ),
                "registry",
                clock.now,
                ip=ip,
            )
        return Looking(asked=0, left={})

    with Store(zoo) as store, Directory(zoo) as directory:
        rows = unowned_rows(store, [store.latest(judged=True)], (), Choice())
        done = write_drafts(
            store,
            [store.latest(judged=True)],
            directory,
            tmp_path,
            CSIRT,
            look_up,
            choice=Choice(),
            now=clock.now,
        )
    assert len(done.drafts) == 3
    assert sum(one.endpoints for one in done.drafts) == len(rows.column("key").unique())
    for one in done.drafts:
        message = read(one.file)
        assert not message.defects
        assert set(message.keys()) <= {
            "From",
            "To",
            "Subject",
            "X-Unsent",
            "MIME-Version",
            "Content-Type",
            "Content-Language",
        }
        text = message.get_body().get_content()
        assert all(character.isprintable() or character == "\n" for character in text.replace("\r\n", "\n"))
        assert all(len(line) < 999 for line in one.file.read_bytes().split(b"\r\n"))


@pytest.mark.parametrize(
    "mail",
    ["abuse@one.alt\r\nBcc: all@one.alt", "abuse@one.alt\nX: y", "a@one.alt, b@one.alt", "abuse@example"],
)
def test_a_registrys_customer_writes_no_header(draft, survey, registry, rdap, mail):
    desk = rdap.entity("abuse", mails=[mail])
    registry.networks = [rdap.network("203.0.114.0/24", desk, name="X\r\nBcc: all@one.alt")]
    done = draft(survey("203.0.114.1"))
    assert done.drafts == ()
    (none,) = done.without
    assert (none.place, none.hosts, none.why) == ("203.0.114.0-203.0.114.255", 1, "names nobody for abuse")
    assert none.name.isprintable()


def test_each_network_without_a_contact_is_said_once(draft, survey, registry, rdap):
    registry.networks = [rdap.network("203.0.115.0/24")]
    registry.special["203.0.116.1"] = [(200, {}, b"<html>")]
    done = draft(survey("203.0.114.1", "203.0.115.1", "203.0.115.2", "203.0.116.1", "10.0.0.1"))
    said = {one.place: (one.hosts, one.again) for one in done.without}
    assert said == {
        "10.0.0.1": (1, False),
        "203.0.114.0-203.0.114.255": (1, False),
        "203.0.115.0-203.0.115.255": (2, False),
        "203.0.116.1": (1, True),
    }


def test_many_servers_make_one_mail_of_a_bearable_size(draft, survey, registry, rdap):
    registry.networks = [rdap.network("203.0.0.0/16", rdap.entity("abuse", mails=["abuse@one.alt"]))]
    (one,) = draft(survey(*(f"203.0.{n >> 8}.{n & 255}" for n in range(3_000)))).drafts
    assert one.hosts == 3_000
    message = read(one.file)
    kinds = [part.get_content_type() for part in message.iter_attachments()]
    assert kinds.count("message/rfc822") == MAX_ATTACHED
    assert len(rows_of(message)) == 3_000 or "application/zip" in kinds
    assert f"X-ARF for the first {MAX_ATTACHED} ports" in message.get_body().get_content()


def test_nothing_to_say_nothing_written_and_nobody_asked(draft, survey, registry, server, tmp_path):
    record = survey("203.0.114.1", caps_pre=("STLS",), protocol=Protocol.POP3)
    done = draft(record)
    assert (done.drafts, done.without, registry.asked) == ((), (), [])
    assert list((tmp_path / "drafts").iterdir()) == []


def modules_behind(name, seen):
    """All of ours that a module imports, and what else these import."""
    if name in seen:
        return
    spec = importlib.util.find_spec(name)
    seen[name] = set()
    tree = ast.parse(Path(spec.origin).read_text("utf-8"))
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        for one in names:
            seen[name].add(one)
            if one.startswith("openletter"):
                try:
                    found = importlib.util.find_spec(one)
                except ModuleNotFoundError:
                    continue
                if found is not None:
                    modules_behind(one, seen)


def test_nothing_behind_it_can_send_mail():
    """Neither by what the sources say nor by what is loaded when they are."""
    seen = {}
    folder = Path(importlib.util.find_spec("openletter.report.abuse").origin).parent
    names = [
        f"openletter.report.abuse.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"
    ]
    for name in names:
        modules_behind(name, seen)
    assert len(seen) > len(names)
    imported = {one for some in seen.values() for one in some}
    forbidden = {"smtplib", "aiosmtplib", "openletter.report.mail.smtp", "openletter.report.mail.sending"}
    assert imported & forbidden == set()
    program = f"import sys; {'; '.join(f'import {name}' for name in names)}; print('smtplib' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
    # The test would see it if it were there.
    modules_behind("openletter.report.mail.smtp", seen)
    assert "smtplib" in {one for some in seen.values() for one in some}


def test_the_command(survey, registry, rdap, tmp_path, capsys):
    survey("203.0.114.1", "203.0.115.1")
    registry.networks = [rdap.network("203.0.114.0/24", rdap.entity("noc", mails=["noc@one.alt"]))]
    words = [
        "report",
        "--store",
        str(survey.store.root),
        "--abuse",
        str(tmp_path / "out"),
        "--from",
        "r@example.org",
    ]
    words += ["--rdap-lists", registry.source, "--rdap-rate", "600"]
    assert main.run(words) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("noc@one.alt (noc: no abuse contact is named): 1 servers in 1 networks")
    assert lines[1].startswith("no contact: 203.0.115.0-203.0.115.255, 1 servers: the registry knows no such")
    assert "1 drafts in" in err
    assert "nothing was sent" in err
    assert main.run([*words, "--json"]) == 0
    drafts = [msgspec.json.decode(line) for line in capsys.readouterr()[0].splitlines()]
    assert [one["contact"] for one in drafts] == ["noc@one.alt", None]


def test_ctrl_c_and_then_the_rest(survey, registry, rdap, tmp_path):
    ips = [f"203.0.{n}.1" for n in range(114, 118)]
    survey(*ips)
    desk = rdap.entity("abuse", mails=["abuse@one.alt"])
    registry.networks = [rdap.network(f"203.0.{n}.0/24", desk) for n in range(114, 118)]
    words = [
        "report",
        "--store",
        str(survey.store.root),
        "--abuse",
        str(tmp_path / "out"),
        "--from",
        "r@example.org",
    ]
    words += ["--rdap-lists", registry.source, "--rdap-rate"]
    program = [sys.executable, "-c", "from openletter.cli.main import main; main()", *words]
    with subprocess.Popen([*program, "60"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
        try:
            assert registry.questioned.wait(60)
            run.send_signal(signal.SIGINT)
            err = run.communicate(timeout=60)[1]
        finally:
            run.kill()
    assert run.returncode == 130
    assert "run the command again" in err.decode()
    assert registry.questions == ips[:2]
    assert main.run([*words, "600"]) == 0
    assert registry.questions.count(ips[0]) == 1, "what was answered is not asked again"
    assert set(registry.questions) == set(ips)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "say who writes"),
        (["--from", "nobody"], 2, "no mail address"),
        (
            ["--from", "r@example.org", "--mail", "--smtp", "smtps://x@mail.example.org"],
            2,
            "leave --mail out",
        ),
        (["--from", "r@example.org", "--abuse-country", "Japan"], 2, "two letters"),
        (["--from", "r@example.org", "--abuse-network", "x"], 2, "x"),
        (["--from", "r@example.org", "--rdap-lists", "http://lists.example.org/"], 2, "without TLS"),
        (
            ["--from", "r@example.org", "--rdap-lists", "http://127.0.0.1:1/"],
            3,
            "which registry to ask is not known",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(survey, tmp_path, capsys, monkeypatch, arguments, code, says):
    monkeypatch.setenv("OPENLETTER_SMTP_PASSWORD", "x")
    survey("203.0.114.1")
    words = ["report", "--store", str(survey.store.root), "--abuse", str(tmp_path / "out")]
    assert main.run([*words, *arguments]) == code
    err = capsys.readouterr()[1]
    assert says in err
    assert len(err.splitlines()) == 1
