"""Log lines: those of info_fast look like all others."""

import errno
import io
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services.kit.observe import log
from tests.stage import until


@pytest.fixture
def out() -> Iterator[io.BytesIO]:
    yield io.BytesIO()
    structlog.reset_defaults()


def lines(out: io.BytesIO) -> list[dict[str, object]]:
    log.get("test").error("end")  # an error is written at once, with all lines before it
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert all(line.pop("timestamp") for line in told)
    return told[:-1]


def test_fast_lines_look_like_all_others(out: io.BytesIO) -> None:
    log.configure(level="info", out=out)

    log.get("rpc").info("call", method="/a/B", ms=0.1)
    log.info_fast("rpc", "call", method="/a/B", ms=0.1)

    first, second = lines(out)
    assert first == second == {"part": "rpc", "event": "call", "level": "info", "method": "/a/B", "ms": 0.1}


def test_fast_lines_keep_to_the_level(out: io.BytesIO) -> None:
    log.configure(level="warning", out=out)

    log.info_fast("rpc", "call")

    assert lines(out) == []


def test_without_our_own_output_fast_lines_go_through_structlog() -> None:
    with structlog.testing.capture_logs() as journal:
        log.info_fast("rpc", "call", ms=1)

    assert journal == [{"part": "rpc", "event": "call", "log_level": "info", "ms": 1}]


def test_a_terminal_gets_lines_for_people(out: io.BytesIO) -> None:
    log.configure(level="info", style="text", out=out)

    log.info_fast("rpc", "call", method="/eventhub.orders.v1.OrdersService/Checkout", outcome="OK", ms=1)
    log.info_fast("rpc", "call", method="/eventhub.orders.v1.OrdersService/Checkout", outcome="HOLD_EXPIRED", ms=1)
    log.get("orders").warning("waiting for the database", why="it cannot be reached")
    log.get("orders").error("end")

    told = [line[9:] for line in out.getvalue().decode().splitlines()]
    assert told == [
        "info    rpc           HOLD_EXPIRED: OrdersService/Checkout",
        "warning orders        waiting for the database  why=it cannot be reached",
        "error   orders        end",
    ]


def test_only_a_terminal_gets_text_unless_text_is_asked_for(out: io.BytesIO) -> None:
    log.configure(level="info", style="auto", out=out)

    log.get("orders").warning("odd")

    assert lines(out) == [{"part": "orders", "event": "odd", "level": "warning"}]


class FullDisk(io.BytesIO):
    """A stream that fails while it is full."""

    full = True

    def write(self, data: Any, /) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


async def test_a_log_that_cannot_be_written_harms_no_call_and_counts_its_lost_lines(out: io.BytesIO) -> None:
    disk = FullDisk()
    log.configure(level="info", out=disk)

    for _ in range(2):
        log.get("orders").error("first")
    disk.full = False
    log.get("orders").error("second")

    await until(lambda: b"lines lost" in disk.getvalue())
    told = [json.loads(line) for line in disk.getvalue().splitlines()]
    assert [(line["event"], line.get("lines")) for line in told] == [("second", None), ("lines lost", 2)]
