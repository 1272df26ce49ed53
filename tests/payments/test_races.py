"""Sixteen at once."""

import asyncio
from collections.abc import Awaitable

import pytest

from eventhub.refusal import Refusal
from tests.payments.desk import ORDER, Desk, ask_counter


async def outcome(call: Awaitable[str]) -> str:
    try:
        return await call
    except Refusal as refused:
        return refused.reason


async def test_sixteen_authorizations_charge_once(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.authorize() for _ in range(16)))

    assert set(answers) == {"AUTHORIZED"}
    assert await desk.charged() == [("authorized", 5000)]


async def test_of_sixteen_amounts_one_is_charged(desk: Desk) -> None:
    answers = await asyncio.gather(*(outcome(desk.authorize(minor=5000 + n)) for n in range(16)))

    assert sorted(answers) == ["AUTHORIZED"] + 15 * ["ID_IN_USE"]
    assert len(await desk.charged()) == 1


async def test_sixteen_captures_book_once(desk: Desk) -> None:
    await desk.authorize()

    answers = await asyncio.gather(*(desk.capture() for _ in range(16)))

    assert set(answers) == {"CAPTURED"}
    assert await desk.settled() == [(ORDER, "CAPTURED")]
    assert len(await desk.ledger()) == 2


async def test_sixteen_captures_at_the_counter_book_once(desk: Desk) -> None:
    await desk.mesh.Authorize(ask_counter())

    answers = await asyncio.gather(*(desk.capture() for _ in range(16)))

    assert set(answers) == {"CAPTURED"}
    assert await desk.settled() == [(ORDER, "CAPTURED")]
    assert len(await desk.ledger()) == 2


async def test_sixteen_voids_give_up_once(desk: Desk) -> None:
    await desk.authorize()

    answers = await asyncio.gather(*(desk.void() for _ in range(16)))

    assert set(answers) == {"VOIDED"}
    assert await desk.settled() == [(ORDER, "VOIDED")]


@pytest.mark.parametrize("order", range(4))
async def test_authorizing_and_giving_up_at_once_charges_nothing(desk: Desk, order: int) -> None:
    calls = [desk.void() if n % 4 == order else desk.authorize() for n in range(16)]

    answers = await asyncio.gather(*(outcome(call) for call in calls))

    assert [answers[n] for n in range(16) if n % 4 == order] == 4 * ["VOIDED"]
    assert await desk.state() == "VOIDED"
    assert await desk.charged() in ([], [("voided", 5000)], [("voided", 0)])
    assert await desk.ledger() == []


@pytest.mark.parametrize("order", range(4))
@pytest.mark.usefixtures("impatient")
async def test_the_book_and_the_provider_agree_however_capture_and_void_race(desk: Desk, order: int) -> None:
    await desk.authorize()
    if order > 1:
        await desk.fault("SILENT_AFTER")
    calls = [desk.void() if n % 4 == order else desk.capture() for n in range(16)]

    answers = set(await asyncio.gather(*(outcome(call) for call in calls)))
    await desk.fault("NONE")

    async def over() -> bool:
        return await desk.state() in ("CAPTURED", "VOIDED")

    await desk.defer(over)
    final = await desk.state()
    assert answers & {"CAPTURED", "VOIDED"} <= {final}
    assert await desk.charged() == [(final.lower(), 5000)]
    assert await desk.settled() == [(ORDER, final)]
    assert len(await desk.ledger()) == (2 if final == "CAPTURED" else 0)


async def test_a_slow_payment_holds_up_no_other(desk: Desk) -> None:
    slow = [asyncio.create_task(desk.authorize(f"ord_{n}", card="tok_slow")) for n in range(16)]

    assert await desk.authorize("ord_fast") == "AUTHORIZED"

    assert not any(task.done() for task in slow)
    await desk.defer(lambda: asyncio.sleep(0, all(task.done() for task in slow)))
    assert {task.result() for task in slow} == {"AUTHORIZED"}
