"""Structured logs: one JSON object a line, without personal data."""

import logging
import sys
import traceback
from typing import BinaryIO

import msgspec
import structlog

ENCODER = msgspec.json.Encoder(enc_hook=repr)


def encode(event: dict[str, object], **_: object) -> bytes:
    """A log event as JSON; what JSON cannot say is said by its repr."""
    return ENCODER.encode(event)


def configure(*, level: str, out: BinaryIO = sys.stderr.buffer) -> None:
    """Sets up logging for the process. level: "debug", "info", "warning" or "error"."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=encode),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(file=out),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format='{"event": "%(message)s", "logger": "%(name)s"}'
    )


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a part of the platform, for example "inventory"."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(part=name)
    return logger


def place(error: BaseException) -> dict[str, str]:
    """What kind of error it was and where it was raised, without its text: that may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rsplit('/services/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "where": where}
