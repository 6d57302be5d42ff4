"""One accepted connection: from the bytes that came to the bytes that go, by the role of its address."""

import contextlib
import ssl
from collections import deque
from enum import IntEnum
from socket import MSG_DONTWAIT, SocketType

from openletter.lab.internet import ssl3
from openletter.lab.internet.contexts import TlsPeers
from openletter.lab.internet.roles import Role
from openletter.lab.internet.speech import TAG, Act, Conduct, Pace
from openletter.lab.internet.tls_profiles import Range

LINE_LIMIT = 8192
"""Bytes without a line end after which we hang up."""
HELLO_LIMIT = 1 << 15
"""Bytes waited for as one ClientHello: a record holds at most 16 KiB (RFC 8446 §5.1)."""
FLOOD_LIMIT = 16 << 20
"""Bytes after which an endless peer says nothing more. It then keeps the connection open."""
READ_SIZE = 16384


class State(IntEnum):
    """How the next bytes are taken."""

    LINES = 0
    RECORDS = 1
    """By OpenSSL, and what is inside as lines."""
    HELLO = 2
    """As a ClientHello that is answered by hand."""
    DEAF = 3


class Connection:
    """``feed`` takes what came in. What goes out is sent at once; what the kernel does not take waits in ``out``, what is
    said slowly in ``queue``. ``done`` says that the connection ends when both are empty; ``later`` holds the seconds
    after which the server is to call ``tick``, taken away by it."""

    __slots__ = (
        "buffer",
        "cancelled",
        "done",
        "flooded",
        "incoming",
        "last",
        "later",
        "on_hello",
        "out",
        "outgoing",
        "peers",
        "queue",
        "role",
        "sock",
        "speech",
        "state",
        "tls",
        "tls_first",
        "up",
    )

    def __init__(self, sock: SocketType, role: Role, peers: TlsPeers, now: float) -> None:
        self.sock = sock
        self.role = role
        self.peers = peers
        self.last = now
        """Monotonic seconds of the last sign of life."""
        self.speech = role.speech
        self.state = State.LINES
        self.buffer = b""
        self.out = b""
        self.queue: deque[bytes] | None = None
        self.done = False
        self.later: float | None = None
        self.cancelled = b""
        """Tag of an AUTHENTICATE that awaits the client's ``*``."""
        self.tls: ssl.SSLObject | None = None
        self.up = False
        """Whether the handshake is over."""
        self.flooded = -1
        """Bytes of the flood so far; below zero where there is none."""

    def begin(self) -> None:
        """What is done as soon as the connection stands."""
        conduct, speech = self.role.conduct, self.speech
        if conduct == Conduct.SPEAK:
            if speech.greeting_pace is None:
                self._send(speech.greeting)
            else:
                self._say_slowly(speech.greeting, speech.greeting_pace)
        elif conduct == Conduct.TLS:
            self._start_tls(first=True)
        elif conduct == Conduct.ALERT:
            self._await_hello(Act.ALERT)
        elif conduct == Conduct.SAY_AND_CLOSE:
            self._send(speech.greeting)
            self.done = True
        elif conduct == Conduct.FLOOD:
            self.flooded = 0
            self.state = State.DEAF
            self.flood()
        else:
            self.state = State.DEAF

    def feed(self, data: bytes) -> None:
        if self.state is State.LINES:
            self._lines(data)
        elif self.state is State.RECORDS:
            self._records(data)
        elif self.state is State.HELLO:
            self._hello(data)

    def drained(self) -> bool:
        return not self.out and not self.queue

    # What is said

    def _send(self, data: bytes) -> None:
        if self.out:
            self.out += data
            return
        try:
            sent = self.sock.send(data, MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        self.out = data[sent:]

    def flush(self) -> None:
        """Send on, now that the kernel takes bytes again."""
        waiting, self.out = self.out, b""
        self._send(waiting)
        if self.flooded >= 0:
            self.flood()

    def flood(self) -> None:
        while not self.out and self.flooded < FLOOD_LIMIT:
            self.flooded += len(self.role.speech.flood)
            self._send(self.role.speech.flood)

    def _say(self, data: bytes) -> None:
        """Inside TLS where there is TLS, else in the clear and at the manner's pace."""
        if self.tls is not None:
            self.tls.write(data)
            self._send(self.outgoing.read())
        elif self.speech.answer_pace is not None:
            self._say_slowly(data, self.speech.answer_pace)
        else:
            self._send(data)

    def _say_slowly(self, data: bytes, pace: Pace) -> None:
        if self.queue:
            self.queue.extend(pace.cut(data))
            return
        self.queue = deque(pace.cut(data))
        self.later = pace.before_s

    def tick(self) -> None:
        """Say the next piece."""
        if self.queue:
            self._send(self.queue.popleft())
        if self.queue:
            pace = self.speech.answer_pace or self.speech.greeting_pace
            self.later = pace.gap_s if pace else 0.0

    # What is heard

    def _lines(self, data: bytes) -> None:
        if self.buffer:
            data = self.buffer + data
            self.buffer = b""
        while data and not self.done:
            line, end, data = data.partition(b"\n")
            if not end:
                self.buffer = line
                self.done = len(line) > LINE_LIMIT
                return
            before = self.state
            self._command(line)
            if self.state is not before:
                # What was pipelined behind STARTTLS is dropped, unless TLS begins right there.
                if data[:1] == b"\x16":
                    self.feed(data)
                return

    def _command(self, line: bytes) -> None:
        speech = self.speech
        tag = b""
        if speech.tagged:
            words = line.split(None, 2)
            if self.cancelled:
                self._say(self.cancelled + b" BAD AUTHENTICATE cancelled\r\n")
                self.cancelled = b""
                return
            tag = words[0] if len(words) > 1 else b"*"
            word = words[1].upper() if len(words) > 1 else b""
        else:
            words = line.split(None, 1)
            word = words[0].upper() if words else b""
        answer = speech.answers.get(word)
        if answer is None:
            answer = speech.otherwise
            if not tag.isalnum():
                tag = b"*"
        if answer:
            self._say(answer.replace(TAG, tag) if speech.tagged else answer)
        act = speech.acts.get(word)
        if act is not None:
            self._act(act, tag)

    def _act(self, act: Act, tag: bytes) -> None:
        if act is Act.CLOSE:
            self.done = True
            self._end_tls()
        elif act is Act.START_TLS:
            self._start_tls(first=False)
        elif act is Act.CANCEL:
            self.cancelled = tag
        elif act is Act.FLOOD:
            self.flooded = 0
            self.state = State.DEAF
            self.flood()
        else:
            self._await_hello(act)

    # TLS

    def _await_hello(self, act: Act) -> None:
        self.state = State.HELLO
        self.on_hello = act

    def _start_tls(self, *, first: bool) -> None:
        profile = self.role.profile
        self.tls_first = first
        if profile.ssl3:
            self._await_hello(Act.START_TLS)
            return
        self.state = State.RECORDS
        self.speech = self.role.inside
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = self.peers.contexts[profile].wrap_bio(self.incoming, self.outgoing, server_side=True)

    def _hello(self, data: bytes) -> None:
        """Answer a ClientHello by hand, once all of it is here: what is unread at a close would reset the peer."""
        self.buffer += data
        if not ssl3.whole_hello(self.buffer) and len(self.buffer) < HELLO_LIMIT:
            return
        hello, self.buffer = self.buffer, b""
        self.state = State.DEAF
        if self.on_hello is Act.START_TLS:
            newer = not ssl3.offers_only_ssl3(hello)
            if newer and self.role.profile.versions is Range.SSL3_ALERT:
                self._send(ssl3.alert(ssl3.HANDSHAKE_FAILURE, ssl3.VERSION_3_0))
                self.done = True
            else:
                self._send(self.peers.ssl3_flights[self.role.profile])
        elif self.on_hello is Act.GARBAGE:
            self._send(ssl3.GARBAGE)
        else:
            plaintext = self.on_hello is Act.PLAINTEXT
            self._send(self.speech.plaintext if plaintext else ssl3.alert(ssl3.HANDSHAKE_FAILURE))
            self.done = True

    def _records(self, data: bytes) -> None:
        tls = self.tls
        assert tls is not None
        self.incoming.write(data)
        try:
            if not self.up:
                tls.do_handshake()
                self.up = True
                if self.tls_first:
                    self._say(self.speech.greeting)
            while not self.done:
                inside = tls.read(READ_SIZE)
                if not inside:
                    self.done = True
                    return
                self._lines(inside)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.done = True
        if self.outgoing.pending:
            self._send(self.outgoing.read())

    def _end_tls(self) -> None:
        if self.tls is None:
            return
        # This writes close_notify; the peer's is not waited for (RFC 8446 §6.1).
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()
        self._send(self.outgoing.read())
