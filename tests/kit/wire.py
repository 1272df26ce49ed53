"""A proxy to a PostgreSQL server that can cut connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

SOCKET = ".s.PGSQL.5432"


class Wire:
    """Forwards bytes in both directions. lose_answer_to: if a message contains these bytes, the connection is cut after
    the server has answered and before the client gets the answer; happens once."""

    def __init__(self, url: str) -> None:
        """url: the server's URL, by a socket in the file system."""
        self._parts = urlsplit(url)
        self._socket = Path(parse_qs(self._parts.query)["host"][0]) / SOCKET
        self._tasks: set[asyncio.Task[None]] = set()
        self.lose_answer_to = b""
        self.cuts = 0
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Wire"]:
        """Listens during the with statement."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = urlunsplit(
            self._parts._replace(netloc=f"postgres:@127.0.0.1:{port}", query="sslmode=disable&pool=4")
        )
        try:
            yield self
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._socket)
        task = asyncio.create_task(self._carry(reader, writer, there, back))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(
        self,
        asked: asyncio.StreamReader,
        answer: asyncio.StreamWriter,
        answered: asyncio.StreamReader,
        ask: asyncio.StreamWriter,
    ) -> None:
        doomed = asyncio.Event()

        async def out() -> None:
            while data := await asked.read(65536):
                if self.lose_answer_to and self.lose_answer_to in data:
                    self.lose_answer_to = b""
                    doomed.set()
                ask.write(data)

        async def home() -> None:
            while data := await answered.read(65536):
                if doomed.is_set():
                    self.cuts += 1
                    return
                answer.write(data)

        ways = [asyncio.create_task(out()), asyncio.create_task(home())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for writer in (ask, answer):
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
