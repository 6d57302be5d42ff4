"""The closed set of what is ever sent. When one of these fails, a survey could carry a credential to a stranger."""

import re

import pytest

from openletter.grammar.command import CONFIRMING, Command

FORBIDDEN = (
    "PASS",
    "LOGIN",
    "APOP",
    "SELECT",
    "EXAMINE",
    "AUTH LOGIN",
    "STAT",
    "RETR",
    "LIST",
    "FETCH",
    "DELE",
)


@pytest.mark.parametrize("command", list(Command))
def test_no_command_opens_a_mailbox_or_carries_a_secret(command: Command) -> None:
    for word in FORBIDDEN:
        assert word.encode() not in command.value.upper().replace(b"AUTHENTICATE", b"")


@pytest.mark.parametrize("command", list(Command))
def test_each_command_is_one_whole_line(command: Command) -> None:
    assert re.fullmatch(rb"[ -~]+\r\n", command.value)


def test_the_set_is_what_the_documentation_promises() -> None:
    """Whoever adds a command meets this line, and has to say to whom it may be sent."""
    words = {bytes(c.value).strip().split(b" ", 1)[-1] for c in Command}
    assert words == {
        b"CAPABILITY",
        b"STARTTLS",
        b"AUTHENTICATE PLAIN",
        b"PLAIN",
        b"*",
        b"LOGOUT",
        b"CAPA",
        b"STLS",
        b"x",
        b"QUIT",
    }
    assert {
        c for c in Command if b"AUTH" in c.value or b"USER" in c.value or c.value == b"*\r\n"
    } == CONFIRMING
    assert {c for c in Command if c.is_farewell} == {Command.IMAP_LOGOUT, Command.POP3_QUIT}
    assert all(type(c.octets) is bytes and c.octets == c.value for c in Command)


def test_tags_are_distinct() -> None:
    """A late answer to one command must not be taken for the answer to another."""
    tagged = [c for c in Command if c.name.startswith("IMAP")]
    assert len({c.tag for c in tagged}) == len(tagged)


def test_no_command_can_be_made() -> None:
    with pytest.raises(ValueError, match="is not a valid Command"):
        Command(b"a5 LOGIN x y\r\n")
