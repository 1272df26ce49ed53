"""Tickets that are sold in packages: only whole ones are held, proposed and counted."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from tests.inventory.halls import HALL, open_hall, propose
from tests.inventory.lists import become, join, proven, release
from tests.inventory.world import (
    ANA,
    EVENT,
    ORGANIZER,
    STANDING,
    available,
    counts,
    hld,
    hold,
    places,
    program,
    rows,
    seats,
)
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

TABLE, LOUNGE = "tkt_table", "tkt_lounge"
POOLS = {"pools": [pb.PoolSpec(pool_id="lounge", name="lounge", capacity=11)]}


async def tables(stage: Stage, *rows_of_hall: str) -> "InventoryMeshAsyncStub":
    """A hall whose seats are sold singly and in tables of four, and a lounge for eleven in groups of four."""
    types = [
        pb.TypeSpec(ticket_type_id=TABLE, seated=True, package_size=4),
        pb.TypeSpec(ticket_type_id=LOUNGE, pool_ids=["lounge"], package_size=4),
    ]
    return await open_hall(stage, *rows_of_hall, types=types, **POOLS)


async def test_places_are_held_in_whole_packages(stage: Stage) -> None:
    await tables(stage, "oooo")
    ana = stage.buyer(ANA)
    for quantity in (1, 3, 5):
        with pytest.raises(refusals.PackageIncomplete) as refused:
            await hold(ana, hld(1), places(quantity, LOUNGE))
    assert await rows(stage, "SELECT 1 FROM hold") == []

    first = await hold(ana, hld(1), places(8, LOUNGE))
    again = await hold(ana, hld(1), places(8, LOUNGE))

    assert refused.value.facts == {"ticket_type_id": LOUNGE, "size": "4"}
    assert first == again
    assert len(first.hold.places) == 8
    assert (await available(ana))[LOUNGE] == 0
    with pytest.raises(refusals.SoldOut):
        await hold(stage.buyer("gst_mia"), hld(2), places(4, LOUNGE))


async def test_the_seats_of_a_package_are_of_one_row(stage: Stage) -> None:
    await tables(stage, "oooooo", "oooooo")
    ana = stage.buyer(ANA)
    apart = [f"{n // 3}-{n % 3:02d}" for n in range(6)]
    for wrong in (apart[:3], apart[1:5], [*apart[:3], *apart[3:], "1-03", "1-04"]):
        with pytest.raises(refusals.PackageIncomplete) as refused:
            await hold(ana, hld(1), seats(*wrong, ticket_type_id=TABLE))
    assert await rows(stage, "SELECT state, version FROM seat WHERE state <> 'FREE' OR version > 1") == []
    assert (await available(ana))[TABLE] == 8

    both = [f"{row}-{n:02d}" for row in (0, 1) for n in range(4)]
    await hold(ana, hld(1), seats(*both, ticket_type_id=TABLE))

    assert refused.value.facts == {"ticket_type_id": TABLE, "size": "4"}
    assert await available(ana) == {HALL: 4, "tkt_half_hall": 4, "tkt_boxes": 0, TABLE: 0, LOUNGE: 8}
    await release(ana, 1)
    assert (await available(ana))[TABLE] == 8


async def test_only_whole_packages_are_proposed(stage: Stage) -> None:
    await tables(stage, "ooo", "oooooo", "oooo")
    anyone = stage.anyone()

    assert await propose(anyone, 4, TABLE) == [[f"2-{n:02d}" for n in range(4)]]  # nothing is left over at this table
    first, second = await propose(anyone, ticket_type_id=TABLE, groups=[4, 4])
    assert first == [f"2-{n:02d}" for n in range(4)]
    assert {seat[0] for seat in second} == {"1"}
    for wrong in ({"quantity": 3}, {"groups": [4, 2]}):
        with pytest.raises(refusals.PackageIncomplete):
            await propose(anyone, ticket_type_id=TABLE, **wrong)
    with pytest.raises(refusals.NoSuchSeats):
        await propose(anyone, ticket_type_id=TABLE, groups=[4, 4, 4])


async def test_the_counter_sells_whole_packages_too(stage: Stage) -> None:
    orders = await tables(stage, "oooo")
    item = pb.HoldItem(ticket_type_id=LOUNGE, quantity=6)
    request = pb.HoldAtCounterRequest(
        hold_id=hld(1), event_id=EVENT, organizer_id=ORGANIZER, member_id="acc_bia", items=[item]
    )

    with pytest.raises(refusals.PackageIncomplete):
        await orders.HoldAtCounter(request)


async def test_sixteen_tables_for_one(stage: Stage) -> None:
    await tables(stage, "oooo")
    wanted = [f"0-{n:02d}" for n in range(4)]

    answers = await asyncio.gather(
        *(
            outcome(hold(stage.buyer(f"gst_{n}"), hld(n), seats(*wanted, ticket_type_id=TABLE), places(4, LOUNGE)))
            for n in range(16)
        )
    )

    assert sorted(answers) == ["SEAT_TAKEN"] * 15 + ["done"]
    assert await counts(stage) == {"lounge": (11, 4, 0), "seats": (4, 4, 0)}
    winner = answers.index("done")
    await release(stage.buyer(f"gst_{winner}"), winner)
    assert await counts(stage) == {"lounge": (11, 0, 0), "seats": (4, 0, 0)}


async def test_people_wait_for_whole_packages(stage: Stage) -> None:
    await tables(stage, "oooo")
    ana, leo, mia = stage.buyer(ANA), proven(stage, "gst_leo"), stage.buyer("gst_mia")
    wanted = [f"0-{n:02d}" for n in range(4)]
    await hold(ana, hld(1), seats("0-00", ticket_type_id=HALL))
    await hold(ana, hld(2), seats("0-01", ticket_type_id=HALL))
    with pytest.raises(refusals.PackageIncomplete):
        await join(leo, 1, quantity=2, ticket_type_id=TABLE)
    await join(leo, 1, quantity=4, ticket_type_id=TABLE)

    await hold(mia, hld(3), seats("0-02", ticket_type_id=HALL))
    await release(mia, 3)
    await release(ana, 1)
    await release(ana, 2)

    await become(stage, "OFFERED")
    assert [row[0] for row in await rows(stage, "SELECT seat_id FROM seat WHERE state = 'HELD'")] == wanted


async def test_seats_that_are_no_table_are_sold_to_others_while_people_wait_for_one(stage: Stage) -> None:
    """Two and two seats are free: as many as a table has, but not at one."""
    await tables(stage, "oooo", "oooo")
    ana, leo, mia = stage.buyer(ANA), proven(stage, "gst_leo"), stage.buyer("gst_mia")
    await hold(ana, hld(1), seats("0-00", "0-01", "1-00", "1-01", ticket_type_id=HALL))
    await join(leo, 1, quantity=4, ticket_type_id=TABLE)

    await hold(mia, hld(2), seats("0-02", ticket_type_id=HALL))
    await release(mia, 2)
    await release(ana, 1)
    with pytest.raises(refusals.SoldOut):
        await hold(mia, hld(3), seats("0-00", "1-00", ticket_type_id=HALL))
    await hold(mia, hld(4), seats("1-00", "1-01", ticket_type_id=HALL))

    await become(stage, "OFFERED")


async def test_a_type_may_become_a_package_while_it_is_sold(stage: Stage) -> None:
    await tables(stage, "oooo")
    catalog = InventoryMeshStub(stage.channel("catalog"))
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), places(4, LOUNGE))
    wanted = program(stage)
    del wanted.types[:]
    wanted.types.append(pb.TypeSpec(ticket_type_id=STANDING, pool_ids=["evt_theatre.places"], package_size=5))
    wanted.version = 1

    assert (await catalog.Provision(wanted)).in_force

    assert await available(ana) == {STANDING: 100}
    with pytest.raises(refusals.PackageIncomplete):
        await hold(stage.buyer("gst_mia"), hld(2), places(4))
    await hold(stage.buyer("gst_mia"), hld(2), places(5))


async def test_a_batch_counts_whole_packages_too(stage: Stage) -> None:
    """Two rows have four free seats together, but none has a whole table of four."""
    types = [pb.TypeSpec(ticket_type_id=TABLE, seated=True, seat_categories=["hall"], package_size=4)]
    await open_hall(stage, "oooooo", "oooxx", types=types)
    ana, catalog = stage.buyer(ANA), InventoryMeshStub(stage.channel("catalog"))
    await only_tables(stage)

    async def left() -> int:
        (one,) = (await catalog.BatchGetAvailability(pb.BatchGetAvailabilityRequest(event_ids=[EVENT]))).events
        assert {TABLE: one.available} == await available(ana)
        return one.available

    assert await left() == 4
    await hold(ana, hld(1), seats(*(f"0-{n:02d}" for n in range(4)), ticket_type_id=TABLE))
    assert await left() == 0
    await release(ana, 1)
    assert await left() == 4


async def only_tables(stage: Stage) -> None:
    """The hall sells no single seats any more."""
    wanted = program(stage)
    del wanted.types[:], wanted.pools[:]
    wanted.types.append(pb.TypeSpec(ticket_type_id=TABLE, seated=True, seat_categories=["hall"], package_size=4))
    wanted.version = 1
    await InventoryMeshStub(stage.channel("catalog")).Provision(wanted)
