"""Statements and payouts: the books of an organizer, to the centavo."""

import asyncio
import csv
import io
from collections import Counter

from eventhub.common.v1.options_pb2 import ROLE_FINANCE, ROLE_VIEWER
from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.payments.test_refunds import give_back, paid
from tests.payments.world import BIA, ORDER, ORGANIZER, TERMINAL, World, ask_counter, til_
from tests.stage import outcome


def batch(n: int) -> str:
    return f"pay_{n:026d}"


def asked(world: World, *, days: int = 1, **more: object) -> pb.GetStatementRequest:
    """The statement from an hour ago on."""
    now_us = world.stage.clock.now_us()
    request = pb.GetStatementRequest(to=to_timestamp(now_us + days * 24 * 3600 * SECOND_US), **more)  # type: ignore[arg-type] # by name
    getattr(request, "from").CopyFrom(to_timestamp(now_us - 3600 * SECOND_US))
    return request


async def statement(world: World, **more: object) -> pb.GetStatementResponse:
    finance = world.stage.member(ORGANIZER, ROLE_FINANCE)
    return await finance.books.GetStatement(asked(world, **more))  # type: ignore[arg-type] # by name


async def payouts(world: World, n: int) -> pb.CreatePayoutsResponse:
    return await world.operator.books.CreatePayouts(pb.CreatePayoutsRequest(batch_id=batch(n)))


async def file_of(world: World, n: int) -> list[list[str]]:
    parts = [
        answer.part async for answer in world.operator.books.GetPayoutFile(pb.GetPayoutFileRequest(batch_id=batch(n)))
    ]
    return list(csv.reader(io.StringIO(b"".join(parts).decode(), newline="")))


async def test_a_statement_tells_what_was_taken_and_given_by_method_clerk_and_till(world: World) -> None:
    await paid(world)
    await paid(world, "ord_2")
    await give_back(world, 1, 1500)
    await world.fault("REFUSE_REFUNDS")
    await give_back(world, 2, 500, "ord_2")
    await world.open_till()
    for n, method in ((3, {}), (4, {"method": TERMINAL})):
        await world.mesh.Authorize(ask_counter(f"ord_{n}", **method))
        await world.capture(f"ord_{n}")
    await give_back(world, 3, 1000, "ord_3", clerk_id=BIA)

    told = await statement(world)

    lines = {
        (line.method, line.clerk_id, line.till_id): (line.captured.minor, line.refunded.minor, line.payments)
        for line in told.lines
    }
    assert lines == {
        ("sandbox", "", ""): (10_000, 1500, 2),
        ("by_hand", "", ""): (0, 500, 0),
        ("cash", BIA, til_(1)): (5000, 1000, 1),
        ("card_terminal", BIA, til_(1)): (5000, 0, 1),
    }
    assert [money.minor for money in told.payable] == [10_000 - 2000], (
        "the money in its tills is the organizer's already"
    )
    assert [money.minor for money in told.owed_by_hand] == [500]
    assert list(told.paid_out) == []


async def test_a_statement_is_the_callers_organizers_and_comes_in_pages(world: World) -> None:
    await paid(world)
    await world.open_till()
    await world.mesh.Authorize(ask_counter("ord_2"))
    await world.capture("ord_2")
    other = world.stage.member("org_other", ROLE_FINANCE)
    assert not (await other.books.GetStatement(asked(world))).lines
    assert await outcome(world.stage.member(ORGANIZER, ROLE_VIEWER).books.GetStatement(asked(world))) == "ACCESS_DENIED"
    assert not (await statement(world, event_id="evt_other")).lines
    assert await outcome(statement(world, days=401)) == "INVALID_REQUEST"
    assert await outcome(statement(world, days=-1)) == "INVALID_REQUEST"
    whole = (await statement(world)).lines
    first = await statement(world, page={"size": 1})
    second = await statement(world, page={"size": 1, "token": first.next_page_token})
    assert [*first.lines, *second.lines] == list(whole)
    assert not second.next_page_token


async def test_a_payout_pays_what_is_owed_once(world: World) -> None:
    await paid(world)
    await give_back(world, 1, 1500)
    for _ in range(2):
        made = await payouts(world, 1)
        assert (made.payouts, [money.minor for money in made.totals]) == (1, [3500])
    assert (await payouts(world, 2)).payouts == 0
    told = await statement(world)
    assert (list(told.payable), [money.minor for money in told.paid_out]) == ([], [3500])
    finance = world.stage.member(ORGANIZER, ROLE_FINANCE)
    (payout,) = (await finance.books.ListPayouts(pb.ListPayoutsRequest())).payouts
    assert (payout.batch_id, payout.amount.minor) == (batch(1), 3500)
    header, row, total = await file_of(world, 1)
    assert header == ["payout_id", "organizer_id", "amount_minor", "currency", "created_at"]
    assert row[:4] == [payout.payout_id, ORGANIZER, "3500", "BRL"]
    assert total == ["total", "1", "3500", "BRL", ""]
    assert await file_of(world, 2) == [header]
    assert await outcome(file_of(world, 3)) == "PAYOUT_NOT_FOUND"


async def test_a_payout_leaves_out_what_the_organizer_has_in_its_tills_and_adds_what_it_paid_by_hand(
    world: World,
) -> None:
    await world.open_till()
    await world.mesh.Authorize(ask_counter("ord_2"))
    await world.capture("ord_2")
    await give_back(world, 2, 1000, "ord_2", clerk_id=BIA)
    assert (await payouts(world, 1)).payouts == 0, "all of it is in the till"
    await paid(world)
    await world.fault("REFUSE_REFUNDS")
    await give_back(world, 1, 1500)
    assert [money.minor for money in (await payouts(world, 2)).totals] == [3500]
    await world.mesh.SettleRefund(pb.SettleRefundRequest(refund_id="rfd_1"))
    assert [money.minor for money in (await statement(world)).payable] == [1500], "its provider has kept this money"
    assert [money.minor for money in (await payouts(world, 3)).totals] == [1500]
    assert (await payouts(world, 4)).payouts == 0


async def test_sixteen_batches_at_once_pay_an_organizer_once(world: World) -> None:
    await paid(world)
    made = await asyncio.gather(*(payouts(world, n % 4) for n in range(16)))
    paid_in = {money.minor for answer in made for money in answer.totals}
    assert paid_in == {5000}
    assert sum(minor for _, account, minor in await world.ledger() if account == f"paid_out:{ORGANIZER}") == -5000


async def test_a_debt_after_a_payout_is_taken_from_the_next_one(world: World) -> None:
    await paid(world)
    await payouts(world, 1)
    await give_back(world, 1, 5000)
    assert [money.minor for money in (await statement(world)).payable] == [-5000]
    assert (await payouts(world, 2)).payouts == 0
    for n in (2, 3):
        await paid(world, f"ord_{n}")
    assert [money.minor for money in (await payouts(world, 3)).totals] == [5000]


async def test_the_books_sum_to_zero_and_agree_with_the_providers(world: World) -> None:
    for n in range(1, 7):
        await paid(world, f"ord_{n}")
    for n in range(1, 4):
        await give_back(world, n, n * 700, f"ord_{n}")
    await payouts(world, 1)
    sums = Counter[str]()
    for _, account, minor in await world.ledger():
        sums[account] += minor
    assert sum(sums.values()) == 0
    book = 0
    for n in range(1, 7):
        request = pb.GetSandboxChargesRequest(order_id=f"ord_{n}")
        (charge,) = (await world.operator.sandbox.GetSandboxCharges(request)).charges
        book += charge.amount.minor - charge.refunded.minor
    assert sums["clearing:sandbox"] == book
    assert ORDER == "ord_1"
