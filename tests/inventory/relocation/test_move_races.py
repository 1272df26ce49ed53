"""Buyers hold, lock, buy and give back while the event moves: no seat is sold twice, and none is lost."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusal import Refusal
from eventhub.refusals import EventMoving
from services.inventory.relocation.relocations import Sizes, Step
from tests.inventory.relocation.moves import (
    REL,
    arena_program,
    busy_theatre,
    catalog,
    check_all,
    freeze,
    new_mover,
    stage_arena,
    the_move,
)
from tests.inventory.test_history import Choose, chooser
from tests.inventory.world import (
    BALCONY,
    EVENT,
    STALLS,
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
from tests.stage import Stage, until

if TYPE_CHECKING:
    from eventhub.client import EventHub
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

T = TypeVar("T")

BUYERS, TURNS = 16, 6
FEW = Sizes(holds=2, seats=5, transactions=1)


class Crowd:
    """Sixteen buyers at once. answers: how many answers they have got; moving: how many of them said that the event
    moves."""

    def __init__(self, stage: Stage, orders: "InventoryMeshAsyncStub") -> None:
        self.answers = self.moving = 0
        self.buyers = [Buyer(self, stage, orders, number) for number in range(BUYERS)]
        self._buying: list[asyncio.Task[None]] = []

    async def begin(self, seed: int) -> None:
        """Lets all buy, and waits until some of them have got answers."""
        self._buying = [asyncio.create_task(buyer.buy(seed)) for buyer in self.buyers]
        await until(lambda: self.answers > 10 + 20 * (seed % 10))

    async def another(self) -> None:
        """Waits until a buyer has got another answer."""
        seen = self.answers
        await until(lambda: self.answers > seen or all(task.done() for task in self._buying))

    async def end(self) -> None:
        """Waits until all have bought."""
        await asyncio.gather(*self._buying)


class Buyer:
    """A buyer that tries each step again while the event moves. sold: the number of places of each hold that the buyer
    has bought, by the answers."""

    def __init__(self, crowd: Crowd, stage: Stage, orders: "InventoryMeshAsyncStub", number: int) -> None:
        self.crowd = crowd
        self.orders = orders
        self.buyer_id = f"gst_{number}"
        self.client: EventHub = stage.buyer(self.buyer_id)
        self.number = number
        self.sold: dict[str, int] = {}

    async def again(self, call: Callable[[], Awaitable[T]]) -> T | None:
        """Makes a call until the event does not move. None if it is refused for another reason."""
        while True:
            try:
                return await call()
            except EventMoving:
                self.crowd.moving += 1
                await asyncio.sleep(0)
            except Refusal:
                return None
            finally:
                self.crowd.answers += 1

    async def take(self, n: int, choose: Choose) -> int:
        """Holds two seats and perhaps a place. Returns how many places; 0 if it is refused."""
        row, first = "AB"[choose(2)], 1 + choose(9)
        type_id = (STALLS, BALCONY)[choose(2)]
        items = [seats(f"{row}-{first:02d}", f"{row}-{first + 1:02d}", ticket_type_id=type_id)]
        items += [places(1)] if choose(2) else []
        answer = await self.again(lambda: hold(self.client, hld(n), *items))
        return len(answer.hold.places) if answer else 0

    async def turn(self, n: int, choose: Choose) -> None:
        many, order = await self.take(n, choose), f"ord_{n}"
        if not many:
            return
        release = pb.ReleaseHoldRequest(hold_id=hld(n))
        if not choose(4):
            await self.again(lambda: self.client.inventory.ReleaseHold(release))
            return
        if not await self.again(lambda: self.orders.LockHold(lock(order, n=n, buyer_id=self.buyer_id))):
            return
        match choose(4):
            case 0:
                await self.again(lambda: self.orders.UnlockHold(unlock(order, n=n)))
            case 1:
                await self.again(lambda: self.orders.ConfirmHold(confirm(order, n=n)))
                await self.again(lambda: self.orders.ReturnSold(give_back(order, n=n)))
            case _ if await self.again(lambda: self.orders.ConfirmHold(confirm(order, n=n))):
                self.sold[hld(n)] = many

    async def prepare(self) -> None:
        """Takes a hold. Of four buyers, one has it locked and one has it sold to an order."""
        n, kind = self.number, self.number % 4
        seat_id, type_id = (f"A-{n + 1:02d}", STALLS) if n < 8 else (f"B-{n - 7:02d}", BALCONY)
        await hold(self.client, hld(n), seats(seat_id, ticket_type_id=type_id))
        if kind >= 2:
            await self.orders.LockHold(lock(n=n, buyer_id=self.buyer_id))
        if kind == 3:
            await self.orders.ConfirmHold(confirm(n=n))

    async def step(self) -> object:
        """Gives the hold back, or locks, buys or returns it."""
        n = self.number
        match n % 4:
            case 0:
                return await self.client.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))
            case 1:
                return await self.orders.LockHold(lock(n=n, buyer_id=self.buyer_id))
            case 2:
                return await self.orders.ConfirmHold(confirm(n=n))
            case _:
                return await self.orders.ReturnSold(give_back(n=n))

    async def buy(self, seed: int) -> None:
        choose = chooser(f"{seed}:{self.number}")
        for turn in range(TURNS):
            await self.turn(1000 * (self.number + 1) + turn, choose)
            await asyncio.sleep(0)


async def relocated(stage: Stage, crowd: Crowd) -> None:
    """Moves the event in small parts. Between any two of them a buyer gets an answer."""
    while not await new_mover(stage, FEW).freeze(EVENT, REL):
        await crowd.another()
    await catalog(stage).Provision(arena_program(stage))
    await stage_arena(stage)
    while (await new_mover(stage, FEW).move(the_move())).step != Step.DONE:
        await crowd.another()


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_sold_twice_or_lost_while_the_event_moves(stage: Stage, seed: int) -> None:
    crowd = Crowd(stage, await busy_theatre(stage))

    await crowd.begin(seed)
    await relocated(stage, crowd)
    await crowd.end()

    assert crowd.moving, "the move disturbed none of them"
    await check_all(stage)
    await check_sold(stage, crowd.buyers)


async def check_sold(stage: Stage, buyers: list[Buyer]) -> None:
    """Each buyer has what the answers said, and the pools count exactly the general places."""
    found = await rows(stage, "SELECT hold_id, state, places FROM hold WHERE state IN ('HELD', 'LOCKED', 'SOLD')")
    have = {hold_id: (state, json.loads(text)) for hold_id, state, text in found}
    for hold_id, many in ((hold_id, many) for buyer in buyers for hold_id, many in buyer.sold.items()):
        state, own = have[hold_id]
        assert (state, len(own)) == ("SOLD", many)
    general = Counter(state == "SOLD" for state, own in have.values() for place in own if not place[1])
    assert (await counts(stage))["places"] == (100, general[False], general[True])


@pytest.mark.parametrize("seed", range(2))
async def test_nothing_is_lost_while_a_relocation_is_given_up(stage: Stage, seed: int) -> None:
    crowd = Crowd(stage, await busy_theatre(stage))

    await crowd.begin(10 + seed)
    for _ in range(2 + 3 * seed):
        await new_mover(stage, FEW).freeze(EVENT, REL)
        await crowd.another()
    while not await new_mover(stage, FEW).thaw(EVENT, REL):
        await crowd.another()
    await crowd.end()

    assert crowd.moving, "the freeze disturbed none of them"
    await check_all(stage)
    await check_sold(stage, crowd.buyers)


async def test_sixteen_buyers_of_one_new_seat_get_it_once(stage: Stage) -> None:
    crowd = Crowd(stage, await busy_theatre(stage))

    async def take(buyer: Buyer) -> bool:
        """Tries until the seat is taken; before the move the ticket type is not sold for a seat of this id."""
        while True:
            if await buyer.again(lambda: hold(buyer.client, hld(100 + buyer.number), seats("B-06"))):
                return True
            if await rows(stage, "SELECT 1 FROM seat WHERE seat_id = 'B-06' AND state = 'HELD'"):
                return False

    taking = [asyncio.create_task(take(buyer)) for buyer in crowd.buyers]
    await until(lambda: crowd.answers)
    await relocated(stage, crowd)

    assert (await asyncio.gather(*taking)).count(True) == 1
    await check_all(stage)


async def test_frozen_holds_go_on_once_after_the_move(stage: Stage) -> None:
    orders = await open_theatre(stage)
    crowd = Crowd(stage, orders)
    for buyer in crowd.buyers:
        await buyer.prepare()
    await freeze(stage)

    steps = [asyncio.create_task(buyer.again(buyer.step)) for buyer in crowd.buyers]
    await until(lambda: crowd.moving >= BUYERS)
    await relocated(stage, crowd)

    assert None not in await asyncio.gather(*steps)
    states = await rows(stage, "SELECT state, count(*) FROM hold GROUP BY state ORDER BY state")
    assert states == [("HELD", 4), ("LOCKED", 4), ("RELEASED", 4), ("SOLD", 4)]
    await check_all(stage)
