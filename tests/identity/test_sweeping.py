"""Guests without an order are deleted after a month, and a network address begins a limited number of sessions."""

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.refusals import Unavailable
from services.identity import guest_worker
from services.identity.guest_worker import GuestSweeper
from services.identity.neighbours import Buyers
from services.kit.values.config import Settings
from tests.identity.world import World, session

DAY_S = 86_400
MONTH_S = 31 * DAY_S


@pytest_asyncio.fixture
async def sweeper(world: World) -> GuestSweeper:
    """A sweeper that the test runs. The clock moves by pass_unseen(), so that identity's own sweeper sleeps on."""
    world.orders.buyers = set()
    return GuestSweeper(world.context.database, world.stage.clock, Buyers(world.stage.channel("identity")))


async def guests(world: World) -> set[str]:
    """The ids of the stored guests."""
    return {row[0] for row in await world.rows("SELECT guest_id FROM guest")}


async def test_a_guest_without_an_order_is_deleted_with_their_sign_ins(world: World, sweeper: GuestSweeper) -> None:
    old = await world.start_guest(1)
    world.stage.clock.pass_unseen(MONTH_S)
    fresh = await world.start_guest(2, "bob@example.com")

    await sweeper.sweep()

    assert await guests(world) == {fresh.subject_id}
    assert {row[0] for row in await world.rows("SELECT subject_id FROM refresh_token")} == {fresh.subject_id}
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(old.refresh_token)
    assert (await world.start_guest(1)).subject_id == old.subject_id, "the guest may begin the session again"


async def test_a_buyer_stays_and_orders_is_asked_about_them_once(
    world: World,
    sweeper: GuestSweeper,
) -> None:
    buyer = await world.start_guest(1)
    world.orders.buyers = {buyer.subject_id}
    world.stage.clock.pass_unseen(MONTH_S)

    await sweeper.sweep()
    await sweeper.sweep()

    assert await guests(world) == {buyer.subject_id}
    assert world.orders.asked == [1]


async def test_a_guest_that_is_signed_in_or_has_proven_an_address_stays(
    world: World,
    sweeper: GuestSweeper,
) -> None:
    signed_in = await world.start_guest(1, "rui@example.com")
    proven = await world.prove()
    world.stage.clock.pass_unseen(20 * DAY_S)
    await world.refresh(signed_in.refresh_token)
    world.stage.clock.pass_unseen(20 * DAY_S)

    await sweeper.sweep()

    assert await guests(world) == {signed_in.subject_id, proven.subject_id}
    assert world.orders.asked == []


async def test_a_guest_that_has_signed_out_stays_for_a_month(world: World, sweeper: GuestSweeper) -> None:
    tokens = await world.start_guest(1)
    await world.anyone.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=tokens.refresh_token))

    world.stage.clock.pass_unseen(DAY_S)
    await sweeper.sweep()
    assert await guests(world) == {tokens.subject_id}
    world.stage.clock.pass_unseen(MONTH_S)
    await sweeper.sweep()

    assert await guests(world) == set()


async def test_a_merged_session_that_bought_stays(world: World, sweeper: GuestSweeper) -> None:
    session_id = (await world.start_guest(1)).subject_id
    idle_id = (await world.start_guest(2)).subject_id
    person = await world.prove()
    world.orders.buyers = {session_id, person.subject_id}
    world.stage.clock.pass_unseen(MONTH_S)

    await sweeper.sweep()

    assert await guests(world) == {session_id, person.subject_id}
    assert idle_id not in await guests(world)


async def test_while_orders_is_unavailable_no_guest_is_deleted(world: World, sweeper: GuestSweeper) -> None:
    await world.start_guest(1)
    world.stage.clock.pass_unseen(MONTH_S)
    world.orders.away = True

    with pytest.raises(Unavailable):
        await sweeper.sweep()

    assert len(await guests(world)) == 1


async def test_many_guests_are_deleted_in_batches(
    world: World, sweeper: GuestSweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_worker, "AT_ONCE", 3)
    started = [(await world.start_guest(n, f"ana{n}@example.com")).subject_id for n in range(1, 9)]
    world.orders.buyers = set(started[::3])
    world.stage.clock.pass_unseen(MONTH_S)

    await sweeper.sweep()

    assert await guests(world) == world.orders.buyers
    assert world.orders.asked == [3, 3, 2]


async def test_a_network_address_begins_a_limited_number_of_sessions_a_minute(world: World) -> None:
    most = Settings().guests_per_minute
    for number in range(1, most + 1):
        await world.start_guest(number)

    with pytest.raises(refusals.TooManyRequests) as refused:
        await world.start_guest(most + 1)
    assert refused.value.retry_after_s == 60
    assert (await world.start_guest(1)).access_token, "a repeat begins no session"
    assert len(await guests(world)) == most

    await world.from_address("203.0.113.7").StartGuest(session(most + 1))
    world.stage.clock.pass_unseen(60)
    await world.start_guest(most + 2)
