"""Ticket types that are sold in packages, with the real inventory."""

from typing import Any

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import CapacityBelowSold, InvalidRequest, PackageIncomplete, TicketTypeTooLarge
from tests.catalog.requests import EVENT, TYPE, an_id, brl, general, half, seated, ticket
from tests.catalog.test_areas import FLOOR, open_hall
from tests.catalog.test_type_changes import update
from tests.catalog.test_with_inventory import available, club
from tests.catalog.world import open_world
from tests.stage import Stage

TABLE, SINGLE = an_id("tkt", 2), an_id("tkt", 3)


async def test_a_table_is_sold_as_one(stage: Stage) -> None:
    world = await club(stage, ticket(TABLE, package_size=4, capacity=8, price=brl(80_000)), ticket(SINGLE), capacity=10)
    buyer = stage.buyer()

    event = await world.get()
    with pytest.raises(PackageIncomplete):
        await buyer.inventory.Hold(held(1, 3))
    await buyer.inventory.Hold(held(1, 4))

    assert [(kind.package_size, kind.price) for kind in event.ticket_types] == [(4, brl(80_000)), (0, brl(5001))]
    assert await available(world) == {TABLE: 4, SINGLE: 6}
    with pytest.raises(InvalidRequest) as refused:
        await world.resize(6, TABLE)
    assert list(refused.value.fields) == ["capacity"]
    with pytest.raises(InvalidRequest):
        await world.hub.catalog.UpdateTicketType(update(TABLE, capacity=5))
    await world.resize(4, TABLE)
    await buyer.inventory.Hold(held(2, 6, SINGLE))
    assert await available(world) == {TABLE: 0, SINGLE: 0}
    with pytest.raises(CapacityBelowSold) as below:
        await world.resize(9)
    assert below.value.facts["taken"] == "10"


def held(n: int, quantity: int, ticket_type_id: str = TABLE) -> inventory.HoldRequest:
    item = inventory.HoldItem(ticket_type_id=ticket_type_id, quantity=quantity)
    return inventory.HoldRequest(hold_id=an_id("hld", n), event_id=EVENT, items=[item])


async def test_a_table_of_numbered_seats(stage: Stage) -> None:
    world = await open_hall(stage)  # two rows of three
    await world.event(seated(areas=[FLOOR]))
    await world.type(ticket(TABLE, package_size=3))
    await world.publish()
    buyer = stage.buyer()

    across, table = (inventory.HoldItem(ticket_type_id=TABLE, seat_ids=ids) for ids in (ACROSS, ROW))
    with pytest.raises(PackageIncomplete) as refused:
        await buyer.inventory.Hold(inventory.HoldRequest(hold_id=an_id("hld"), event_id=EVENT, items=[across]))
    await buyer.inventory.Hold(inventory.HoldRequest(hold_id=an_id("hld"), event_id=EVENT, items=[table]))

    assert refused.value.facts == {"ticket_type_id": TABLE, "size": "3"}
    assert refused.value.for_people == (
        "Este ingresso é vendido em pacotes de 3 lugares juntos. Escolha pacotes inteiros."
    )
    assert await available(world) == {TABLE: 3}


ROW, ACROSS = ["1-1", "1-2", "1-3"], ["1-1", "1-2", "2-1"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"package_size": 4, "capacity": 6}, "capacity"),
        ({"package_size": 11}, "package_size"),
        ({"package_size": 51}, "package_size"),
        ({"package_size": -1}, "package_size"),
    ],
)
async def test_packages_that_cannot_be_are_refused(stage: Stage, wish: dict[str, Any], field: str) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.event(general(capacity=100))

    with pytest.raises(InvalidRequest) as refused:
        await world.type(ticket(**wish))

    assert list(refused.value.fields) == [field]
    assert not (await world.get()).ticket_types


async def test_half_price_is_never_a_package(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.event(general(capacity=100))
    await world.type(ticket(SINGLE))
    await world.type(ticket(TABLE, package_size=4))

    for wish, field in (
        (half(TYPE, SINGLE, package_size=2), "package_size"),
        (half(TYPE, TABLE), "half_of_ticket_type_id"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await world.type(wish)
        assert list(refused.value.fields) == [field]


async def test_a_package_fits_into_its_event_and_into_an_order(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    await world.event(general(capacity=6))
    with pytest.raises(TicketTypeTooLarge):
        await world.type(ticket(TABLE, package_size=8))
    await world.type(ticket(TABLE, package_size=5))
    await world.type(ticket(SINGLE, package_size=1))

    with pytest.raises(InvalidRequest) as refused:
        await world.update(tickets_per_order_max=4)
    with pytest.raises(InvalidRequest) as for_one:
        await world.update(tickets_per_person_max=4)
    with pytest.raises(TicketTypeTooLarge):
        await world.resize(4)
    with pytest.raises(InvalidRequest) as limited:
        await world.type(ticket(an_id("tkt", 4), package_size=5, per_order_max=4))
    copy = await world.copy(an_id("evt", 2))

    assert list(refused.value.fields) == ["tickets_per_order_max"]
    assert list(for_one.value.fields) == ["tickets_per_person_max"]
    assert list(limited.value.fields) == ["per_order_max"]
    assert [kind.package_size for kind in (await world.get()).ticket_types] == [5, 0]
    assert [kind.package_size for kind in copy.ticket_types] == [5, 0]
