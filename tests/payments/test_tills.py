"""Tills: a clerk opens one, sells into it, and counts it."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.options_pb2 import ROLE_FINANCE, ROLE_MANAGER, ROLE_OWNER, ROLE_VIEWER, Role
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from tests.payments.world import (
    CASH,
    EVENT,
    FLOAT,
    ORDER,
    RUI,
    TERMINAL,
    VOUCHER,
    World,
    ask_counter,
    til_,
)
from tests.stage import outcome

OPEN, CLOSED = nouns.TILL_STATE_OPEN, nouns.TILL_STATE_CLOSED


def brl(minor: int) -> Money:
    return Money(minor=minor, currency="BRL")


async def sell(world: World, order_id: str, *, till: int = 1, method: nouns.CounterMethod.ValueType = CASH) -> str:
    """A sale of R$ 50.00. Returns the state of its payment."""
    await world.mesh.Authorize(ask_counter(order_id, till=till, method=method))
    return await world.capture(order_id)


async def close(world: World, minor: int, note: str = "", clerk: EventHub | None = None) -> nouns.Till:
    request = pb.CloseTillRequest(till_id=til_(1), counted_cash=brl(minor), note=note)
    return (await (clerk or world.clerk()).tills.CloseTill(request)).till


async def till_now(world: World, clerk: EventHub | None = None) -> nouns.Till:
    return (await (clerk or world.clerk()).tills.GetTill(pb.GetTillRequest(till_id=til_(1)))).till


async def test_a_till_counts_its_sales_by_method(world: World) -> None:
    opened = await world.open_till()
    assert (opened.state, opened.clerk_id, opened.expected_cash) == (OPEN, "acc_bia", FLOAT)
    for n, method in enumerate((CASH, CASH, TERMINAL, VOUCHER)):
        assert await sell(world, f"ord_{n}", method=method) == "CAPTURED"
    await world.mesh.Authorize(ask_counter("ord_given_up"))
    await world.void("ord_given_up")

    till = await till_now(world)

    assert {(total.method, total.amount.minor, total.sales) for total in till.totals} == {
        (CASH, 10_000, 2),
        (TERMINAL, 5_000, 1),
        (VOUCHER, 5_000, 1),
    }
    assert till.expected_cash == brl(20_000)
    booked = [(account, amount) for _, account, amount in await world.ledger() if account.startswith("till:")]
    assert sorted(booked) == sorted(
        [(f"till:{til_(1)}:{name}", 5_000) for name in ("cash", "cash", "card_terminal", "voucher")]
    )
    assert sum(amount for _, _, amount in await world.ledger()) == 0


async def test_a_till_is_closed_with_its_count(world: World) -> None:
    await world.open_till()
    await sell(world, ORDER)

    closed = await close(world, 15_000)

    assert (closed.state, closed.expected_cash, closed.counted_cash) == (CLOSED, brl(15_000), brl(15_000))
    assert (closed.difference_minor, closed.closed_by) == (0, "acc_bia")
    assert await till_now(world) == closed
    assert await close(world, 15_000) == closed
    assert await outcome(close(world, 15_001, "late")) == "TILL_CLOSED"
    assert (await world.open_till(2)).state == OPEN


async def test_a_difference_needs_a_note(world: World) -> None:
    await world.open_till()
    await world.mesh.Authorize(ask_counter())
    with pytest.raises(refusals.TillNoteRequired) as refused:
        await close(world, 9_000, " ")
    assert refused.value.facts == {"expected_minor": "10000", "counted_minor": "9000", "currency": "BRL"}
    assert await outcome(close(world, 9_000)) == "TILL_NOTE_REQUIRED"
    assert await world.state() == "AUTHORIZED"
    assert (await till_now(world)).state == OPEN

    closed = await close(world, 9_000, "paid the taxi")

    assert (closed.difference_minor, closed.note) == (-1_000, "paid the taxi")


async def test_a_till_counts_one_currency(world: World) -> None:
    await world.open_till()
    request = pb.CloseTillRequest(till_id=til_(1), counted_cash=Money(minor=10_000, currency="EUR"))

    assert await outcome(world.clerk().tills.CloseTill(request)) == "TILL_CURRENCY"

    assert (await till_now(world)).state == OPEN


async def test_a_clerk_has_one_open_till(world: World) -> None:
    first = await world.open_till()
    assert await world.open_till() == first

    with pytest.raises(refusals.TillOpen) as refused:
        await world.open_till(2)
    assert refused.value.facts == {"till_id": til_(1)}
    assert await outcome(world.open_till(opening_float=brl(1))) == "ID_IN_USE"
    assert await outcome(world.open_till(clerk=world.clerk(RUI))) == "ID_IN_USE"
    assert (await world.open_till(2, world.clerk(RUI))).clerk_id == RUI


async def test_of_sixteen_tills_at_once_one_is_opened(world: World) -> None:
    answers = await asyncio.gather(*(outcome(world.open_till(n)) for n in range(1, 17)))

    assert sorted(answers) == 15 * ["TILL_OPEN"] + ["done"]
    assert len((await world.clerk().tills.ListTills(pb.ListTillsRequest())).tills) == 1


async def test_sixteen_repeats_open_one_till(world: World) -> None:
    answers = await asyncio.gather(*(world.open_till() for _ in range(16)))

    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1


async def test_a_till_with_an_event_sells_no_other(world: World) -> None:
    await world.open_till(event_id="evt_other")

    assert await outcome(world.mesh.Authorize(ask_counter())) == "TILL_OTHER_EVENT"

    await world.open_till(2, world.clerk(RUI), event_id=EVENT)
    assert await sell(world, ORDER, till=2) == "CAPTURED"


async def test_a_till_for_an_event_of_others_takes_no_sale(world: World) -> None:
    rival = world.stage.member("org_rival", ROLE_MANAGER, "acc_rival")
    await world.open_till(clerk=rival, event_id=EVENT)
    asked = pb.FindOpenTillRequest(organizer_id="org_rival", clerk_id="acc_rival", event_id="evt_rival")
    own = ask_counter()
    own.organizer_id, own.event_id = "org_rival", "evt_rival"

    with pytest.raises(refusals.TillOtherEvent) as refused:
        await world.mesh.FindOpenTill(asked)
    refusals_of_sales = [await outcome(world.mesh.Authorize(each)) for each in (ask_counter(), own)]

    assert refused.value.facts == {"event_id": EVENT}
    assert refusals_of_sales == ["TILL_NOT_OPEN", "TILL_OTHER_EVENT"]
    closed = await close(world, 10_000, clerk=rival)
    assert (closed.state, list(closed.totals)) == (CLOSED, [])
    assert (await world.open_till(2, rival, event_id="evt_rival")).state == OPEN


async def test_no_till_of_another_organizer_takes_a_sale(world: World) -> None:
    await world.open_till()
    request = ask_counter()
    request.organizer_id = "org_rival"

    assert await outcome(world.mesh.Authorize(request)) == "TILL_NOT_OPEN"


@pytest.mark.parametrize("ahead", [4, 12])
async def test_a_sale_is_counted_or_fails_however_it_races_the_closing(world: World, ahead: int) -> None:
    await world.open_till()
    for n in range(16):
        await world.mesh.Authorize(ask_counter(f"ord_{n}"))
    captures = [world.capture(f"ord_{n}") for n in range(16)]

    calls = [*captures[:ahead], close(world, 0, "counted in a hurry"), *captures[ahead:]]
    answers = await asyncio.gather(*calls)

    sold = [answer for answer in answers if isinstance(answer, str)]
    till = await till_now(world)
    assert set(sold) <= {"CAPTURED", "VOIDED"}
    assert sum(total.sales for total in till.totals) == sold.count("CAPTURED")
    assert till.expected_cash.minor == 10_000 + 5_000 * sold.count("CAPTURED")
    assert len(await world.ledger()) == 2 * sold.count("CAPTURED")
    assert await outcome(world.mesh.Authorize(ask_counter("ord_late"))) == "TILL_NOT_OPEN"


async def test_sixteen_closings_with_different_counts_are_one(world: World) -> None:
    await world.open_till()

    answers = await asyncio.gather(*(outcome(close(world, n, "sum")) for n in range(16)))

    assert sorted(answers) == 15 * ["TILL_CLOSED"] + ["done"]


@pytest.mark.parametrize("role", [ROLE_OWNER, ROLE_MANAGER, ROLE_FINANCE])
async def test_those_who_count_see_all_tills(world: World, role: Role.ValueType) -> None:
    await world.open_till()
    await sell(world, ORDER)
    await world.open_till(2, world.clerk(RUI))
    boss = world.clerk("acc_boss", role)

    assert (await till_now(world, boss)).expected_cash == brl(15_000)
    listed = (await boss.tills.ListTills(pb.ListTillsRequest())).tills
    assert {till.till_id: till.expected_cash.minor for till in listed} == {til_(1): 15_000, til_(2): 10_000}
    (ruis,) = (await boss.tills.ListTills(pb.ListTillsRequest(clerk_id=RUI))).tills
    assert ruis.till_id == til_(2)


async def test_a_clerk_sees_and_closes_the_own_till_only(world: World) -> None:
    await world.open_till()
    rui, rival = world.clerk(RUI), world.stage.member("org_rival")

    for stranger in (rui, rival):
        assert await outcome(till_now(world, stranger)) == "TILL_NOT_FOUND"
        assert await outcome(close(world, 10_000, clerk=stranger)) == "TILL_NOT_FOUND"
        for request in (pb.ListTillsRequest(), pb.ListTillsRequest(clerk_id="acc_bia")):
            assert not (await stranger.tills.ListTills(request)).tills
    assert await outcome(till_now(world, world.clerk("acc_vic", ROLE_VIEWER))) == "ACCESS_DENIED"


async def test_a_manager_closes_the_till_that_a_clerk_left_open(world: World) -> None:
    await world.open_till()

    closed = await close(world, 10_000, clerk=world.clerk("acc_boss", ROLE_MANAGER))

    assert (closed.state, closed.clerk_id, closed.closed_by) == (CLOSED, "acc_bia", "acc_boss")


async def test_tills_are_listed_by_page_and_the_open_ones_alone(world: World) -> None:
    boss = world.clerk("acc_boss", ROLE_OWNER)
    for n in range(1, 4):
        await world.open_till(n, world.clerk(f"acc_{n}"))
        world.stage.clock.advance(1)
    await close(world, 10_000, clerk=boss)

    first = await boss.tills.ListTills(pb.ListTillsRequest(page=PageRequest(size=2)))
    page = PageRequest(size=2, token=first.next_page_token)
    rest = await boss.tills.ListTills(pb.ListTillsRequest(page=page))

    assert [till.till_id for till in [*first.tills, *rest.tills]] == [til_(3), til_(2), til_(1)]
    open_only = (await boss.tills.ListTills(pb.ListTillsRequest(open_only=True))).tills
    assert [till.till_id for till in open_only] == [til_(3), til_(2)]
