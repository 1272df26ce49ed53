"""Many changes of passes at once, and changes that die or are refused on their way."""

import asyncio

import pytest

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.refusals import CapacityBelowSold, Unavailable
from services.catalog.change_transactions import COMPLETE_AFTER_US
from services.kit.values import failpoints
from services.kit.values.clock import SECOND_US
from tests.catalog.organizer import ORGANIZER, open_organizer
from tests.catalog.test_pass_changes import SECOND, archive, change, found, own, with_pass
from tests.catalog.test_passes import PASS, SERIES, add, on_sale
from tests.stage import Stage, outcome, until

MANY = range(16)


async def test_of_sixteen_changes_each_is_saved_once(stage: Stage) -> None:
    organizer, before = await with_pass(stage)

    await asyncio.gather(*(change(organizer, capacity=50, description="Pista") for _ in MANY))
    assert (await own(organizer)).version == before.version + 1
    await asyncio.gather(
        *(change(organizer, capacity=n + 1) for n in MANY),
        *(change(organizer, name=f"N{n}") for n in MANY),
        *(archive(organizer, restore=bool(n % 2)) for n in MANY),
    )

    event = await own(organizer)
    assert event.version >= before.version + 1 + 32
    told = organizer.inventory.provisions[SERIES]
    assert (told.pools[0].capacity, told.types[0].archived) == (found(event).capacity, found(event).archived)


async def test_a_change_that_inventory_refuses_is_forgotten(stage: Stage) -> None:
    organizer, before = await with_pass(stage)
    organizer.inventory.refuses["Provision"] = CapacityBelowSold(name=PASS, taken=3, wanted=2)

    refused = [await outcome(change(organizer, capacity=2)), await outcome(add(organizer, ticket_type_id=SECOND))]
    organizer.inventory.refuses.clear()

    assert refused == ["CAPACITY_BELOW_SOLD", "TICKET_TYPE_NAME_IN_USE"]
    assert await own(organizer) == before
    await change(organizer, description="Pista")
    assert found(await own(organizer)).capacity == 4


async def test_a_pass_that_inventory_refuses_can_be_added_again(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    await on_sale(organizer)
    organizer.inventory.refuses["Provision"] = CapacityBelowSold(name=PASS, taken=3, wanted=2)
    assert await outcome(add(organizer)) == "CAPACITY_BELOW_SOLD"
    organizer.inventory.refuses.clear()

    event = await add(organizer, capacity=5)

    assert found(event).capacity == 5


@pytest.mark.parametrize("step", ["begin_pass_change.after", "finish_pass_change.before", "finish_pass_change.after"])
@pytest.mark.parametrize("repeated", [True, False])
async def test_a_change_whose_call_died_is_completed_by_a_repeat_or_the_worker(
    stage: Stage, step: str, repeated: bool
) -> None:
    organizer, _ = await with_pass(stage)
    failpoints.arm(f"catalog.{step}=raise")
    assert await outcome(change(organizer, capacity=9)) == "INTERNAL"
    failpoints.arm("")

    async def completed() -> bool:
        stage.clock.advance(COMPLETE_AFTER_US / SECOND_US)
        organizer.hub = stage.member(ORGANIZER)
        return found(await own(organizer)).capacity == 9

    await (change(organizer, capacity=9) if repeated else until(completed))
    event = await own(organizer)
    told = organizer.inventory.provisions[SERIES]
    assert (found(event).capacity, told.pools[0].capacity) == (9, 9)
    facts = [fact for fact in await organizer.facts() if isinstance(fact, EventChanged)]
    assert len(facts) == 1, "it is announced once"


async def test_other_changes_wait_for_one_that_inventory_has_not_answered(stage: Stage) -> None:
    organizer, before = await with_pass(stage)
    organizer.inventory.refuses["Provision"] = Unavailable()

    outcomes = [await outcome(change(organizer, capacity=9)), await outcome(change(organizer, name="Nova"))]
    organizer.inventory.refuses.clear()

    assert outcomes == ["UNAVAILABLE", "UNAVAILABLE"]
    assert await own(organizer) == before
    event = await add(organizer, ticket_type_id=SECOND, name="Outro")
    assert [(each.name, each.capacity) for each in event.ticket_types] == [("Passe", 9), ("Outro", 4)]
    request = organizer.inventory.of(inventory.ProvisionRequest)[-1]
    assert [pool.capacity for pool in request.pools] == [9, 4]
