"""Log lines: what is said often looks like everything else."""

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
    log.get("test").error("end")  # an error takes all before it along
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert all(line.pop("timestamp") for line in told)
    return told[:-1]


def test_what_is_said_often_looks_like_everything_else(out: io.BytesIO) -> None:
    log.configure(level="info", out=out)

    log.get("rpc").info("call", method="/a/B", ms=0.1)
    log.info_fast("rpc", "call", method="/a/B", ms=0.1)

    first, second = lines(out)
    assert first == second == {"part": "rpc", "event": "call", "level": "info", "method": "/a/B", "ms": 0.1}


def test_what_is_said_often_keeps_to_the_level(out: io.BytesIO) -> None:
    log.configure(level="warning", out=out)

    log.info_fast("rpc", "call")

    assert lines(out) == []


def test_without_a_place_of_its_own_it_goes_where_everything_goes() -> None:
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


def test_what_is_no_terminal_gets_json_unless_it_is_asked_for_otherwise(out: io.BytesIO) -> None:
    log.configure(level="info", style="auto", out=out)

    log.get("orders").warning("odd")

    assert lines(out) == [{"part": "orders", "event": "odd", "level": "warning"}]


class FullDisk(io.BytesIO):
    """Takes nothing while it is full."""

    full = True

    def write(self, data: Any, /) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


async def test_a_log_that_cannot_be_written_harms_nobody_and_says_later_what_is_missing(out: io.BytesIO) -> None:
    disk = FullDisk()
    log.configure(level="info", out=disk)

    for _ in range(2):
        log.get("orders").error("first")
    disk.full = False
    log.get("orders").error("second")

    await until(lambda: b"lines lost" in disk.getvalue())
    told = [json.loads(line) for line in disk.getvalue().splitlines()]
    assert [(line["event"], line.get("lines")) for line in told] == [("second", None), ("lines lost", 2)]
