"""What a dialogue writes down while it goes on. At every moment it can be turned into an observation, so that a
dialogue which is cut short by its peer, its deadline or a fault of ours still leaves what it saw."""

from functools import lru_cache

from openletter.dialogue.observation import (
    NOT_TRIED,
    Confirmation,
    Endpoint,
    Exchange,
    Greeting,
    Handshake,
    ListSource,
    Observation,
    Reply,
    Side,
    Tcp,
)

MAX_SHOWN = 512
"""Octets kept of a banner and the like."""

MAX_TRANSCRIPT = 8_192
"""Octets of a transcript, both sides together. An honest dialogue has about 1,000."""


@lru_cache(256)
def _tls_note(*words: str) -> bytes:
    return " ".join(("TLS", *filter(None, words))).encode()


class Notes:
    """Mutable; one dialogue writes it."""

    __slots__ = (
        "_exchanges",
        "_room",
        "apop",
        "banner",
        "bytes_after_starttls_ok",
        "caps_post",
        "caps_post_source",
        "caps_pre",
        "caps_pre_source",
        "confirmation",
        "endpoint",
        "greeting",
        "guess",
        "handshake",
        "legacy",
        "server_id",
        "starttls_reply",
        "starttls_text",
        "tcp",
        "violation",
    )

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.tcp = Tcp.OPEN
        self.greeting = Greeting.NOT_REACHED
        self.banner = b""
        self.guess = ""
        self.apop = False
        self.caps_pre: tuple[str, ...] = ()
        self.caps_pre_source = ListSource.NOT_ASKED
        self.starttls_reply = Reply.NOT_TRIED
        self.starttls_text = b""
        self.bytes_after_starttls_ok = b""
        self.handshake = NOT_TRIED
        self.legacy = NOT_TRIED
        self.caps_post: tuple[str, ...] = ()
        self.caps_post_source = ListSource.NOT_ASKED
        self.server_id = b""
        self.confirmation = Confirmation.NOT_TRIED
        self.violation = ""
        # Most connections of a survey wait or fail before a byte was said: the list comes with the first one.
        self._exchanges: list[Exchange] | None = None
        self._room = MAX_TRANSCRIPT

    def record(self, side: Side, data: bytes) -> None:
        """Append to the transcript as far as its bound allows."""
        room = self._room
        if room > 0:
            if self._exchanges is None:
                self._exchanges = []
            if len(data) > room:
                data = data[:room]
            # An exchange costs memory of its own: a peer that sends single octets pays for it out of the same bound.
            self._room = room - len(data) - 16
            self._exchanges.append(Exchange(side, data))

    def handshaken(self, handshake: Handshake) -> None:
        """Note in the transcript how an attempt at TLS ended."""
        if handshake.works:
            self.record(Side.NOTE, _tls_note(handshake.version, handshake.cipher))
        else:
            self.record(Side.NOTE, _tls_note(handshake.outcome.value, handshake.detail))

    def observation(self, *, started: float, duration: float) -> Observation:
        """The facts so far. ``started`` in Unix seconds, ``duration`` in seconds."""
        endpoint = self.endpoint
        return Observation(
            ip=endpoint.ip,
            port=endpoint.port,
            protocol=endpoint.protocol,
            mode=endpoint.mode,
            host=endpoint.host,
            country=endpoint.country,
            started=started,
            duration=duration,
            tcp=self.tcp,
            greeting=self.greeting,
            banner=self.banner,
            guess=self.guess,
            apop=self.apop,
            caps_pre=self.caps_pre,
            caps_pre_source=self.caps_pre_source,
            starttls_reply=self.starttls_reply,
            starttls_text=self.starttls_text,
            bytes_after_starttls_ok=self.bytes_after_starttls_ok,
            handshake=self.handshake,
            legacy=self.legacy,
            caps_post=self.caps_post,
            caps_post_source=self.caps_post_source,
            server_id=self.server_id,
            confirmation=self.confirmation,
            violation=self.violation,
            transcript=tuple(self._exchanges or ()),
        )
