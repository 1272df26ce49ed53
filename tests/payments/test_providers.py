"""Two providers side by side: each payment is asked about at the provider its row names."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from services.kit.work import Breaker, State
from services.payments import store, transactions, wiring
from services.payments.payment_worker import PaymentWorker
from services.payments.provider_client import ProviderClient
from services.payments.sandbox_gateway import Sandbox
from tests.payments.world import World, attempt

Providers = dict[str, ProviderClient]
BEGUN_US, LATER_US = 1, 10_000_000


@pytest_asyncio.fixture
async def providers(world: World) -> AsyncIterator[Providers]:
    """The sandbox of the world and a second one with a book of its own."""
    stage = world.stage
    schema = Path(wiring.__file__).parent / "sandbox_schema"
    books = {name: await stage.platform.runtime.database(name, schema) for name in ("first", "second")}
    yield {
        name: ProviderClient(Sandbox(book, stage.clock), Breaker(5.0, stage.ids.jitter), stage.clock)
        for name, book in books.items()
    }
    for book in books.values():
        await book.close()


async def test_the_payment_is_asked_for_at_its_own_provider(world: World, providers: Providers) -> None:
    worker = PaymentWorker("payments", world.database, world.stage.clock, providers)

    for name in providers:
        payment = await worker.authorize(attempt(f"ord_{name}", provider=name), within_s=5)
        assert payment.state == "AUTHORIZED"

    assert await providers["first"].find("ord_first") == "authorized"
    assert await providers["first"].find("ord_second") is None
    assert await providers["second"].find("ord_second") == "authorized"


async def test_a_provider_that_is_down_does_not_hold_up_the_other(world: World, providers: Providers) -> None:
    for name in providers:
        await world.database.write(
            transactions.begin_payment, attempt(f"ord_{name}", provider=name), sent=True, now_us=BEGUN_US
        )
    worker = PaymentWorker("payments", world.database, world.stage.clock, providers)
    providers["first"].force(is_open=True)

    assert providers["second"].state() is State.CLOSED
    assert await worker._due(10) == ["ord_second"]
    providers["second"].force(is_open=True)
    assert await worker._due(10) == []


async def test_waiting_payments_are_counted_and_made_due_by_provider(world: World) -> None:
    write, read = world.database.write, world.database.read
    for name in ("first", "second"):
        order_id = f"ord_{name}"
        await write(transactions.begin_payment, attempt(order_id, provider=name), sent=True, now_us=BEGUN_US)
        await write(transactions.note_unanswered, order_id, capture=False, sent=True, now_us=LATER_US)

    assert await read(store.waiting, "first") == store.Waiting(1, BEGUN_US, "ord_first")
    assert await read(store.due, ["first", "second"], LATER_US, 10) == []
    assert await write(transactions.make_unsettled_due, "second", now_us=LATER_US) == 1
    assert await read(store.due, ["first", "second"], LATER_US, 10) == ["ord_second"]
