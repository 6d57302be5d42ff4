"""The place for signatures. What a user loses when these fail: the guide's lines for GnuPG make a broken signature."""

import email
import email.policy
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import pytest

from openletter.report.mail.attachments import Attached, Attachment
from openletter.report.mail.message import Unsubscribing, make_message, octets_of

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "mail.md"


@pytest.fixture
def gpg(tmp_path, monkeypatch):
    """Runs GnuPG with a key of its own for the sender."""
    if which("gpg") is None:
        pytest.skip("there is no gpg")
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))

    def run(*arguments, **more):
        return subprocess.run(
            ["gpg", "--batch", *arguments], check=True, capture_output=True, timeout=60, **more
        )

    run("--passphrase", "", "--quick-generate-key", "reports@example.org", "ed25519", "sign", "1d")
    yield run
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=dict(os.environ), check=True, timeout=60)


def test_the_guides_lines_make_a_good_signature(gpg, letter, tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    names = {}
    exec(code, names)
    attached = Attached(files=(Attachment(name="a.csv", octets=b"x,y\r\n" * 50),))
    unsigned = make_message(
        letter(attached=attached),
        ["abuse@example.net"],
        number="<1@example.org>",
        now=datetime.now(UTC),
        unsubscribing=Unsubscribing(mail="desk@example.org", subject="u"),
    )
    octets = names["sign"](octets_of(unsigned), "reports@example.org")
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert message.get_content_type() == "multipart/signed"
    assert set(unsigned.keys()) == set(message.keys())
    body, signature = message.iter_parts()
    assert [part.get_content_type() for part in body.walk()] == [
        part.get_content_type() for part in unsigned.walk()
    ]
    (tmp_path / "signed").write_bytes(octets.split(b"--signed\r\n")[1].removesuffix(b"\r\n"))
    (tmp_path / "signature").write_bytes(signature.get_payload(decode=True))
    gpg("--verify", str(tmp_path / "signature"), str(tmp_path / "signed"))
