"""What the server is to the network, without which readers wait for no reason."""

import asyncio
import socket

from openletter.web.server import listening
from openletter.web.settings import WebSettings


def test_an_answer_is_sent_at_once(tmp_path):
    """Each page would come 40 ms late: its second piece would wait for the reader to acknowledge the first."""
    waits = []

    async def look() -> None:
        seen = asyncio.Event()

        def accepted(_reader, writer):
            of = writer.get_extra_info("socket")
            waits.append(of.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            seen.set()

        with listening(WebSettings(store=tmp_path, port=0)) as opened:
            async with await asyncio.start_server(accepted, sock=opened):
                _, writer = await asyncio.open_connection(*opened.getsockname())
                await seen.wait()
                writer.close()
                await writer.wait_closed()

    asyncio.run(look())
    assert waits == [1]
