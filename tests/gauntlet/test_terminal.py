"""Nothing but text reaches the terminal, whatever the peers say.

When one of these fails, a mail server on the Internet can write on the screen of whoever asks it: change what stands
there, the window's title, or what is pasted next.
"""

import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from typing import Any

import pytest
from hostile import greetings, handshakes, inside, replies  # noqa: F401
from hostile.peer import PEERS

CHECK = (sys.executable, "-m", "openletter.cli.main", "check", "--timeout", "0.5")
NAMES = {("imap", "cleartext"): "imap", ("imap", "implicit"): "imaps"} | {
    ("pop3", "cleartext"): "pop3",
    ("pop3", "implicit"): "pop3s",
}


@pytest.fixture(scope="module")
def arguments(gang: Any) -> list[str]:
    """Every peer as a target, and what is said on its port."""
    peers = {peer.name for peer in PEERS}
    found = [entry for entry in gang if entry[0] in peers]
    assert len(found) == len(peers)
    ports = [f"--port={NAMES[protocol, mode]}={port}" for _, _, port, protocol, mode in found]
    return [*ports, *(f"{ip}:{port}" for _, ip, port, _, _ in found)]


def not_text(said: str) -> set[str]:
    """Characters that are no text: controls but the line end, bidirectional and other format characters, surrogates."""
    return {
        f"U+{ord(c):04X}"
        for c in said
        if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn")
    }


@pytest.mark.parametrize(
    "shown", [[], ["--transcript"], ["--json"]], ids=lambda shown: " ".join(shown) or "screen"
)
def test_what_is_not_a_terminal_gets_text(arguments: list[str], shown: list[str]) -> None:
    done = subprocess.run([*CHECK, *shown, *arguments], capture_output=True, timeout=120, check=False)
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert done.returncode in (0, 1), err
    assert not_text(out) == set()
    assert err == ""
    if shown == ["--json"]:
        assert len([json.loads(line) for line in out.splitlines()]) == len(PEERS)
    else:
        assert "\\x1b[31m" in out, "the peers' own words are shown, escaped"


def test_a_terminal_gets_our_own_colours_and_no_other_control(arguments: list[str]) -> None:
    """On a real terminal there are colours: ours, and nothing else that begins with an escape."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    environment.pop("NO_COLOR", None)
    said = b""
    with subprocess.Popen(
        [*CHECK, "--transcript", *arguments], stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        try:
            while piece := os.read(ours, 65_536):
                said += piece
        except OSError:
            pass  # Linux says EIO when the last writer has gone.
        finally:
            os.close(ours)
        assert process.wait(60) in (0, 1)
    text = said.decode("utf-8").replace("\r\n", "\n")
    # Colours, and what a progress bar needs: back to the line's start, up, clear the line, hide and show the cursor.
    plain = re.sub(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[[0-9]*[AK]|\x1b\[2K|\r", "", text)
    assert not_text(plain) == set()
    assert "\x1b]" not in text
