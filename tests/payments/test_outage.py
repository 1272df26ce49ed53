"""While the provider is silent, down or broken, an order is charged at most once and settles by itself."""

import asyncio

import pytest

from eventhub.payments.v1.payments_events_pb2 import ProviderHealthChanged
from eventhub.payments.v1.payments_pb2 import BREAKER_STATE_CLOSED, BREAKER_STATE_OPEN
from services.kit.values import failpoints
from services.kit.values.clock import from_timestamp
from services.payments import store
from tests.payments.world import ORDER, World, open_world
from tests.stage import Stage, until

pytestmark = pytest.mark.usefixtures("impatient", "disarmed")


@pytest.mark.parametrize("fault", ["SILENT_AFTER", "SILENT_BEFORE", "ERROR", "ERROR_AFTER", "DOWN"])
async def test_an_authorization_without_an_answer_is_settled_later_and_told(world: World, fault: str) -> None:
    await world.fault(fault)
    assert await world.authorize() == "UNKNOWN"
    assert (await world.health()).unsettled == 1
    assert from_timestamp((await world.health()).oldest_unsettled_at) == world.stage.clock.now_us()

    await world.fault("NONE")
    await world.becomes("AUTHORIZED")

    assert await world.charged() == [("authorized", 5000)]
    assert await world.settled() == [(ORDER, "AUTHORIZED")]
    assert (await world.health()).unsettled == 0
    assert not (await world.health()).HasField("oldest_unsettled_at")
    assert await world.capture() == "CAPTURED"


@pytest.mark.parametrize("fault", ["SILENT_AFTER", "SILENT_BEFORE", "ERROR", "ERROR_AFTER", "DOWN"])
async def test_a_capture_without_an_answer_is_settled_later_and_booked_once(world: World, fault: str) -> None:
    await world.authorize()
    await world.fault(fault)
    assert await world.capture() == "AUTHORIZED"

    await world.fault("NONE")
    await world.becomes("CAPTURED")

    assert await world.charged() == [("captured", 5000)]
    assert await world.settled() == [(ORDER, "CAPTURED")]
    assert len(await world.ledger()) == 2


@pytest.mark.parametrize("fault", ["SILENT_AFTER", "SILENT_BEFORE", "ERROR", "ERROR_AFTER", "DOWN"])
async def test_giving_up_without_an_answer_is_settled_later(world: World, fault: str) -> None:
    await world.authorize()
    await world.fault(fault)
    assert await world.void() == "AUTHORIZED"
    assert await world.capture() == "AUTHORIZED"

    await world.fault("NONE")
    await world.becomes("VOIDED")

    assert await world.charged() == [("voided", 5000)]
    assert await world.settled() == [(ORDER, "VOIDED")]


async def test_a_decline_that_was_not_heard_is_told_later(world: World) -> None:
    await world.fault("SILENT_AFTER")
    assert await world.authorize(card="tok_declined") == "UNKNOWN"

    await world.fault("NONE")
    await world.becomes("DECLINED")

    assert await world.settled() == [(ORDER, "DECLINED")]


async def test_a_repeat_asks_again_under_the_same_key(world: World) -> None:
    await world.fault("SILENT_AFTER")
    assert await world.authorize() == "UNKNOWN"

    await world.fault("NONE")

    assert await world.authorize() == "AUTHORIZED"
    assert await world.charged() == [("authorized", 5000)]


async def test_an_unknown_payment_given_up_burns_its_key(world: World) -> None:
    await world.fault("SILENT_BEFORE")
    assert await world.authorize() == "UNKNOWN"
    assert await world.void() == "UNKNOWN"

    await world.fault("NONE")
    await world.becomes("VOIDED")

    assert await world.charged() == [("voided", 0)]


async def test_a_payment_that_never_reached_the_provider_is_voided_at_once(world: World) -> None:
    await world.fault("DOWN")
    assert await world.authorize() == "UNKNOWN"

    assert await world.void() == "VOIDED"

    assert await world.charged() == []
    assert await world.settled() == [(ORDER, "VOIDED")]


async def test_a_payment_voided_while_it_fails_to_reach_the_provider_is_voided_at_once(world: World) -> None:
    await world.fault("DOWN")

    async def begun() -> bool:
        return await world.database.read(store.find, ORDER) is not None

    asking = asyncio.create_task(world.authorize())
    await until(begun)
    await asyncio.gather(asking, world.void(), return_exceptions=True)

    assert await world.state() == "VOIDED"
    assert await world.settled() == [(ORDER, "VOIDED")]


async def test_a_payment_that_may_have_reached_the_provider_is_not_taken_for_voided(world: World) -> None:
    await world.fault("SILENT_AFTER")
    calls = [asyncio.create_task(world.authorize())]

    async def reserved() -> bool:
        return bool(await world.charged())

    await until(reserved)
    calls.append(asyncio.create_task(world.void()))
    await world.fault("DOWN")

    assert await asyncio.gather(*calls) == ["UNKNOWN", "UNKNOWN"]
    await world.fault("NONE")
    await world.becomes("VOIDED")
    assert await world.charged() == [("voided", 5000)]


async def test_a_silent_void_after_capture_turns_out_captured(world: World) -> None:
    await world.authorize()
    await world.fault("SILENT_AFTER")
    assert await world.capture() == "AUTHORIZED"
    assert await world.void() == "AUTHORIZED"

    await world.fault("NONE")
    await world.becomes("CAPTURED")

    assert await world.charged() == [("captured", 5000)]
    assert len(await world.ledger()) == 2


async def test_a_provider_that_is_down_is_left_alone_and_comes_back_by_itself(world: World) -> None:
    await world.fault("DOWN")
    for n in range(4):
        assert await world.authorize(f"ord_{n}") == "UNKNOWN"
    assert await world.breaker() == "OPEN"
    assert await world.authorize("ord_late") == "UNKNOWN"

    await world.fault("NONE")
    await world.becomes("AUTHORIZED", "ord_late")
    for n in range(4):
        await world.becomes("AUTHORIZED", f"ord_{n}")

    assert await world.breaker() == "CLOSED"
    assert sorted(await world.settled()) == [(f"ord_{n}", "AUTHORIZED") for n in (0, 1, 2, 3, "late")]
    told = [fact.health for fact in await world.facts() if isinstance(fact, ProviderHealthChanged)]
    assert [health.breaker for health in told] == [BREAKER_STATE_OPEN, BREAKER_STATE_CLOSED]
    assert [health.provider for health in told] == ["sandbox", "sandbox"]


async def test_old_payments_are_settled_as_soon_as_the_provider_is_back(world: World) -> None:
    await world.fault("ERROR_AFTER")
    for _ in range(5):
        await world.authorize()
    assert await world.breaker() == "OPEN"

    await world.fault("NONE")
    await world.becomes("AUTHORIZED")

    assert world.stage.clock.monotonic() < 60


async def test_an_idle_breaker_closes_without_a_buyer(world: World) -> None:
    await world.fault("DOWN")
    await asyncio.gather(*(world.authorize(f"ord_{n}") for n in range(3)))
    for n in range(3):
        assert await world.void(f"ord_{n}") == "VOIDED"
    assert (await world.health()).unsettled == 0

    await world.fault("NONE")

    async def closed() -> bool:
        return await world.breaker() == "CLOSED"

    await world.defer(closed)


async def test_an_outage_that_goes_on_keeps_it_open(world: World) -> None:
    await world.fault("ERROR")
    for n in range(5):
        await world.authorize(f"ord_{n}")
    seen = set()
    for _ in range(40):
        world.stage.clock.advance(1)
        await asyncio.sleep(0)
        seen.add(await world.breaker())

    assert "CLOSED" not in seen
    assert await world.state("ord_0") == "UNKNOWN"


async def test_a_mistake_after_the_answer_charges_once(world: World) -> None:
    failpoints.arm("payments.provider.authorize.after_answer=raise")

    await world.authorize()
    await world.becomes("AUTHORIZED")

    assert await world.charged() == [("authorized", 5000)]


@pytest.mark.parametrize("place", ["before_send", "after_answer"])
async def test_a_mistake_around_a_capture_books_once(world: World, place: str) -> None:
    await world.authorize()
    failpoints.arm(f"payments.provider.capture.{place}=raise")
    await world.capture()

    assert await world.capture() == "CAPTURED"

    assert await world.charged() == [("captured", 5000)]
    assert await world.settled() == [(ORDER, "CAPTURED")]


async def test_a_commit_that_failed_after_the_charge_is_made_up_for(world: World) -> None:
    failpoints.arm("payments.save_authorized.before=raise")

    await world.authorize()
    await world.becomes("AUTHORIZED")

    assert await world.charged() == [("authorized", 5000)]


@pytest.mark.parametrize("fault", ["SILENT_AFTER", "SILENT_BEFORE", "DOWN"])
async def test_a_restart_settles_unknown_payments(stage: Stage, fault: str) -> None:
    before = await open_world(stage)
    await before.fault(fault)
    assert await before.authorize() == "UNKNOWN"
    await before.authorize("ord_2")
    await before.fault("NONE")
    await stage.stop()
    again = Stage(stage.folder)
    try:
        world = await open_world(again)

        await world.becomes("AUTHORIZED")
        await world.becomes("AUTHORIZED", "ord_2")

        assert await world.charged() == [("authorized", 5000)]
        assert sorted(await world.settled()) == [(ORDER, "AUTHORIZED"), ("ord_2", "AUTHORIZED")]
    finally:
        await again.stop()


async def test_a_caller_that_leaves_does_not_cut_a_payment_short(world: World) -> None:
    asked = asyncio.create_task(world.authorize(card="tok_slow"))

    async def reserved() -> bool:
        return bool(await world.charged())

    await until(reserved)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)

    await world.becomes("AUTHORIZED")


async def test_an_answer_after_the_caller_stopped_waiting_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.payments.provider_client.ATTEMPT_S", 3.0)
    monkeypatch.setattr("services.payments.mesh.INTERACTIVE_S", 0.05)
    assert await world.authorize(card="tok_slow") == "UNKNOWN"

    await world.becomes("AUTHORIZED")

    assert await world.settled() == [(ORDER, "AUTHORIZED")]
