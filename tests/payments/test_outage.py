"""When the provider is silent, down or wrong: charged once at the most, and settled by itself."""

import asyncio

import pytest

from eventhub.payments.v1.payments_events_pb2 import ProviderHealthChanged
from eventhub.payments.v1.payments_pb2 import BREAKER_STATE_CLOSED, BREAKER_STATE_OPEN
from services.kit.values import failpoints
from services.kit.values.clock import from_timestamp
from services.payments import store
from tests.payments.desk import ORDER, Desk, open_desk
from tests.stage import Stage, until

pytestmark = pytest.mark.usefixtures("impatient", "disarmed")


@pytest.mark.parametrize("fault", ["SILENT_AFTER", "SILENT_BEFORE", "ERROR", "ERROR_AFTER", "DOWN"])
async def test_an_authorization_without_an_answer_is_settled_later_and_told(desk: Desk, fault: str) -> None:
    await desk.fault(fault)
    assert await desk.authorize() == "UNKNOWN"
    assert (await desk.health()).unsettled == 1
    assert from_timestamp((await desk.health()).oldest_unsettled_at) == desk.stage.clock.now_us()

    await desk.fault("NONE")
    await desk.becomes("AUTHORIZED")

    assert await desk.charged() == [("authorized", 5000)]
    assert await desk.settled() == [(ORDER, "AUTHORIZED")]
    assert (await desk.health()).unsettled == 0
    assert not (await desk.health()).HasField("oldest_unsettled_at")
    assert await desk.capture() == "CAPTURED"


@pytest.mark.parametrize("fault", ["SILENT_AFTER", "SILENT_BEFORE", "ERROR", "ERROR_AFTER", "DOWN"])
async def test_a_capture_without_an_answer_is_settled_later_and_booked_once(desk: Desk, fault: str) -> None:
    await desk.authorize()
    await desk.fault(fault)
    assert await desk.capture() == "AUTHORIZED"

    await desk.fault("NONE")
    await desk.becomes("CAPTURED")

    assert await desk.charged() == [("captured", 5000)]
    assert await desk.settled() == [(ORDER, "CAPTURED")]
    assert len(await desk.ledger()) == 2


@pytest.mark.parametrize("fault", ["SILENT_AFTER", "SILENT_BEFORE", "ERROR", "ERROR_AFTER", "DOWN"])
async def test_giving_up_without_an_answer_is_settled_later(desk: Desk, fault: str) -> None:
    await desk.authorize()
    await desk.fault(fault)
    assert await desk.void() == "AUTHORIZED"
    assert await desk.capture() == "AUTHORIZED"

    await desk.fault("NONE")
    await desk.becomes("VOIDED")

    assert await desk.charged() == [("voided", 5000)]
    assert await desk.settled() == [(ORDER, "VOIDED")]


async def test_a_decline_that_was_not_heard_is_told_later(desk: Desk) -> None:
    await desk.fault("SILENT_AFTER")
    assert await desk.authorize(card="tok_declined") == "UNKNOWN"

    await desk.fault("NONE")
    await desk.becomes("DECLINED")

    assert await desk.settled() == [(ORDER, "DECLINED")]


async def test_a_repeat_asks_again_under_the_same_key(desk: Desk) -> None:
    await desk.fault("SILENT_AFTER")
    assert await desk.authorize() == "UNKNOWN"

    await desk.fault("NONE")

    assert await desk.authorize() == "AUTHORIZED"
    assert await desk.charged() == [("authorized", 5000)]


async def test_an_unknown_payment_given_up_burns_its_key(desk: Desk) -> None:
    await desk.fault("SILENT_BEFORE")
    assert await desk.authorize() == "UNKNOWN"
    assert await desk.void() == "UNKNOWN"

    await desk.fault("NONE")
    await desk.becomes("VOIDED")

    assert await desk.charged() == [("voided", 0)]


async def test_what_never_reached_the_provider_is_given_up_at_once(desk: Desk) -> None:
    await desk.fault("DOWN")
    assert await desk.authorize() == "UNKNOWN"

    assert await desk.void() == "VOIDED"

    assert await desk.charged() == []
    assert await desk.settled() == [(ORDER, "VOIDED")]


async def test_what_is_given_up_while_it_fails_to_reach_the_provider_is_given_up_at_once(desk: Desk) -> None:
    await desk.fault("DOWN")

    async def begun() -> bool:
        return await desk.database.read(store.find, ORDER) is not None

    asking = asyncio.create_task(desk.authorize())
    await until(begun)
    await asyncio.gather(asking, desk.void(), return_exceptions=True)

    assert await desk.state() == "VOIDED"
    assert await desk.settled() == [(ORDER, "VOIDED")]


async def test_what_may_have_reached_the_provider_is_not_taken_for_given_up(desk: Desk) -> None:
    await desk.fault("SILENT_AFTER")
    calls = [asyncio.create_task(desk.authorize())]

    async def reserved() -> bool:
        return bool(await desk.charged())

    await until(reserved)
    calls.append(asyncio.create_task(desk.void()))
    await desk.fault("DOWN")

    assert await asyncio.gather(*calls) == ["UNKNOWN", "UNKNOWN"]
    await desk.fault("NONE")
    await desk.becomes("VOIDED")
    assert await desk.charged() == [("voided", 5000)]


async def test_a_silent_void_after_capture_turns_out_captured(desk: Desk) -> None:
    await desk.authorize()
    await desk.fault("SILENT_AFTER")
    assert await desk.capture() == "AUTHORIZED"
    assert await desk.void() == "AUTHORIZED"

    await desk.fault("NONE")
    await desk.becomes("CAPTURED")

    assert await desk.charged() == [("captured", 5000)]
    assert len(await desk.ledger()) == 2


async def test_a_provider_that_is_down_is_left_alone_and_comes_back_by_itself(desk: Desk) -> None:
    await desk.fault("DOWN")
    for n in range(4):
        assert await desk.authorize(f"ord_{n}") == "UNKNOWN"
    assert await desk.breaker() == "OPEN"
    assert await desk.authorize("ord_late") == "UNKNOWN"

    await desk.fault("NONE")
    await desk.becomes("AUTHORIZED", "ord_late")
    for n in range(4):
        await desk.becomes("AUTHORIZED", f"ord_{n}")

    assert await desk.breaker() == "CLOSED"
    assert sorted(await desk.settled()) == [(f"ord_{n}", "AUTHORIZED") for n in (0, 1, 2, 3, "late")]
    told = [fact.health for fact in await desk.facts() if isinstance(fact, ProviderHealthChanged)]
    assert [health.breaker for health in told] == [BREAKER_STATE_OPEN, BREAKER_STATE_CLOSED]
    assert [health.provider for health in told] == ["sandbox", "sandbox"]


async def test_what_waits_for_long_is_settled_as_soon_as_the_provider_is_back(desk: Desk) -> None:
    await desk.fault("ERROR_AFTER")
    for _ in range(5):
        await desk.authorize()
    assert await desk.breaker() == "OPEN"

    await desk.fault("NONE")
    await desk.becomes("AUTHORIZED")

    assert desk.stage.clock.monotonic() < 60


async def test_an_idle_breaker_closes_without_a_buyer(desk: Desk) -> None:
    await desk.fault("DOWN")
    await asyncio.gather(*(desk.authorize(f"ord_{n}") for n in range(3)))
    for n in range(3):
        assert await desk.void(f"ord_{n}") == "VOIDED"
    assert (await desk.health()).unsettled == 0

    await desk.fault("NONE")

    async def closed() -> bool:
        return await desk.breaker() == "CLOSED"

    await desk.defer(closed)


async def test_an_outage_that_goes_on_keeps_it_open(desk: Desk) -> None:
    await desk.fault("ERROR")
    for n in range(5):
        await desk.authorize(f"ord_{n}")
    seen = set()
    for _ in range(40):
        desk.stage.clock.advance(1)
        await asyncio.sleep(0)
        seen.add(await desk.breaker())

    assert "CLOSED" not in seen
    assert await desk.state("ord_0") == "UNKNOWN"


async def test_a_mistake_after_the_answer_charges_once(desk: Desk) -> None:
    failpoints.arm("payments.provider.authorize.after_answer=raise")

    await desk.authorize()
    await desk.becomes("AUTHORIZED")

    assert await desk.charged() == [("authorized", 5000)]


@pytest.mark.parametrize("place", ["before_send", "after_answer"])
async def test_a_mistake_around_a_capture_books_once(desk: Desk, place: str) -> None:
    await desk.authorize()
    failpoints.arm(f"payments.provider.capture.{place}=raise")
    await desk.capture()

    assert await desk.capture() == "CAPTURED"

    assert await desk.charged() == [("captured", 5000)]
    assert await desk.settled() == [(ORDER, "CAPTURED")]


async def test_a_commit_that_failed_after_the_charge_is_made_up_for(desk: Desk) -> None:
    failpoints.arm("payments.save_authorized.before=raise")

    await desk.authorize()
    await desk.becomes("AUTHORIZED")

    assert await desk.charged() == [("authorized", 5000)]


@pytest.mark.parametrize("fault", ["SILENT_AFTER", "SILENT_BEFORE", "DOWN"])
async def test_a_restart_settles_what_was_unknown(stage: Stage, fault: str) -> None:
    before = await open_desk(stage)
    await before.fault(fault)
    assert await before.authorize() == "UNKNOWN"
    await before.authorize("ord_2")
    await before.fault("NONE")
    await stage.stop()
    again = Stage(stage.folder)
    try:
        desk = await open_desk(again)

        await desk.becomes("AUTHORIZED")
        await desk.becomes("AUTHORIZED", "ord_2")

        assert await desk.charged() == [("authorized", 5000)]
        assert sorted(await desk.settled()) == [(ORDER, "AUTHORIZED"), ("ord_2", "AUTHORIZED")]
    finally:
        await again.stop()


async def test_a_caller_who_leaves_does_not_cut_a_payment_short(desk: Desk) -> None:
    asked = asyncio.create_task(desk.authorize(card="tok_slow"))

    async def reserved() -> bool:
        return bool(await desk.charged())

    await until(reserved)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)

    await desk.becomes("AUTHORIZED")


async def test_an_answer_after_the_caller_stopped_waiting_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.payments.line.ATTEMPT_S", 3.0)
    monkeypatch.setattr("services.payments.servicer.INTERACTIVE_S", 0.05)
    assert await desk.authorize(card="tok_slow") == "UNKNOWN"

    await desk.becomes("AUTHORIZED")

    assert await desk.settled() == [(ORDER, "AUTHORIZED")]
