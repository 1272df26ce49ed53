"""Two replicas of notifications share the mail, and each mail is sent once."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub.orders.v1.orders_events_pb2 import OrderPaymentPending
from services.kit.process.replica import RENEW_EVERY_S
from services.kit.values.shards import SHARDS
from tests import databases
from tests.notifications.world import SHOW, World, order, program
from tests.stage import Stage, until

SHOWS = 32


@pytest.fixture(autouse=True)
def _on_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one process."""
    monkeypatch.setattr(databases, "chosen", ["postgres"])


@pytest_asyncio.fixture
async def worlds(_on_postgres: None, tmp_path: Path) -> AsyncIterator[list[World]]:
    first, second = World(Stage(tmp_path)), World(Stage(tmp_path, first_id=1_000_000))
    for n in range(SHOWS):
        show = program()[SHOW]
        show.event_id = f"evt_{n}"
        first.catalog.events[show.event_id] = show
    second.identity, second.catalog = first.identity, first.catalog
    second.orders, second.ticketing = first.orders, first.ticketing
    for world in (first, second):
        await world.open()
    yield [first, second]
    for world in (first, second):
        await world.stage.stop()


def held(world: World) -> set[int]:
    return set(world.notifications.database.shards.held())


async def rounds(worlds: list[World], reached: Callable[[], bool]) -> None:
    """Lets replicas renew their leases until a state is reached."""

    async def looked() -> bool:
        for world in worlds:
            world.stage.clock.advance(RENEW_EVERY_S)
        return reached()

    await until(looked)


def wait_for_payment(world: World, prefix: str) -> None:
    """Announces an order of each show whose payment is pending: its mail leaves at once."""
    for n in range(SHOWS):
        pending = order(f"{prefix}_{n}")
        pending.event_id = f"evt_{n}"
        world.orders.tell(OrderPaymentPending(order=pending))


def sent(worlds: list[World]) -> Counter[str]:
    """How often each mail was sent."""
    return Counter(mail.mail_id for world in worlds for mail in world.outlet.taken)


async def test_two_replicas_send_each_mail_once(worlds: list[World]) -> None:
    first, second = worlds
    await rounds(worlds, lambda: (len(held(first)), len(held(second))) == (SHARDS // 2, SHARDS // 2))

    wait_for_payment(first, "ord_a")
    await first.idle()

    assert len(sent(worlds)) == SHOWS
    assert set(sent(worlds).values()) == {1}
    assert first.outlet.taken
    assert second.outlet.taken


async def test_each_mail_is_sent_once_while_a_replica_joins_and_leaves(worlds: list[World]) -> None:
    first, second = worlds
    wait_for_payment(first, "ord_a")
    await rounds(worlds, lambda: bool(held(second)))
    wait_for_payment(first, "ord_b")
    await second.stage.stop()
    await rounds([first], lambda: len(held(first)) == SHARDS)
    await first.idle()

    assert len(sent(worlds)) == SHOWS * 2
    assert set(sent(worlds).values()) == {1}
