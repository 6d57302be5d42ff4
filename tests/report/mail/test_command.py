"""``openletter report --mail`` and ``openletter outbox``. What a user loses when these fail: a mail twice or never, a password in
the open, or the word about what became of it."""

import email
import email.policy
import json
import os
import signal
import stat
import subprocess
import sys
from shutil import copytree

import pytest

from openletter.cli import main
from openletter.generated.generating import Order, generate

FROM = "CSIRT of Example <reports@example.org>"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A store of the simulated world, and subscribers."""
    root = tmp_path_factory.mktemp("mail") / "store"
    order = Order(scale=50_000, days=1, full=1, seed=1, until=1_795_478_400.0)
    generate(root, order, cache=tmp_path_factory.mktemp("lab"), processes=1)
    for words in (
        ("de", "--country", "DE", "--contact", "abuse@example.de"),
        ("us", "--country", "US", "--contact", "abuse@example.us", "--language", "ja", "--format", "html"),
        ("nobody", "--country", "US"),
    ):
        assert main.run(("subscriber", "add", *words, "--store", str(root))) == 0
    return root


@pytest.fixture
def openletter(capsys, tmp_path, monkeypatch, authority, world):
    root = tmp_path / "store"
    copytree(world, root)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENLETTER_STORE", str(root))
    monkeypatch.setenv("OPENLETTER_MAIL_FROM", FROM)
    monkeypatch.setenv("OPENLETTER_SMTP_ROOTS", str(authority.roots))
    monkeypatch.setenv("OPENLETTER_MAIL_RATE", "100000")

    def run(*arguments):
        capsys.readouterr()
        code = main.run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    run.root = root
    return run


def test_each_gets_one_a_day(openletter, mail_server):
    kept = mail_server()
    code, _, err = openletter("report", "--mail", "--smtp", kept.url)
    assert code == 0, err
    assert "2 messages queued" in err
    assert "2 messages sent" in err
    assert "no mail address of nobody" in err
    assert {recipients for _, recipients, _ in kept.mails} == {("abuse@example.de",), ("abuse@example.us",)}
    assert {sender for sender, _, _ in kept.mails} == {"reports@example.org"}
    code, _, err = openletter("report", "--mail", "--smtp", kept.url)
    assert code == 0
    assert "0 messages queued, 2 have one of today in the outbox already" in err
    assert len(kept.mails) == 2
    assert stat.S_IMODE((openletter.root / "outbox.sqlite").stat().st_mode) == 0o600
    code, out, _ = openletter("outbox", "list", "sent", "--json")
    assert {json.loads(line)["slug"] for line in out.splitlines()} == {"de", "us"}
    assert openletter("outbox", "list")[1] == "nothing is in the outbox\n"


def test_a_dry_run_writes_files_and_nobody_counts_as_told(openletter, tmp_path):
    page = ("--unsubscribe", "https://r.example.org/no/{subscriber}", "--one-click")
    for _ in range(2):
        code, _, err = openletter(
            "report", "--mail", "--dry-run", "out", "--base-url", "https://r.example.org", *page
        )
        assert code == 0, err
        assert "2 messages written to out; nothing was sent" in err
    files = sorted((tmp_path / "out").iterdir())
    assert [path.name.rpartition("-")[2] for path in files] == ["de.eml", "us.eml"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    german, american = (
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files
    )
    assert german["To"] == "abuse@example.de"
    assert german["List-Unsubscribe"].startswith(
        "<https://r.example.org/no/de>, <mailto:reports@example.org?"
    )
    assert german["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://r.example.org/no/de" in german.get_body(("plain",)).get_content()
    assert "https://r.example.org/finding/" in german.get_body(("html",)).get_content()
    assert {part.get_content_type() for part in german.iter_attachments()} == {"text/csv"}
    assert {part.get_content_type() for part in american.iter_attachments()} == {"text/html"}
    assert not (openletter.root / "reported").exists()
    assert not (openletter.root / "outbox.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--smtp", "smtp://x.example"], "without TLS"),
        (["--smtp", "smtps://u:hunter2@x.example"], "holds a password"),
        (["--smtp", "smtps://u@x.example"], "there is no password for u"),
        ([], "name the mail server"),
        (["--smtp", "smtps://x.example", "--from", "me"], "no mail address"),
        (["--smtp", "smtps://x.example", "--bounce-to", "a b@c"], "no mail address"),
        (["--smtp", "smtps://x.example", "--smtp-roots", "missing.pem"], "missing.pem"),
        (["--smtp", "smtps://u@x.example", "--password-file", "missing"], "missing"),
        (["--smtp", "smtps://x.example", "--unsubscribe", "https://x.example/>, <mailto:y"], "no page"),
        (["--smtp", "smtps://x.example", "--unsubscribe", "http://x.example", "--one-click"], "https"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(openletter, arguments, says):
    code, out, err = openletter("report", "--mail", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "hunter2" not in err
    assert not (openletter.root / "reports").exists()


def test_a_server_without_tls_gets_nothing_and_one_line_says_why(openletter, mail_server):
    plain = mail_server("plain")
    url = plain.url.replace("plain", "smtp+starttls")
    code, _, err = openletter("report", "--mail", "--smtp", url)
    assert code == 3
    assert "offers no STARTTLS" in err.splitlines()[-1]
    assert plain.mails == []
    code, out, _ = openletter("outbox", "list")
    assert out.count("queued") == 2
    kept = mail_server("smtps")
    assert openletter("outbox", "send", "--smtp", kept.url)[0] == 0
    assert len(kept.mails) == 2, "they have waited"


def test_waiting_for_all_tells_of_what_failed_in_its_first_round(openletter, mail_server, monkeypatch):
    monkeypatch.setattr("openletter.report.mail.sending.wait_s", lambda _: 0.3)
    plain = mail_server("plain")
    openletter("report", "--mail", "--smtp", plain.url.replace("plain", "smtp+starttls"))
    kept = mail_server()
    kept.answers += ["554 no", "451 later"]
    code, _, err = openletter("outbox", "send", "--wait", "--smtp", kept.url)
    assert "failed: 554 no" in err
    assert len(kept.mails) == 1
    assert code == 3, "a script takes it for done"


def test_a_refusal_is_shown_and_can_be_sent_again_or_dropped(openletter, mail_server):
    kept = mail_server()
    kept.answers += ["554 no \x1b[31mthanks", "554 no"]
    code, _, err = openletter("report", "--mail", "--smtp", kept.url)
    assert code == 3
    assert "de (1): failed: 554 no \\x1b[31mthanks" in err
    assert "554 no" in openletter("outbox", "list", "failed")[1]
    assert b"Auto-Submitted" in openletter("outbox", "show", "1")[1].encode()
    assert openletter("outbox", "resend", "1")[0] == 0
    assert openletter("outbox", "drop", "2")[0] == 0
    assert openletter("outbox", "send", "--smtp", kept.url)[0] == 0
    assert [recipients for _, recipients, _ in kept.mails] == [("abuse@example.de",)]
    assert openletter("outbox", "drop", "2")[0] == 3
    assert openletter("outbox", "arrived", "1")[0] == 3


def test_the_password_is_never_shown(openletter, mail_server, monkeypatch, tmp_path):
    kept = mail_server(user="me")
    monkeypatch.setenv("OPENLETTER_SMTP_PASSWORD", "wrong hunter2")
    code, out, err = openletter("report", "--mail", "--smtp", kept.url)
    assert code == 3
    assert "does not let me in" in err
    assert "hunter2" not in out + err
    (tmp_path / "password").write_text("s3cret ä\n", "utf-8")
    (tmp_path / "password").chmod(0o600)
    code, _, err = openletter("outbox", "send", "--smtp", kept.url, "--password-file", "password")
    assert code == 0, err
    assert len(kept.mails) == 2
    kept_there = b"".join(path.read_bytes() for path in openletter.root.rglob("*") if path.is_file())
    assert b"s3cret" not in kept_there


def test_the_server_stands_in_the_file_of_settings(openletter, mail_server, authority, monkeypatch, tmp_path):
    """The rate of a survey, which is another one, is not taken for that of mail."""
    kept = mail_server()
    for name in ("OPENLETTER_MAIL_FROM", "OPENLETTER_SMTP_ROOTS"):
        monkeypatch.delenv(name)
    lines = {
        "smtp": kept.url,
        "smtp-roots": authority.roots,
        "mail-from": "r@example.org",
        "mail-bounce-to": "b@example.org",
    }
    text = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
    (tmp_path / "openletter.toml").write_text(f"{text}rate = 0.001\n")
    code, _, err = openletter("report", "--mail")
    assert code == 0, err
    assert {sender for sender, _, _ in kept.mails} == {"b@example.org"}


@pytest.mark.parametrize("point", ["dot", "quit"])
def test_killed_after_the_last_word_nobody_is_told_twice(openletter, scripted, authority, mail_server, point):
    """At ``quit`` the answer was heard, and the account of what was told is not written yet: the next run writes it."""
    tls = authority.context()
    sender = []
    taken = []

    def script(talk):
        talk.start_tls(tls)
        talk.greet("SIZE")
        for _ in range(2):
            talk.take_until_data()
            taken.append(talk.hear_message())
            if point == "dot" and len(taken) == 2:
                sender[0].kill()
                return
            talk.say("250 OK")
        talk.hear()
        sender[0].kill()

    server = scripted(script)
    url = f"smtps://127.0.0.1:{server.port}"
    assert openletter("report")[0] == 0
    sender.append(
        subprocess.Popen(
            [sys.executable, "-m", "openletter.cli.main", "report", "--mail", "--smtp", url],
            env=dict(os.environ),
        )
    )
    try:
        assert sender[0].wait(60) == -signal.SIGKILL
    finally:
        sender[0].kill()
        sender[0].wait()
    assert not (openletter.root / "reported").exists()
    kept = mail_server()
    code, _, err = openletter("outbox", "send", "--smtp", kept.url)
    assert code == 0
    assert len(taken) == 2
    assert kept.mails == []
    assert (openletter.root / "reported").exists(), "who was told is written down now"
    states = sorted(
        json.loads(line)["state"]
        for line in openletter("outbox", "list", "sent", "uncertain", "--json")[1].splitlines()
    )
    if point == "quit":
        assert states == ["sent", "sent"]
        return
    assert states == ["sent", "uncertain"]
    assert "1 may have arrived or not" in err
    assert openletter("outbox", "arrived", "2")[0] == 0
    assert openletter("outbox", "list", "uncertain")[1] == "nothing is in the outbox\n"
