"""What the standard library's clients read from a server, our readers read, too.

When one of these fails, a mail program sees another server than the survey does.
"""

import imaplib
import poplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from openletter.grammar.capability import imap_capabilities, pop3_capabilities
from openletter.grammar.imap import Capability, ImapReader, Status
from openletter.grammar.pop3 import Pop3Reader


@contextmanager
def server(greeting: bytes, answer: Callable[[bytes], bytes]) -> Iterator[int]:
    """A server on loopback for one connection; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = listener.accept()
        with peer, peer.makefile("rwb") as lines:
            lines.write(greeting)
            lines.flush()
            for line in lines:
                lines.write(answer(line))
                lines.flush()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(10)
        listener.close()


IMAP_LISTS = {
    "dovecot": b"* CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED\r\n",
    "courier": b"* CAPABILITY IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=REFERENCES SORT QUOTA IDLE STARTTLS\r\n",
    "cyrus": b"* CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE STARTTLS AUTH=PLAIN SASL-IR URLAUTH URLAUTH=BINARY\r\n",
    "mailutils": b"* CAPABILITY IMAP4rev1 NAMESPACE ID IDLE LITERAL+ UNSELECT XTLSREQUIRED STARTTLS\r\n",
    "exchange": b"* CAPABILITY IMAP4 IMAP4rev1 AUTH=NTLM AUTH=GSSAPI AUTH=PLAIN STARTTLS UIDPLUS CHILDREN IDLE "
    b"NAMESPACE LITERAL+\r\n",
    "lower": b"* CAPABILITY imap4rev1 auth=plain\r\n",
    "behind a literal": b'* ID ("name" {6}\r\nx\r\ny z)\r\n* CAPABILITY IMAP4rev1 ID\r\n',
}


@pytest.mark.parametrize("response", IMAP_LISTS.values(), ids=IMAP_LISTS.keys())
def test_imaplib_reads_the_same_capabilities(response: bytes) -> None:
    greeting = b"* OK ready\r\n"
    sent: list[bytes] = [greeting]

    def answer(line: bytes) -> bytes:
        tag, word = line.split()[:2]
        done = tag + b" OK done\r\n"
        said = (response if word.upper() == b"CAPABILITY" else b"* BYE see you\r\n") + done
        sent.append(said)
        return said

    with server(greeting, answer) as port:
        client = imaplib.IMAP4("127.0.0.1", port, timeout=10)
        theirs = client.capabilities
        client.logout()
    reader = ImapReader()
    reader.receive(b"".join(sent))
    seen = []
    while (event := reader.next()) is not None:
        seen.append(event)
    ours = next(imap_capabilities(e.payload) for e in seen if isinstance(e, Capability))
    assert ours == tuple(theirs)
    assert isinstance(seen[0], Status)
    assert len([e for e in seen if isinstance(e, Status) and e.tag != b"*"]) == 2


POP3_LISTS = {
    "dovecot": b"+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\n"
    b"STLS\r\nUSER\r\nSASL PLAIN LOGIN\r\n.\r\n",
    "dovecot bare SASL": b"+OK\r\nCAPA\r\nTOP\r\nSTLS\r\nSASL\r\n.\r\n",
    "courier": b"+OK Here's what I can do:\r\nSTLS\r\nTOP\r\nUSER\r\nLOGIN-DELAY 10\r\nPIPELINING\r\nUIDL\r\nUTF8 USER\r\n"
    b"IMPLEMENTATION Courier Mail Server\r\n.\r\n",
    "cyrus": b"+OK List of capabilities follows\r\nSASL PLAIN\r\nSTLS\r\nEXPIRE NEVER\r\nLOGIN-DELAY 0\r\nTOP\r\nUIDL\r\n"
    b"PIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nUSER\r\nIMPLEMENTATION Cyrus POP3 3.6.1\r\n.\r\n",
    "mailutils": b"+OK Capability list follows\r\nTOP\r\nUSER\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nSTLS\r\nXTLSREQUIRED\r\n"
    b"EXPIRE NEVER\r\nIMPLEMENTATION GNU Mailutils 3.15\r\n.\r\n",
    "exchange": b"+OK\r\nTOP\r\nUIDL\r\nSTLS\r\n.\r\n",
    "bare line feeds": b"+OK\nUSER\nSTLS\n.\n",
}


@pytest.mark.parametrize("response", POP3_LISTS.values(), ids=POP3_LISTS.keys())
def test_poplib_reads_the_same_capabilities(response: bytes) -> None:
    with server(b"+OK ready\r\n", lambda line: response if line == b"CAPA\r\n" else b"+OK bye\r\n") as port:
        client = poplib.POP3("127.0.0.1", port, timeout=10)
        theirs = client.capa()
        client.quit()
    reader = Pop3Reader()
    reader.receive(response)
    assert reader.next() is not None
    listing = reader.next_listing()
    assert listing is not None
    ours = {e.split(" ")[0]: e.split(" ")[1:] for e in pop3_capabilities(listing.lines)}
    assert ours == theirs
