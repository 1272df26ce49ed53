"""A client that sends HTTP/2 frame by frame, correct or not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from hpack import Decoder, Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PATIENCE_S = 10.0
Header = tuple[str, str]


def message(data: bytes, *, says: int | None = None) -> bytes:
    """A gRPC message with its prefix. says: the length in the prefix."""
    return b"\x00" + (len(data) if says is None else says).to_bytes(4, "big") + data


class Connection:
    """One connection. answers: the headers and trailers received, by stream. resets: the error codes of streams that
    the server reset. frames: all frames received."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.answers: dict[int, dict[str, str]] = {}
        self.resets: dict[int, int] = {}
        self.frames: list[Frame] = []
        self.data: dict[int, bytes] = {}
        self.goaway: GoAwayFrame | None = None
        self.closed = False
        self.sends_acks = True
        self._reader, self._writer = reader, writer
        self._decoder = Decoder(1 << 20)
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    def headers(
        self,
        stream: int,
        path: str,
        *more: Header,
        flags: tuple[str, ...] = ("END_HEADERS",),
        method: str = "POST",
        content_type: str = "application/grpc",
    ) -> HeadersFrame:
        """The first frame of a call. It adds nothing to HPACK's table, so it can be sent again and again."""
        fields = [
            (":method", method),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("te", "trailers"),
            ("content-type", content_type),
            *more,
        ]
        block = Encoder().encode([(name, value, True) for name, value in fields], huffman=False)
        return HeadersFrame(stream, data=block, flags=list(flags))

    def continued(self, stream: int, block: bytes) -> list[ContinuationFrame]:
        """The rest of headers that are too long for one frame."""
        parts = [block[at : at + 16_000] for at in range(0, len(block), 16_000)]
        return [
            ContinuationFrame(stream, data=part, flags=["END_HEADERS"] if part is parts[-1] else []) for part in parts
        ]

    def send(self, *frames: Frame | bytes) -> None:
        """Sends frames, or bytes as they are."""
        self._writer.write(b"".join(one if isinstance(one, bytes) else one.serialize() for one in frames))

    def call(self, stream: int, path: str, data: bytes, *more: Header) -> None:
        """A whole call, as a client makes it."""
        said = DataFrame(stream, data=message(data), flags=["END_STREAM"])
        self.send(self.headers(stream, path, *more), said)

    async def until(self, true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Waits until a condition holds for the received frames. Raises TimeoutError."""
        async with asyncio.timeout(patience_s):
            while not true():
                self._news.clear()
                await self._news.wait()

    async def status(self, stream: int, patience_s: float = PATIENCE_S) -> int:
        """The gRPC status that ends a stream; -1 if it was reset without one."""
        await self.until(
            lambda: "grpc-status" in self.answers.get(stream, {}) or stream in self.resets or self.closed, patience_s
        )
        return int(self.answers.get(stream, {}).get("grpc-status", -1))

    @property
    def gone(self) -> bool:
        """Whether the server has closed the connection, so that nothing more can be sent."""
        return self._writer.transport.is_closing()

    def stop_reading(self) -> None:
        """Reads nothing more, so the server's answers pile up there."""
        self._reading.cancel()

    async def drain(self) -> None:
        """Waits until all frames have been sent, or the server has closed the connection."""
        with contextlib.suppress(OSError):
            await self._writer.drain()

    async def close(self) -> None:
        self._reading.cancel()
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        try:
            while True:
                frame, length = Frame.parse_frame_header(memoryview(await self._reader.readexactly(9)))
                frame.parse_body(memoryview(await self._reader.readexactly(length)))
                self._take(frame)
                self._news.set()
        except (asyncio.IncompleteReadError, OSError):
            self.closed = True
            self._news.set()

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        match frame:
            case HeadersFrame():
                fields = self._decoder.decode(frame.data)
                self.answers.setdefault(frame.stream_id, {}).update({str(k): str(v) for k, v in fields})
            case DataFrame():
                self.data[frame.stream_id] = self.data.get(frame.stream_id, b"") + frame.data
            case RstStreamFrame():
                self.resets[frame.stream_id] = frame.error_code
            case GoAwayFrame():
                self.goaway = frame
            case SettingsFrame() if self.sends_acks and "ACK" not in frame.flags:
                self.send(SettingsFrame(0, flags=["ACK"]))
            case PingFrame() if self.sends_acks and "ACK" not in frame.flags:
                self.send(PingFrame(0, frame.opaque_data, flags=["ACK"]))


@asynccontextmanager
async def connected(
    port: int, *settings: tuple[int, int], shakes_hands: bool = True, address: str = "127.0.0.1"
) -> AsyncIterator[Connection]:
    """Connects to a port of this machine. settings: HTTP/2 settings to send. shakes_hands: whether to send the preface
    and the settings at all. address: the local address."""
    connection = Connection(*await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)))
    if shakes_hands:
        connection.send(PREFACE, SettingsFrame(0, settings=dict(settings)))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def calls_over_several(
    port: int, calls: int, connections: int = 3
) -> AsyncIterator[list[tuple[Connection, int]]]:
    """Opens as many connections as that many calls need. Returns each call as (connection, stream)."""
    async with AsyncExitStack() as stack:
        several = [await stack.enter_async_context(connected(port)) for _ in range(connections)]
        yield [(several[n % connections], 2 * (n // connections) + 1) for n in range(calls)]
