"""One suite for every Gateway: the sandbox itself, and a ProviderClient of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.kit.process.runtime import Runtime
from services.kit.work.breaker import FAILURES_MAX, Breaker, State
from services.payments import wiring
from services.payments.gateway import (
    Declined,
    Gateway,
    NotLetThrough,
    NotSent,
    RefundStanding,
    Standing,
    Unknown,
)
from services.payments.provider_client import ATTEMPTS, ProviderClient
from services.payments.sandbox_gateway import Fault, Sandbox
from services.payments.sandbox_store import Charge
from tests.stage import Stage

KEY = "ord_1"


async def open_sandbox(runtime: Runtime) -> Sandbox:
    book = await runtime.database("sandbox", Path(wiring.__file__).parent / "sandbox_schema")
    return Sandbox(book, runtime.clock)


@pytest_asyncio.fixture
async def sandbox(stage: Stage) -> AsyncIterator[Sandbox]:
    opened = await open_sandbox(stage.platform.runtime)
    yield opened
    await opened._database.close()


@pytest.fixture
def client(sandbox: Sandbox, stage: Stage) -> ProviderClient:
    return ProviderClient(sandbox, Breaker(5.0, stage.ids.jitter), stage.clock)


@pytest.fixture(params=["sandbox", "client"])
def gateway(request: pytest.FixtureRequest, sandbox: Sandbox, client: ProviderClient) -> Gateway:
    return sandbox if request.param == "sandbox" else client


def charge(standing: Standing, refunded_minor: int = 0) -> Charge:
    """The sandbox's entry for the key, of R$ 50.00."""
    return Charge(key=KEY, standing=standing, amount_minor=5000, currency="BRL", refunded_minor=refunded_minor)


async def authorize(gateway: Gateway, *, card: str = "tok_ok", minor: int = 5000) -> Standing:
    return await gateway.authorize(KEY, minor, "BRL", card)


async def test_a_key_is_charged_once(gateway: Gateway, sandbox: Sandbox) -> None:
    assert await gateway.find(KEY) is None
    assert await authorize(gateway) is Standing.AUTHORIZED
    assert await authorize(gateway, minor=7000) is Standing.AUTHORIZED
    assert await gateway.find(KEY) is Standing.AUTHORIZED

    assert await gateway.capture(KEY) is Standing.CAPTURED
    assert await gateway.capture(KEY) is Standing.CAPTURED
    assert await authorize(gateway) is Standing.CAPTURED

    assert await sandbox.charge(KEY) == charge(Standing.CAPTURED)


async def test_a_decline_stands(gateway: Gateway) -> None:
    for card in ("tok_declined", "tok_ok"):
        with pytest.raises(Declined):
            await authorize(gateway, card=card)

    assert await gateway.capture(KEY) is Standing.DECLINED
    assert await gateway.void(KEY) is Standing.DECLINED
    assert await gateway.find(KEY) is Standing.DECLINED


async def test_a_burnt_key_charges_nothing(gateway: Gateway) -> None:
    assert await gateway.void(KEY) is Standing.VOIDED

    assert await authorize(gateway) is Standing.VOIDED
    assert await gateway.capture(KEY) is Standing.VOIDED
    assert await gateway.find(KEY) is Standing.VOIDED


async def test_a_reservation_given_up_cannot_be_captured(gateway: Gateway, sandbox: Sandbox) -> None:
    await authorize(gateway)

    assert await gateway.void(KEY) is Standing.VOIDED

    assert await gateway.capture(KEY) is Standing.VOIDED
    assert await sandbox.charge(KEY) == charge(Standing.VOIDED)


async def test_captured_money_is_not_given_up(gateway: Gateway) -> None:
    await authorize(gateway)
    await gateway.capture(KEY)

    assert await gateway.void(KEY) is Standing.CAPTURED


async def test_capturing_nothing_burns_the_key(gateway: Gateway) -> None:
    assert await gateway.capture(KEY) is Standing.VOIDED

    assert await authorize(gateway) is Standing.VOIDED


async def test_capture_and_void_at_once_have_one_outcome(gateway: Gateway) -> None:
    await authorize(gateway)

    outcomes = await asyncio.gather(*(gateway.void(KEY) if n % 2 else gateway.capture(KEY) for n in range(16)))

    assert len(set(outcomes)) == 1


@pytest.mark.parametrize(
    ("fault", "raised", "done"),
    [
        (Fault.DOWN, NotSent, None),
        (Fault.ERROR, Unknown, None),
        (Fault.ERROR_AFTER, Unknown, Standing.AUTHORIZED),
    ],
)
async def test_troubles_are_told_apart(
    gateway: Gateway, sandbox: Sandbox, fault: Fault, raised: type[Exception], done: Standing | None
) -> None:
    await sandbox.set_fault(fault)
    with pytest.raises(raised):
        await authorize(gateway)
    with pytest.raises(raised):
        await gateway.find(KEY)

    await sandbox.set_fault(Fault.NONE)
    assert await sandbox.find(KEY) is done


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("fault", "done"), [(Fault.SILENT_AFTER, Standing.AUTHORIZED), (Fault.SILENT_BEFORE, None)])
async def test_silence_is_unknown(
    client: ProviderClient, sandbox: Sandbox, fault: Fault, done: Standing | None
) -> None:
    await sandbox.set_fault(fault)
    with pytest.raises(Unknown):
        await authorize(client)

    await sandbox.set_fault(Fault.NONE)
    assert await client.find(KEY) is done


async def test_the_book_survives(stage: Stage) -> None:
    before = await open_sandbox(stage.platform.runtime)
    await authorize(before)
    await before._database.close()
    again = await open_sandbox(stage.platform.runtime)

    assert await again.find(KEY) is Standing.AUTHORIZED

    await again._database.close()


class Counting:
    """A provider in trouble that counts the lookups."""

    def __init__(self, trouble: Exception) -> None:
        self.calls = 0
        self.trouble = trouble

    async def find(self, key: str) -> Standing | None:
        self.calls += 1
        raise self.trouble

    async def other(self, *_: Any, **__: Any) -> Any:
        raise self.trouble

    authorize = capture = void = refund = disputes = other


@pytest.mark.parametrize(("trouble", "calls"), [(NotSent(), ATTEMPTS), (Unknown(), 1), (Declined(), 1)])
async def test_only_a_request_that_was_not_sent_is_repeated(stage: Stage, trouble: Exception, calls: int) -> None:
    provider = Counting(trouble)
    client = ProviderClient(provider, Breaker(5.0, stage.ids.jitter), stage.clock)

    with pytest.raises(type(trouble)):
        await client.find(KEY)

    assert provider.calls == calls


async def test_nonsense_is_unknown_and_not_repeated(stage: Stage) -> None:
    provider = Counting(ValueError("<html>"))
    client = ProviderClient(provider, Breaker(5.0, stage.ids.jitter), stage.clock)

    with pytest.raises(Unknown):
        await client.find(KEY)

    assert provider.calls == 1


async def test_no_repeat_goes_past_an_open_breaker(stage: Stage) -> None:
    provider = Counting(NotSent())
    client = ProviderClient(provider, Breaker(5.0, stage.ids.jitter), stage.clock)

    for _ in range(10):
        with pytest.raises(NotSent):
            await client.find(KEY)

    assert provider.calls == FAILURES_MAX
    with pytest.raises(NotLetThrough):
        await client.find(KEY)


async def test_declines_do_not_open_the_breaker(client: ProviderClient) -> None:
    for n in range(30):
        with pytest.raises(Declined):
            await client.authorize(f"ord_{n}", 5000, "BRL", "tok_declined")

    assert client.state() is State.CLOSED


async def test_callers_that_leave_do_not_open_the_breaker(client: ProviderClient, sandbox: Sandbox) -> None:
    await sandbox.set_fault(Fault.SILENT_BEFORE)
    calls = [asyncio.create_task(client.find(KEY)) for _ in range(30)]
    await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)

    assert client.state() is State.CLOSED


@pytest.mark.usefixtures("impatient")
async def test_fifty_at_once_reach_a_recovering_provider_once(
    client: ProviderClient, sandbox: Sandbox, stage: Stage
) -> None:
    await sandbox.set_fault(Fault.ERROR)
    for _ in range(FAILURES_MAX):
        with pytest.raises(Unknown):
            await client.find(KEY)
    stage.clock.advance(5)
    await sandbox.set_fault(Fault.SILENT_BEFORE)

    outcomes = await asyncio.gather(*(client.find(KEY) for _ in range(50)), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotLetThrough"] * 49 + ["Unknown"]
    assert client.state() is State.OPEN


async def test_a_charge_is_given_back_in_parts_each_once_under_its_key(gateway: Gateway, sandbox: Sandbox) -> None:
    await authorize(gateway)
    assert await gateway.refund(KEY, "rfd_0", 1) is RefundStanding.REFUSED, "nothing is captured"
    await gateway.capture(KEY)
    for _ in range(2):
        assert await gateway.refund(KEY, "rfd_1", 2000) is RefundStanding.DONE
    assert await gateway.refund(KEY, "rfd_2", 3001) is RefundStanding.REFUSED
    assert await gateway.refund(KEY, "rfd_3", 3000) is RefundStanding.DONE
    assert await gateway.refund("ord_none", "rfd_4", 1) is RefundStanding.REFUSED
    assert await sandbox.charge(KEY) == charge(Standing.CAPTURED, 5000)


async def test_sixteen_refunds_at_once_give_no_more_back_than_was_taken(gateway: Gateway, sandbox: Sandbox) -> None:
    await authorize(gateway)
    await gateway.capture(KEY)
    answers = await asyncio.gather(*(gateway.refund(KEY, f"rfd_{n % 8}", 1000) for n in range(16)))
    assert answers.count(RefundStanding.DONE) == 10, "each of five keys twice"
    charge = await sandbox.charge(KEY)
    assert charge is not None
    assert charge.refunded_minor == 5000


async def test_a_refusing_provider_still_says_what_it_gave_back_before(gateway: Gateway, sandbox: Sandbox) -> None:
    await authorize(gateway)
    await gateway.capture(KEY)
    await gateway.refund(KEY, "rfd_1", 1000)
    await sandbox.set_fault(Fault.REFUSE_REFUNDS)
    assert await gateway.refund(KEY, "rfd_1", 1000) is RefundStanding.DONE
    assert await gateway.refund(KEY, "rfd_2", 1000) is RefundStanding.REFUSED
    assert await gateway.find(KEY) is Standing.CAPTURED, "nothing else fails"


async def test_disputes_are_told_in_order_and_take_what_is_left(gateway: Gateway, sandbox: Sandbox) -> None:
    for key in ("ord_2", "ord_3"):
        await gateway.authorize(key, 5000, "BRL", "tok_ok")
        await gateway.capture(key)
    assert await sandbox.dispute(KEY) is None
    await gateway.refund("ord_2", "rfd_1", 2000)
    for key in ("ord_2", "ord_3", "ord_2"):
        assert await sandbox.dispute(key) is not None
    told = await gateway.disputes(0, 10)
    assert [dispute.key for dispute in told] == ["ord_2", "ord_3"]
    assert await gateway.disputes(told[0].n, 10) == [told[1]]
    assert await gateway.disputes(0, 1) == [told[0]]
    assert await gateway.refund("ord_2", "rfd_2", 1) is RefundStanding.REFUSED
