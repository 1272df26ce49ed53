"""The kept counts of seats: equal to the seats after any history, and never what decides a sale."""

import asyncio
import contextlib
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusal import Refusal
from services.inventory import (
    claim_transactions,
    count_store,
    provision_transactions,
    sale_transactions,
    transactions,
)
from services.inventory.allowance import allowance
from services.inventory.blocks import transactions as blocks
from services.inventory.holds import EventSale, Item, TicketType, Wish
from services.inventory.person_limit import Person
from services.inventory.provisions import Provision, SeatSpec
from services.kit.db.database import Database, Row, Tx
from tests import databases
from tests.inventory.world import BALCONY, EVENT, STALLS, available, hld, hold, open_theatre, rows, seats
from tests.sources import SERVICES
from tests.stage import Stage, outcome

SCHEMA = SERVICES / "inventory" / "schema"
SEATS, MINUTE_US = 6, 60_000_000
COUNTED = "SELECT category, sum(free), sum(held), sum(sold), sum(blocked) FROM seat_count WHERE event_id = $1"
TRUE = """SELECT category, sum(CASE WHEN state = 'FREE' THEN 1 ELSE 0 END),
    sum(CASE WHEN state = 'HELD' THEN 1 ELSE 0 END), sum(CASE WHEN state = 'SOLD' THEN 1 ELSE 0 END),
    sum(CASE WHEN state = 'BLOCKED' THEN 1 ELSE 0 END) FROM seat WHERE event_id = $1"""
BY_CATEGORY = " GROUP BY category ORDER BY category"

events = count()
steps = st.tuples(
    st.sampled_from(
        ["hold", "hold", "hold", "release", "lock", "sell", "unlock", "return", "block", "unblock", "take", "wait"]
    ),
    st.sets(st.integers(0, SEATS - 1), min_size=1, max_size=4),
)


class Hall:
    """An event of six seats in two categories, and the steps of its sale."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.event_id = f"evt_{next(events)}"
        self.now_us = MINUTE_US
        self.holds: list[str] = []
        self.type = TicketType(ticket_type_id=f"{self.event_id}.type", seated=True, categories=frozenset(), pool_ids=())
        self.sale: EventSale | None = None

    def provision(self, content_hash: str) -> Provision:
        return Provision(
            event_id=self.event_id,
            organizer_id="org",
            version=0,
            sales_start_us=0,
            sales_end_us=10**15,
            counter_end_us=10**15,
            reserve_until_us=0,
            tickets_per_order_max=SEATS,
            plan_id="plan",
            plan_seats=SEATS,
            pools=(),
            types=(self.type,),
            lots={},
            content_hash=content_hash,
        )

    async def open(self) -> None:
        """Puts the seats on sale; they come in two parts that overlap."""
        await self.database.write(provision_transactions.provision, self.provision("first"), now_us=self.now_us)
        for part in (range(4), range(2, SEATS)):
            await self.database.write(provision_transactions.add_seats, self.event_id, [seat(n) for n in part])
        await self.database.write(provision_transactions.open_sales, self.event_id, SEATS, now_us=self.now_us)
        self.sale, _ = await self.database.read(sale_transactions.sale_and_types, self.event_id)

    async def step(self, kind: str, chosen: set[int]) -> None:
        """Takes a step with some seats, or with the hold of the largest chosen number."""
        write, names = self.database.write, [f"{n}" for n in sorted(chosen)]
        hold_id = self.holds[max(chosen) % len(self.holds)] if self.holds else "hld_none"
        match kind:
            case "hold" | "take":
                await self.hold(tuple(names), take_blocked=kind == "take")
            case "release":
                await write(transactions.release_hold, hold_id, hold_id, now_us=self.now_us)
            case "lock":
                await write(transactions.lock_hold, hold_id, hold_id, hold_id, Person(), now_us=self.now_us)
            case "sell":
                await write(transactions.lock_hold, hold_id, hold_id, hold_id, Person(), now_us=self.now_us)
                await write(transactions.confirm_hold, hold_id, hold_id, now_us=self.now_us)
            case "unlock":
                await write(transactions.unlock_hold, hold_id, hold_id, now_us=self.now_us)
            case "return":
                await write(transactions.return_sold, hold_id, hold_id, now_us=self.now_us)
            case "block":
                block = blocks.block_seats
                await write(block, self.event_id, "org", names, label="", reason="", now_us=self.now_us)
            case "unblock":
                await write(blocks.unblock_seats, self.event_id, "org", names, now_us=self.now_us)
            case _:
                self.now_us += 6 * MINUTE_US
                await write(transactions.lapse_due, now_us=self.now_us)

    async def hold(self, names: tuple[str, ...], *, take_blocked: bool) -> None:
        hold_id = f"{self.event_id}.{len(self.holds)}"
        wish = Wish(
            hold_id=hold_id,
            event_id=self.event_id,
            buyer_id=hold_id,
            items=(Item(self.type.ticket_type_id, names, 0),),
            content_hash="",
            take_blocked=take_blocked,
        )
        assert self.sale is not None
        types, allowed = (
            {self.type.ticket_type_id: self.type},
            allowance(self.sale, at_counter=False, address=0, near=0),
        )
        await self.database.write(claim_transactions.place_hold, wish, self.sale, types, allowed, now_us=self.now_us)
        self.holds.append(hold_id)

    async def counts(self, sql: str) -> list[Row]:
        async def read(tx: Tx) -> list[Row]:
            return [(row[0], *map(int, row[1:])) for row in await tx.all(sql + BY_CATEGORY, self.event_id)]

        return await self.database.read(read)


def seat(n: int) -> SeatSpec:
    return SeatSpec(
        seat_id=str(n),
        zone="",
        row_name="",
        number=str(n),
        category="stalls" if n % 2 else "balcony",
        row_index=0,
        seat_index=n,
        distance=n,
        label="",
        position=n,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("counts")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=20))
async def test_after_any_history_the_counts_equal_the_seats(folder: Path, history: list[tuple[str, set[int]]]) -> None:
    database = await databases.opened("inventory", folder, SCHEMA)
    hall = Hall(database)
    await hall.open()

    for kind, chosen in history:
        with contextlib.suppress(Refusal):
            await hall.step(kind, chosen)
        assert await hall.counts(COUNTED) == await hall.counts(TRUE)

    await database.close()


async def test_another_provision_is_counted_anew(stage: Stage) -> None:
    await open_theatre(stage)
    database = stage.platform.contexts[0].database
    hall = Hall(database)
    await database.write(provision_transactions.provision, hall.provision("first"), now_us=hall.now_us)
    await database.write(provision_transactions.add_seats, hall.event_id, [seat(n) for n in range(4)])

    await database.write(provision_transactions.provision, hall.provision("second"), now_us=hall.now_us)
    assert await hall.counts(COUNTED) == []
    await database.write(provision_transactions.add_seats, hall.event_id, [seat(0)])

    assert await hall.counts(COUNTED) == [("balcony", 1, 0, 0, 0)]


@pytest.mark.parametrize("wrong", [-10, 10])
async def test_a_wrong_count_refuses_no_seat_and_sells_none_twice(stage: Stage, wrong: int) -> None:
    await open_theatre(stage)
    last = "A-01"
    await hold(stage.buyer("gst_first"), hld(1), seats(*(f"A-{n:02d}" for n in range(2, 11))))

    async def spoil(tx: Tx) -> None:
        await tx.run("UPDATE seat_count SET free = free + $1 WHERE part = 0", wrong)

    await stage.platform.contexts[0].database.write(spoil)
    request = pb.FindBestSeatsRequest(event_id=EVENT, ticket_type_id=STALLS, quantity=1)
    assert [best.seat_id for best in (await stage.anyone().inventory.FindBestSeats(request)).seats] == [last]

    wishes = (hold(stage.buyer(f"gst_{n}"), hld(n), seats(last)) for n in range(2, 18))
    answers = await asyncio.gather(*(outcome(wish) for wish in wishes))

    assert sorted(answers) == ["SEAT_TAKEN"] * 15 + ["done"]
    request.quantity = 2
    with pytest.raises(refusals.NoSuchSeats):
        await stage.anyone().inventory.FindBestSeats(request)


async def test_buyers_of_one_category_at_once_are_all_counted(stage: Stage) -> None:
    await open_theatre(stage)

    taken = [f"{row}-{n:02d}" for row in "AB" for n in range(1, 9)]
    types = {"A": STALLS, "B": BALCONY}
    await asyncio.gather(
        *(
            hold(stage.buyer(f"gst_{n}"), hld(n), seats(seat_id, ticket_type_id=types[seat_id[0]]))
            for n, seat_id in enumerate(taken)
        )
    )

    left = await available(stage.buyer())
    assert (left[STALLS], left[BALCONY]) == (2, 2)
    parts = await rows(stage, "SELECT DISTINCT part FROM seat_count")
    assert 1 < len(parts) <= count_store.PARTS, "the changes are spread over several rows"
