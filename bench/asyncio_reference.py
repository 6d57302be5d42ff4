"""The reference: the same dialogue, grammar and notes, on plain asyncio streams with the deadlines that they need.

It drives the generators of ``openletter.dialogue`` by ``StreamReader.read``, ``StreamWriter.write`` with ``drain``,
``start_tls`` and ``close`` with ``wait_closed``, as the documentation of streams has it; only what moves the bytes differs
from the engine.
"""

import asyncio
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress

from openletter.dialogue.dialogue import dialogue
from openletter.dialogue.notes import Notes
from openletter.dialogue.observation import Endpoint, Handshake, HandshakeOutcome, Observation, Side, Tcp
from openletter.dialogue.step import Lost, NewConnection, Profile, Result
from openletter.engine.deadlines import Deadlines
from openletter.grammar.command import Command
from openletter.tls.book import CertificateBook
from openletter.tls.ciphers import iana_name
from openletter.tls.standard import standard_context, unverified_chain


class Streams:
    """Dialogues on asyncio streams, ``concurrency`` at once."""

    def __init__(self, book: CertificateBook, concurrency: int) -> None:
        self._book = book
        self._concurrency = concurrency
        self._deadlines = Deadlines()
        self._context = standard_context(Profile.MODERN)

    def run(self, endpoints: Iterable[Endpoint]) -> list[Observation]:
        return asyncio.run(self._all(endpoints))

    async def _all(self, endpoints: Iterable[Endpoint]) -> list[Observation]:
        waiting = iter(endpoints)
        seen: list[Observation] = []

        async def work() -> None:
            for endpoint in waiting:
                observation = await self._one(endpoint)
                seen.append(observation)

        await asyncio.gather(*(work() for _ in range(self._concurrency)))
        return seen

    async def _one(self, endpoint: Endpoint) -> Observation:
        notes = Notes(endpoint)
        started, began = time.time(), time.monotonic()
        try:
            async with asyncio.timeout(self._deadlines.total):
                await self._talk(notes)
        except TimeoutError:
            pass
        return notes.observation(started=started, duration=time.monotonic() - began)

    async def _talk(self, notes: Notes) -> None:
        steps = dialogue(notes)
        endpoint = notes.endpoint
        reader: asyncio.StreamReader | None = None
        writer: asyncio.StreamWriter | None = None
        value: Result = None
        try:
            while True:
                try:
                    step = steps.send(value)
                except StopIteration:
                    return
                if isinstance(step, NewConnection):
                    if writer is not None:
                        await self._close(writer)
                    reader = writer = None
                    value = None
                    continue
                if reader is None or writer is None:
                    try:
                        async with asyncio.timeout(self._deadlines.connect):
                            reader, writer = await asyncio.open_connection(endpoint.ip, endpoint.port)
                    except TimeoutError:
                        value = Tcp.TIMEOUT
                        continue
                    except OSError:
                        value = Tcp.REFUSED
                        continue
                if isinstance(step, Profile):
                    value = await self._start_tls(writer)
                    notes.handshaken(value)
                    continue
                if isinstance(step, Command):
                    notes.record(Side.CLIENT, step.value)
                    writer.write(step.value)
                    with suppress(OSError):
                        await writer.drain()
                value = await self._read(reader, notes)
        finally:
            if writer is not None:
                await self._close(writer)

    async def _close(self, writer: asyncio.StreamWriter) -> None:
        """Until it is closed, so that there is one connection at a time to a host, as with the engine."""
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._deadlines.quiet):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader, notes: Notes) -> bytes | Lost:
        try:
            async with asyncio.timeout(self._deadlines.reply):
                data = await reader.read(16_384)
        except TimeoutError:
            return Lost.TIMEOUT
        except OSError:
            return Lost.RESET
        notes.record(Side.SERVER, data)
        return data or Lost.CLOSED

    async def _start_tls(self, writer: asyncio.StreamWriter) -> Handshake:
        try:
            async with asyncio.timeout(self._deadlines.handshake):
                await writer.start_tls(self._context)
        except (ssl.SSLError, OSError, TimeoutError):
            return Handshake(outcome=HandshakeOutcome.INVALID)
        tls = writer.get_extra_info("ssl_object")
        return Handshake(
            outcome=HandshakeOutcome.OK,
            version=tls.version(),
            cipher=iana_name(tls.cipher()[0]),
            chain=tuple(self._book.keep(der) for der in unverified_chain(tls)),
        )
