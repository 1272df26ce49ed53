"""The entries of the search follow organizers' names, the tickets left, and events."""

from collections.abc import Awaitable, Callable

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog.search import worker
from services.kit.db.database import Row, Tx
from tests.catalog.requests import EVENT, HOUR_S, an_id, general, ticket
from tests.catalog.world import World, open_world
from tests.fakes.identity import FakeIdentity
from tests.stage import Stage, until

NAMES_AGAIN_S = worker.NAME_LIFE_US / 1_000_000


async def found(world: World, text: str = "", *, available_only: bool = False) -> list[str]:
    request = pb.SearchEventsRequest(text=text, available_only=available_only)
    answer = await world.stage.anyone().catalog.SearchEvents(request)
    return [event.event_id for event in answer.events]


async def becomes(stage: Stage, look: Callable[[], Awaitable[object]], wanted: object, step_s: float = 1.0) -> None:
    """Advances the clock step by step until a question has the wanted answer."""

    async def answered() -> bool:
        if await look() == wanted:
            return True
        stage.clock.advance(step_s)
        return False

    await until(answered)


async def test_an_event_is_found_by_its_organizers_name(stage: Stage) -> None:
    people = FakeIdentity(names={"org_casa": "Casa de Shows"})
    world = await open_world(stage, people)
    await world.on_sale()

    await becomes(stage, lambda: found(world, "casa"), [EVENT])

    people.names["org_casa"] = "Sala Nova"
    await becomes(stage, lambda: found(world, "sala nova elza"), [EVENT], step_s=NAMES_AGAIN_S)
    assert await found(world, "casa") == []


async def test_while_identity_is_unavailable_the_name_is_asked_for_again(stage: Stage) -> None:
    people = FakeIdentity(names={"org_casa": "Casa de Shows"})
    people.away = True
    world = await open_world(stage, people)
    await world.on_sale()
    for _ in range(3):
        stage.clock.advance(1.0)
        assert await found(world, "casa") == []

    people.away = False

    await becomes(stage, lambda: found(world, "casa"), [EVENT], step_s=10.0)


async def test_a_sold_out_event_is_marked_and_can_be_left_out(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    assert await found(world, available_only=True) == [EVENT]

    world.inventory.left[EVENT] = 0
    await becomes(stage, lambda: found(world, available_only=True), [], step_s=10.0)
    (event,) = (await stage.anyone().catalog.SearchEvents(pb.SearchEventsRequest())).events
    assert event.sold_out

    world.inventory.left[EVENT] = 1
    await becomes(stage, lambda: found(world, available_only=True), [EVENT])


async def test_an_event_stays_as_it_was_while_inventory_is_unavailable(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    world.inventory.left[EVENT] = 0
    await becomes(stage, lambda: found(world, available_only=True), [], step_s=10.0)
    world.inventory.left[EVENT] = 1
    world.inventory.away = True
    for _ in range(3):
        stage.clock.advance(10.0)
        assert await found(world, available_only=True) == []

    world.inventory.away = False

    await becomes(stage, lambda: found(world, available_only=True), [EVENT])


async def test_an_event_whose_sales_have_ended_is_not_available(stage: Stage) -> None:
    world = await open_world(stage)
    event = await world.on_sale()
    stage.clock.advance(event.starts_at.seconds - stage.clock.now_us() // 1_000_000)

    assert await found(world) == [EVENT]
    assert await found(world, available_only=True) == []


async def entries(world: World) -> list[Row]:
    async def read(tx: Tx) -> list[Row]:
        return await tx.all(
            "SELECT e.event_id FROM search_event e JOIN search_single s ON s.event_id = e.event_id ORDER BY e.event_id"
        )

    return await world.database.read(read)


async def forget_all(tx: Tx) -> None:
    await tx.run("DELETE FROM search_event")
    await tx.run("DELETE FROM search_single")


async def test_events_published_before_there_was_a_search_get_entries(stage: Stage) -> None:
    world = await open_world(stage)
    await world.on_sale()
    await world.event(general(an_id("evt", 2)))
    await world.database.write(forget_all)
    assert await found(world) == []

    await becomes(stage, lambda: found(world, "elza"), [EVENT], step_s=worker.SWEEP_EVERY_S)
    assert await entries(world) == [(EVENT,)], "a draft has none"


async def test_an_event_that_is_over_loses_its_entry(stage: Stage) -> None:
    world = await open_world(stage)
    event = await world.on_sale()
    await world.event(general(an_id("evt", 2), starts_local="2027-01-24T20:00"))
    await world.type(ticket(an_id("tkt", 2), an_id("evt", 2)))
    await world.publish(an_id("evt", 2))
    stage.clock.advance(event.ends_at.seconds + HOUR_S - stage.clock.now_us() // 1_000_000)

    await becomes(stage, lambda: entries(world), [(an_id("evt", 2),)], step_s=worker.SWEEP_EVERY_S)
