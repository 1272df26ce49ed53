"""Many changes of ticket types at once, and changes whose calls die."""

import asyncio

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from services.catalog.change_transactions import COMPLETE_AFTER_US
from services.kit.values import failpoints
from services.kit.values.clock import SECOND_US
from tests.catalog.requests import EVENT, TYPE, an_id, general, ticket
from tests.catalog.test_type_changes import SECOND, THIRD, change, found, spec
from tests.catalog.world import open_world
from tests.stage import Stage, outcome, until

MANY = range(16)


async def test_of_sixteen_changes_each_is_saved_once(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    await asyncio.gather(*(change(world, capacity=50, description="Pista") for _ in MANY))
    event = await world.get()
    assert event.version == before.version + 1
    await asyncio.gather(*(change(world, capacity=n + 1) for n in MANY), *(change(world, name=f"N{n}") for n in MANY))
    event = await world.get()
    assert event.version == before.version + 1 + 32
    assert spec(world).pool_ids == [f"{TYPE}.lot", f"{EVENT}.places"]
    assert world.inventory.of(inventory.ProvisionRequest)[-1].pools[0].capacity == found(event).capacity


async def test_sixteen_types_are_added_to_a_published_event_at_once(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    ids = [an_id("tkt", n + 2) for n in MANY]
    await asyncio.gather(*(world.type(ticket(type_id)) for type_id in ids for _ in range(2)))
    event = await world.get()
    assert {each.ticket_type_id for each in event.ticket_types} == {TYPE, *ids}
    assert event.version == before.version + 16
    assert len(world.inventory.of(inventory.ProvisionRequest)[-1].types) == 17


async def test_an_id_is_taken_by_one_event(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    await world.event(general(an_id("evt", 2)))
    for event_id in (EVENT, an_id("evt", 2)):
        await world.type(ticket(SECOND if event_id == EVENT else THIRD, event_id))
    await world.publish(an_id("evt", 2))
    wishes = [ticket(an_id("tkt", 9), an_id("evt", 1 + n % 2), name=f"Type {n}") for n in MANY]
    answers = await asyncio.gather(*(outcome(world.type(wish)) for wish in wishes))
    assert sorted(answers) == ["ID_IN_USE"] * 15 + ["done"]


@pytest.mark.parametrize("step", ["begin_change.after", "finish_change.before", "finish_change.after"])
async def test_a_type_whose_call_died_is_added_by_a_repeat_or_the_worker(stage: Stage, step: str) -> None:
    world = await open_world(stage)
    before = await world.on_sale()
    failpoints.arm(f"catalog.{step}=raise")
    assert await outcome(world.type(ticket(SECOND))) == "INTERNAL"
    assert await outcome(world.type(ticket(THIRD))) in ("INTERNAL", "done")
    failpoints.arm("")

    async def completed() -> bool:
        stage.clock.advance(COMPLETE_AFTER_US / SECOND_US)
        world.hub = stage.member()
        return len((await world.get()).ticket_types) >= 2

    await until(completed)
    event = await world.type(ticket(SECOND))
    assert [each.ticket_type_id for each in event.ticket_types[:2]] == [TYPE, SECOND]
    assert event.version >= before.version + 1
    sent = [each.ticket_type_id for each in world.inventory.of(inventory.ProvisionRequest)[-1].types]
    assert sent == [each.ticket_type_id for each in event.ticket_types]
