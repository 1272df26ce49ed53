"""Sixteen callers at once charge, capture or void an order once."""

import asyncio
from collections.abc import Awaitable

import pytest

from eventhub.refusal import Refusal
from tests.payments.world import ORDER, World, ask_counter


async def outcome(call: Awaitable[str]) -> str:
    try:
        return await call
    except Refusal as refused:
        return refused.reason


async def test_sixteen_authorizations_charge_once(world: World) -> None:
    answers = await asyncio.gather(*(world.authorize() for _ in range(16)))

    assert set(answers) == {"AUTHORIZED"}
    assert await world.charged() == [("authorized", 5000)]


async def test_of_sixteen_amounts_one_is_charged(world: World) -> None:
    answers = await asyncio.gather(*(outcome(world.authorize(minor=5000 + n)) for n in range(16)))

    assert sorted(answers) == ["AUTHORIZED"] + 15 * ["ID_IN_USE"]
    assert len(await world.charged()) == 1


async def test_sixteen_captures_book_once(world: World) -> None:
    await world.authorize()

    answers = await asyncio.gather(*(world.capture() for _ in range(16)))

    assert set(answers) == {"CAPTURED"}
    assert await world.settled() == [(ORDER, "CAPTURED")]
    assert len(await world.ledger()) == 2


async def test_sixteen_captures_at_the_counter_book_once(world: World) -> None:
    await world.open_till()
    await world.mesh.Authorize(ask_counter())

    answers = await asyncio.gather(*(world.capture() for _ in range(16)))

    assert set(answers) == {"CAPTURED"}
    assert await world.settled() == [(ORDER, "CAPTURED")]
    assert len(await world.ledger()) == 2


async def test_sixteen_voids_give_up_once(world: World) -> None:
    await world.authorize()

    answers = await asyncio.gather(*(world.void() for _ in range(16)))

    assert set(answers) == {"VOIDED"}
    assert await world.settled() == [(ORDER, "VOIDED")]


@pytest.mark.parametrize("order", range(4))
async def test_authorizing_and_giving_up_at_once_charges_nothing(world: World, order: int) -> None:
    calls = [world.void() if n % 4 == order else world.authorize() for n in range(16)]

    answers = await asyncio.gather(*(outcome(call) for call in calls))

    assert [answers[n] for n in range(16) if n % 4 == order] == 4 * ["VOIDED"]
    assert await world.state() == "VOIDED"
    assert await world.charged() in ([], [("voided", 5000)], [("voided", 0)])
    assert await world.ledger() == []


@pytest.mark.parametrize("order", range(4))
@pytest.mark.usefixtures("impatient")
async def test_the_book_and_the_provider_agree_however_capture_and_void_race(world: World, order: int) -> None:
    await world.authorize()
    if order > 1:
        await world.fault("SILENT_AFTER")
    calls = [world.void() if n % 4 == order else world.capture() for n in range(16)]

    answers = set(await asyncio.gather(*(outcome(call) for call in calls)))
    await world.fault("NONE")

    async def over() -> bool:
        return await world.state() in ("CAPTURED", "VOIDED")

    await world.defer(over)
    final = await world.state()
    assert answers & {"CAPTURED", "VOIDED"} <= {final}
    assert await world.charged() == [(final.lower(), 5000)]
    assert await world.settled() == [(ORDER, final)]
    assert len(await world.ledger()) == (2 if final == "CAPTURED" else 0)


async def test_a_slow_payment_holds_up_no_other(world: World) -> None:
    slow = [asyncio.create_task(world.authorize(f"ord_{n}", card="tok_slow")) for n in range(16)]

    assert await world.authorize("ord_fast") == "AUTHORIZED"

    assert not any(task.done() for task in slow)
    await world.defer(lambda: asyncio.sleep(0, all(task.done() for task in slow)))
    assert {task.result() for task in slow} == {"AUTHORIZED"}
