"""The application on a socket: uvicorn with h11, with bounds on what a connection may cost."""

import asyncio
import os
import socket
from typing import Any

import h11
import msgspec
from starlette.applications import Starlette
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import Server
from uvicorn.supervisors import Multiprocess

from openletter.web.app import create_app
from openletter.web.settings import WebSettings

_SETTINGS = "OPENLETTER_WEB_SETTINGS"
"""Variable in which the settings reach the processes that serve."""

MAX_HEAD = 32 << 10
"""Octets of a request before its body; a longer one is 400 at once."""
_BACKLOG = 512
"""Connections that wait for being taken up."""
MAX_CONNECTIONS = 1_000
"""Of one process; to those above it the server says 503."""
KEEP_ALIVE = 15
"""Seconds that a connection may be idle."""
REQUEST_WITHIN = 20.0
"""Seconds that a client may take to send a whole request."""
END_WITHIN = 5
"""Seconds that answers may take after the server was told to end."""

_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "loggers": {
        # A malformed request is nothing to warn of: anybody can send one.
        "uvicorn": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "openletter.web": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}


class PunctualH11(H11Protocol):
    """uvicorn's, and cuts off who sends a request drop by drop."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._late = self.loop.call_later(REQUEST_WITHIN, self._cut_off)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waits_for_more():
            if self._late is None:
                self._late = self.loop.call_later(REQUEST_WITHIN, self._cut_off)
        elif self._late is not None:
            self._late.cancel()
            self._late = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
        super().connection_lost(exc)

    def _waits_for_more(self) -> bool:
        """Whether a request has begun and not ended, be it answered already."""
        if self.conn.their_state is h11.SEND_BODY:
            return True
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def _cut_off(self) -> None:
        self._late = None
        self.transport.close()


def listening(settings: WebSettings) -> socket.socket:
    """A socket on the address and port of the settings. Raises ``OSError``."""
    found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    # With the protocol's number: asyncio sends what is ready at once (TCP_NODELAY) on such sockets only. On others the second
    # piece of an answer waits for the reader's delayed acknowledgement, 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        # Who comes before the server is ready waits, and is not refused: its address was told already.
        made.listen(_BACKLOG)
        made.set_inheritable(True)
    except OSError:
        made.close()
        raise
    return made


def app_of_environment() -> Starlette:
    """For a process that serves beside others."""
    return create_app(msgspec.json.decode(os.environ[_SETTINGS], type=WebSettings, dec_hook=_decoded))


def _decoded(kind: type, value: object) -> object:
    return kind(value)


def serve(settings: WebSettings, opened: socket.socket, *, workers: int = 1) -> None:
    """Answer until SIGINT or SIGTERM, then finish what is under way. ``opened``: of :func:`listening`."""
    shared: dict[str, Any] = {
        "loop": "asyncio",
        "http": PunctualH11,
        "ws": "none",
        "lifespan": "on",
        "log_config": _LOGGING,
        "access_log": False,
        "server_header": False,
        "proxy_headers": settings.behind_proxy,
        "limit_concurrency": MAX_CONNECTIONS,
        "timeout_keep_alive": KEEP_ALIVE,
        "timeout_graceful_shutdown": END_WITHIN,
        "h11_max_incomplete_event_size": MAX_HEAD,
    }
    if workers == 1:
        Server(Config(create_app(settings), **shared)).run(sockets=[opened])
        return
    os.environ[_SETTINGS] = msgspec.json.encode(settings, enc_hook=str).decode()
    factory = f"{__name__}:{app_of_environment.__name__}"
    Multiprocess(Config(factory, factory=True, workers=workers, **shared), sockets=[opened]).run()
