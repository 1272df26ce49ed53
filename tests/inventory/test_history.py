"""Many clients work at once; then the test replays the recorded changes of all seats."""

import asyncio
import contextlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_ORGANIZER, ROLE_OWNER
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.refusal import Refusal
from services.inventory.transactions import lapse_due
from services.kit.feeds import feed
from services.kit.rpc.call import Caller
from tests.facts import settled
from tests.inventory.world import (
    BALCONY,
    EVENT,
    HALF,
    ORGANIZER,
    STALLS,
    STANDING,
    TTL_S,
    confirm,
    counts,
    give_back,
    hld,
    hold,
    lock,
    open_theatre,
    places,
    rows,
    seats,
    unlock,
)
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

CLIENTS, TURNS = 12, 12
Choose = Callable[[int], int]

# The legal changes of a seat, each with the hold it names. "same": the hold that had the seat.
LEGAL = {
    ("FREE", "HELD"): "new",
    ("HELD", "SOLD"): "same",
    ("HELD", "FREE"): "same",
    ("SOLD", "HELD"): "same",
    ("SOLD", "FREE"): "same",
    ("FREE", "BLOCKED"): "none",
    ("BLOCKED", "FREE"): "none",
    ("BLOCKED", "HELD"): "new",
    ("HELD", "BLOCKED"): "same",
    ("SOLD", "BLOCKED"): "same",
}


def chooser(seed: str) -> Choose:
    """A source of choices below n, equal in all runs with one seed."""

    def numbers() -> Iterator[int]:
        turn = 0
        while True:
            turn += 1
            yield zlib.crc32(f"{seed}:{turn}".encode())

    throws = numbers()
    return lambda n: (next(throws) >> 8) % n


def wish(choose: Choose) -> list[pb.HoldItem]:
    """Up to three neighbouring seats of the stalls, and some places."""
    first, many = 1 + choose(8), 1 + choose(3)
    items = [seats(*(f"A-{n:02d}" for n in range(first, min(first + many, 11))))]
    if choose(2):
        items.append(places(1 + choose(2)))
    if not choose(3):
        items.append(places(1, HALF))
    return items


async def buy(buyer: EventHub, buyer_id: str, orders: "InventoryMeshAsyncStub", n: int, choose: Choose) -> None:
    """Holds seats, then takes one of six ways to end the hold."""
    order_id = f"ord_{n}"
    await hold(buyer, hld(n), *wish(choose))
    match choose(6):
        case 0:
            await buyer.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))
        case 1:
            await orders.LockHold(lock(order_id, n=n, buyer_id=buyer_id))
            await asyncio.gather(orders.ConfirmHold(confirm(order_id, n=n)), orders.UnlockHold(unlock(order_id, n=n)))
        case 2:
            await orders.LockHold(lock(order_id, n=n, buyer_id=buyer_id))
            await orders.UnlockHold(unlock(order_id, n=n))
        case 3 | 4:
            await orders.LockHold(lock(order_id, n=n, buyer_id=buyer_id))
            await orders.ConfirmHold(confirm(order_id, n=n))
            await orders.ReturnSold(give_back(order_id, n=n))
        case _ if choose(3):
            return  # left to lapse
        case _:
            await orders.LockHold(lock(order_id, n=n, buyer_id=buyer_id))
            await orders.ConfirmHold(confirm(order_id, n=n))


async def client(stage: Stage, orders: "InventoryMeshAsyncStub", seed: int, number: int) -> None:
    choose, caller = chooser(f"{seed}:{number}"), Caller(kind=ACCESS_BUYER, subject_id=f"gst_{number}")
    buyer = stage.client(caller)
    for turn in range(TURNS):
        buyer.tokens.access_token = stage.token(caller)  # the clock runs fast
        with contextlib.suppress(Refusal):
            await buy(buyer, caller.subject_id, orders, 1000 * (number + 1) + turn, choose)
        if not choose(8):
            stage.clock.advance(TTL_S / 2)


async def hold_blocked(member: EventHub, hold_id: str, *seat_ids: str, ticket_type_id: str = STALLS) -> None:
    """Holds seats that may be blocked."""
    items = [seats(*seat_ids, ticket_type_id=ticket_type_id)]
    await member.inventory.Hold(pb.HoldRequest(hold_id=hold_id, event_id=EVENT, items=items, take_blocked=True))


async def keep_back(stage: Stage, seed: int) -> None:
    """The organizer blocks seats, holds some of them, and unblocks them again."""
    choose, caller = (
        chooser(f"{seed}:organizer"),
        Caller(kind=ACCESS_ORGANIZER, subject_id="acc_bia", organizer_id=ORGANIZER, role=ROLE_OWNER),
    )
    member = stage.client(caller)
    for turn in range(3 * TURNS):
        member.tokens.access_token = stage.token(caller)
        seat_ids = [f"A-{1 + choose(10):02d}"]
        with contextlib.suppress(Refusal):
            await member.inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=seat_ids))
            if choose(2):
                await hold_blocked(member, hld(100 + turn), *seat_ids)
            if choose(2):
                await member.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(100 + turn)))
            await member.inventory.UnblockSeats(pb.UnblockSeatsRequest(event_id=EVENT, seat_ids=seat_ids))


@pytest.mark.parametrize("seed", range(3))
async def test_the_history_of_every_seat_makes_sense(stage: Stage, seed: int) -> None:
    orders = await open_theatre(stage, standing=15, half=3)

    await asyncio.gather(*(client(stage, orders, seed, number) for number in range(CLIENTS)), keep_back(stage, seed))
    await each_once(stage, orders)

    await check_all_happened(stage)
    await check_holds(stage)
    await check_pools(stage)
    await check_counts(stage)
    await check_facts(stage)


async def test_no_way_is_left_to_chance(stage: Stage) -> None:
    orders = await open_theatre(stage, standing=15, half=3)

    await each_once(stage, orders)

    await check_all_happened(stage)


async def check_all_happened(stage: Stage) -> None:
    """Every legal change of a seat and every end of a hold happened, and nothing else."""
    changes = await replay(stage)
    assert set(LEGAL) == set(changes), "the run left something out"
    ends = await rows(stage, "SELECT DISTINCT state FROM hold")
    assert {("LAPSED",), ("RELEASED",), ("SOLD",)} <= set(ends), "the run left something out"


async def each_once(stage: Stage, orders: "InventoryMeshAsyncStub") -> None:
    """Takes each way once, in case chance has left one out: seats are sold, sold and returned before and after the end
    of the hold, released, and left to lapse. So are seats that were blocked; another one is unblocked."""
    clerk = Caller(kind=ACCESS_ORGANIZER, subject_id="acc_late", organizer_id=ORGANIZER, role=ROLE_OWNER)
    member = stage.client(clerk)
    await member.inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=["B-06", "B-07", "B-08"]))
    for n in (6, 7):
        await hold_blocked(member, hld(n), f"B-{n:02d}", ticket_type_id=BALCONY)
    await member.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(6)))
    await member.inventory.UnblockSeats(pb.UnblockSeatsRequest(event_id=EVENT, seat_ids=["B-08"]))
    await orders.LockHold(lock("ord_7", n=7, buyer_id=clerk.subject_id))
    await orders.ConfirmHold(confirm("ord_7", n=7))
    caller = Caller(kind=ACCESS_BUYER, subject_id="gst_late")
    buyer = stage.client(caller)
    for n in (1, 2, 4):
        await hold(buyer, hld(n), seats(f"B-{n:02d}", ticket_type_id=BALCONY))
        await orders.LockHold(lock(f"ord_{n}", n=n, buyer_id=caller.subject_id))
        await orders.ConfirmHold(confirm(f"ord_{n}", n=n))
    await orders.ReturnSold(give_back("ord_1", n=1))
    await hold(buyer, hld(3), seats("B-03", ticket_type_id=BALCONY))
    await hold(buyer, hld(5), seats("B-05", ticket_type_id=BALCONY))
    await buyer.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(5)))
    stage.clock.pass_unseen(TTL_S)
    await orders.ReturnSold(give_back("ord_4", n=4))
    await orders.ReturnSold(give_back("ord_7", n=7))
    await stage.platform.contexts[0].database.write(lapse_due, now_us=stage.clock.now_us())


async def replay(stage: Stage, legal: Mapping[tuple[str, str], str] = LEGAL) -> Counter[tuple[str, str]]:
    """Follows all seats through their histories: no version is missing, and no hold takes a seat of another. A seat
    that is not there any more was free at last. Returns how often each change happened."""
    changes: Counter[tuple[str, str]] = Counter()
    now = {row[0]: ("FREE", "", 1) for row in await rows(stage, "SELECT seat_id FROM seat ORDER BY seat_id")}
    history = "SELECT seat_id, version, state, hold_id FROM seat_event ORDER BY seat_id, version"
    for seat_id, version, state, hold_id in await rows(stage, history):
        before, holder, last = now.get(seat_id, ("FREE", "", 1))
        assert version == last + 1, f"{seat_id} lacks a version before {version}"
        whose = legal[before, state]
        assert hold_id == "" if whose == "none" else hold_id
        assert whose != "same" or hold_id == holder, f"{seat_id} was taken from {holder} by {hold_id}"
        changes[before, state] += 1
        now[seat_id] = state, "" if state in ("FREE", "BLOCKED") else hold_id, version
    told = await rows(stage, "SELECT seat_id, state, hold_id, version FROM seat ORDER BY seat_id")
    there = {row[0]: tuple(row[1:]) for row in told}
    assert there == {seat_id: now[seat_id] for seat_id in there}
    assert {now[seat_id][0] for seat_id in now.keys() - there.keys()} <= {"FREE"}
    return changes


async def living_places(stage: Stage) -> list[tuple[str, str, str, str]]:
    """hold_id, state, ticket_type_id and seat_id of all held and sold places."""
    living = await rows(stage, "SELECT hold_id, state, places FROM hold WHERE state IN ('HELD', 'LOCKED', 'SOLD')")
    return [
        (hold_id, state, type_id, seat_id)
        for hold_id, state, places in living
        for type_id, seat_id, _ in json.loads(places)
    ]


async def check_holds(stage: Stage) -> None:
    """The seats of a hold in force are in the hold's state, and no other seat names a hold."""
    live = {"HELD": "HELD", "LOCKED": "HELD", "SOLD": "SOLD"}
    has = await rows(stage, "SELECT seat_id, hold_id, state FROM seat WHERE hold_id <> ''")
    wanted = [(seat_id, hold_id, live[state]) for hold_id, state, _, seat_id in await living_places(stage) if seat_id]
    assert sorted(has) == sorted(wanted)


async def check_pools(stage: Stage) -> None:
    """The pools count exactly the places of the holds."""
    having = Counter(
        (type_id, "SOLD" if state == "SOLD" else "HELD") for _, state, type_id, _ in await living_places(stage)
    )
    half_held, half_sold = having[HALF, "HELD"], having[HALF, "SOLD"]
    now = await counts(stage)
    assert now["half"] == (3, half_held, half_sold)
    assert now["places"] == (15, having[STANDING, "HELD"] + half_held, having[STANDING, "SOLD"] + half_sold)


async def check_counts(stage: Stage) -> None:
    """The kept counts equal the seats."""
    told = await rows(
        stage,
        """SELECT category, CAST(sum(free) AS BIGINT), CAST(sum(held) AS BIGINT), CAST(sum(sold) AS BIGINT),
           CAST(sum(blocked) AS BIGINT) FROM seat_count GROUP BY category""",
    )
    true = Counter(await rows(stage, "SELECT category, state FROM seat"))
    states = "FREE", "HELD", "SOLD", "BLOCKED"
    assert {row[0]: row[1:] for row in told} == {
        category: tuple(true[category, state] for state in states) for category, _ in true
    }


async def check_facts(stage: Stage) -> None:
    """The facts name the same changes in the same order, and no count ever exceeds its capacity."""
    told: list[tuple[str, int]] = []
    position = 0
    await settled(stage.platform.contexts[0].database)
    while True:
        batch = await stage.platform.contexts[0].database.read(feed.facts_after, position)
        if not batch.facts:
            break
        position = batch.facts[-1].position
        for fact in batch.facts:
            if fact.type == StockChanged.DESCRIPTOR.full_name:
                changed = StockChanged.FromString(fact.payload)
                told += [(change.seat_id, change.version) for change in changed.seats]
                assert all(stock.held + stock.sold <= stock.capacity for stock in changed.stocks)
    in_order = sorted(told, key=lambda change: change[0])  # keeps the order of each seat's changes
    assert in_order == await rows(stage, "SELECT seat_id, version FROM seat_event ORDER BY seat_id, version")
