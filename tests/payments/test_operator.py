"""What the operator sees and does."""

import asyncio
from typing import Any

import pytest

from eventhub import refusals
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.db.database import Database
from services.kit.work.breaker import FAILURES_MAX, Breaker, State
from services.payments import store
from services.payments.health import PROBE_EVERY_S, Health
from services.payments.line import Line
from services.payments.sandbox import Sandbox
from tests.payments.desk import Desk, open_desk
from tests.stage import Stage, until


async def force(desk: Desk, *, is_open: bool) -> int:
    request = pb.ForceProviderRequest(provider="sandbox", open=is_open)
    return (await desk.operator.payments.ForceProvider(request)).health.breaker


async def test_of_sixteen_orders_the_last_holds(desk: Desk) -> None:
    await asyncio.gather(*(force(desk, is_open=n % 2 == 0) for n in range(16)))

    forced = await desk.database.read(store.is_forced_open, "sandbox")
    assert await desk.breaker() == ("FORCED_OPEN" if forced else "CLOSED")


async def test_a_provider_forced_open_gets_no_call_until_it_is_let_go(desk: Desk) -> None:
    assert await force(desk, is_open=True) == nouns.BREAKER_STATE_FORCED_OPEN
    assert await force(desk, is_open=True) == nouns.BREAKER_STATE_FORCED_OPEN
    assert await desk.authorize() == "UNKNOWN"
    desk.stage.clock.advance(500)
    assert await desk.breaker() == "FORCED_OPEN"
    assert await desk.charged() == []

    assert await force(desk, is_open=False) == nouns.BREAKER_STATE_CLOSED

    await desk.becomes("AUTHORIZED")


async def test_forcing_is_told(desk: Desk) -> None:
    async def told(count: int) -> bool:
        return len(await desk.facts()) == count

    await force(desk, is_open=True)
    await until(lambda: told(1))
    await force(desk, is_open=False)

    await until(lambda: told(2))


class Behind:
    """A database whose answers are held back until they are old."""

    def __init__(self, database: Database) -> None:
        self.read_it, self.answer = asyncio.Event(), asyncio.Event()
        self.name = database.name
        self._database = database

    async def read(self, *args: Any) -> object:
        found = await self._database.read(*args)
        self.read_it.set()
        await self.answer.wait()
        return found


async def test_what_was_said_here_is_not_undone_by_what_was_read_before(desk: Desk) -> None:
    stage, behind = desk.stage, Behind(desk.database)
    line = Line(Sandbox(desk.database, stage.clock), Breaker(5.0, stage.ids.jitter), stage.clock)
    nobody: Any = None
    held: Any = behind
    obeying = asyncio.create_task(Health("sandbox", held, stage.clock, line, nobody).obey())
    await asyncio.wait_for(behind.read_it.wait(), 5)

    line.force(is_open=True)
    behind.answer.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    obeying.cancel()
    await asyncio.gather(obeying, return_exceptions=True)

    assert line.state() is State.FORCED_OPEN


async def test_probing_goes_on_when_the_database_is_back(desk: Desk) -> None:
    clock = desk.stage.clock
    breaker = Breaker(5.0, desk.stage.ids.jitter)
    line = Line(Sandbox(desk.database, clock), breaker, clock)
    asked: list[str] = []

    class Away:
        name = desk.database.name

        async def read(self, work: Any, *args: Any) -> object:
            asked.append(work.__name__)
            raise refusals.Unavailable

    away: Any = Away()
    nobody: Any = None
    for _ in range(FAILURES_MAX):
        breaker.failed(breaker.enter(clock.monotonic()), clock.monotonic())
    clock.advance(10)
    assert line.state() is State.HALF_OPEN
    probing = asyncio.create_task(Health("sandbox", away, clock, line, nobody).probe(desk.stage.ids))

    async def asks_again() -> bool:
        clock.advance(PROBE_EVERY_S)
        return len(asked) > 1 or probing.done()

    await until(asks_again)
    assert not probing.done()
    probing.cancel()


async def test_a_forced_provider_stays_forced_over_a_restart(stage: Stage) -> None:
    await force(await open_desk(stage), is_open=True)
    await stage.stop()
    again = Stage(stage.folder)
    try:
        desk = await open_desk(again)

        assert await desk.breaker() == "FORCED_OPEN"
    finally:
        await again.stop()


@pytest.mark.parametrize("provider", ["box_office", "stripe"])
async def test_another_provider_is_unknown(desk: Desk, provider: str) -> None:
    with pytest.raises(refusals.ProviderUnknown):
        await desk.operator.payments.ForceProvider(pb.ForceProviderRequest(provider=provider, open=True))


async def test_an_organizer_sees_health_and_may_not_force(desk: Desk) -> None:
    member = desk.stage.member()

    answer = await member.payments.GetProviderHealth(pb.GetProviderHealthRequest())

    assert [health.provider for health in answer.providers] == ["sandbox"]
    assert answer.providers[0].breaker == nouns.BREAKER_STATE_CLOSED
    with pytest.raises(refusals.AccessDenied):
        await member.payments.ForceProvider(pb.ForceProviderRequest(provider="sandbox", open=True))
    with pytest.raises(refusals.AccessDenied):
        await member.sandbox.GetSandboxCharges(pb.GetSandboxChargesRequest(order_id="ord_1"))


async def test_a_fault_must_be_one_that_is_known(desk: Desk) -> None:
    for fault in (0, 99):
        with pytest.raises(refusals.InvalidRequest):
            await desk.operator.sandbox.SetSandboxFault(pb.SetSandboxFaultRequest(fault=fault))  # type: ignore[arg-type]


async def test_an_order_without_a_charge_has_an_empty_book(desk: Desk) -> None:
    assert await desk.charged("ord_none") == []
