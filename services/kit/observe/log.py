"""Structured logs without personal data: one JSON object per line, or on a terminal a line for people."""

import atexit
import logging
import sys
import threading
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import msgspec
import structlog

from services.kit.values.clock import SECOND_US, Clock, SystemClock

FLUSH_EVERY_S = 0.2
LINES_MAX = 1_000
URGENT = b'"level":"error"', b" error "
# Outcomes of calls that a terminal does not show.
UNTOLD = ("OK", "CANCELLED")
ENCODER = msgspec.json.Encoder(enc_hook=repr)


def encode(event: dict[str, object], **_: object) -> bytes:
    """Formats an event as JSON; a value without a JSON form is written as its repr."""
    return ENCODER.encode(event)


def as_text(event: dict[str, Any], **_: object) -> bytes:
    """Formats an event for people: time, level, part, event, and the other fields that are set."""
    told = {key: value for key, value in event.items() if value not in ("", None)}
    when, level, part, what = (str(told.pop(key, "")) for key in ("timestamp", "level", "part", "event"))
    rest = "".join(f"  {key}={value}" for key, value in told.items())
    return f"{when[11:19]} {level:7} {part:13} {what}{rest}".encode()


def refused(call: dict[str, Any]) -> dict[str, Any]:
    """Shortens the event of a refused call for a terminal: the reason and the method."""
    return {key: call[key] for key in ("part", "level", "timestamp")} | {
        "event": f"{call['outcome']}: {call['method'].rpartition('.')[2]}"
    }


class Stamp:
    """Adds the time to an event, in ISO 8601 and UTC. The text of a second is made once, not for each of its lines."""

    def __init__(self, clock: Clock) -> None:
        """clock: tells the time."""
        self._clock = clock
        self._last = (-1, "")

    def __call__(self, logger: object, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Adds "timestamp" to an event; a processor of structlog."""
        second, us = divmod(self._clock.now_us(), SECOND_US)
        last = self._last  # read once: another thread may replace it
        if last[0] != second:
            last = self._last = (second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S"))
        event["timestamp"] = f"{last[1]}.{us:06d}Z"
        return event


STAMP = Stamp(SystemClock())


class Lines:
    """Collects lines and writes them together, which saves a system call per line. An error is written at once, other
    lines within FLUSH_EVERY_S or when the process ends normally. If a write fails, for example because the disk is
    full, the lines are dropped and counted: a call must not fail because of its log line."""

    def __init__(self, out: BinaryIO) -> None:
        """out: the stream that lines are written to."""
        self._out = out
        self._lines: list[bytes] = []
        self._lost, self._works = 0, True
        self._lock = threading.Lock()
        self._rest = threading.Event()
        threading.Thread(target=self._flush_for_ever, name="log", daemon=True).start()
        atexit.register(self.drain)

    def write(self, line: bytes) -> None:
        """Adds a line; that of an error is written at once, with all lines before it."""
        self._lines.append(line)
        if any(mark in line for mark in URGENT) or len(self._lines) > LINES_MAX:
            self.drain()

    def flush(self) -> None:
        """Does nothing: lines are written by a thread. structlog calls this after each line."""

    def drain(self) -> None:
        """Writes the collected lines."""
        with self._lock:
            lines, self._lines = self._lines, []
            if not lines:
                return
            try:
                self._out.write(b"".join(lines))
                self._out.flush()
            except OSError:
                self._lost += len(lines)
                self._works = False
            else:
                self._works = True

    def _flush_for_ever(self) -> None:
        while True:
            self._rest.wait(FLUSH_EVERY_S)
            self.drain()
            if self._lost and self._works:
                lost, self._lost = self._lost, 0
                get("log").warning("lines lost", lines=lost)


class Out(structlog.BytesLoggerFactory):
    """Makes structlog's loggers, which write to Lines, and holds the format for info_fast()."""

    def __init__(self, lines: Lines, level: int, *, text: bool) -> None:
        """lines: writes the lines. level: the least level that is logged. text: whether lines are for people."""
        super().__init__(file=cast("BinaryIO", lines))
        self.lines = lines
        self.text = text
        self.says_info = level <= logging.INFO


def configure(*, level: str, style: str = "json", out: BinaryIO = sys.stderr.buffer) -> None:
    """Sets up logging for the process.

    level: "debug", "info", "warning" or "error". style: "text", "json", or "auto" for text on a terminal.
    """
    text = style == "text" or (style == "auto" and out.isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            STAMP,
            structlog.processors.JSONRenderer(serializer=as_text if text else encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=Out(Lines(out), number, text=text),
        cache_logger_on_first_use=True,
    )
    theirs = "%(levelname)s %(name)s %(message)s" if text else '{"event": "%(message)s", "logger": "%(name)s"}'
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=theirs)


def info_fast(part: str, event: str, **fields: object) -> None:
    """Does the same as get(part).info(event, ...), for the line that every call writes: structlog takes 10 µs
    longer."""
    out = structlog.get_config()["logger_factory"]
    if not isinstance(out, Out):
        get(part).info(event, **fields)
    elif out.says_info:
        fields["part"], fields["event"], fields["level"] = part, event, "info"
        if not out.text:
            out.lines.write(ENCODER.encode(STAMP(None, "info", fields)) + b"\n")
        elif fields.get("outcome") not in UNTOLD:
            out.lines.write(as_text(refused(dict(STAMP(None, "info", fields)))) + b"\n")


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a part of the platform, for example "inventory"."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(part=name)
    return logger


def error_location(error: BaseException) -> dict[str, str]:
    """Fields that describe an error: its type and the line that raised it. Its text is left out, because it may contain
    personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rsplit('/services/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "where": where}
