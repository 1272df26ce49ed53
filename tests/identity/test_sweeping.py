"""Guests who never bought are forgotten, and nobody begins sessions without end."""

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from eventhub.refusals import Unavailable
from services.identity import guest_sweeper
from services.identity.guest_sweeper import GuestSweeper
from services.kit.values.config import Settings
from tests.identity.lobby import Lobby, session

DAY_S = 86_400
MONTH_S = 31 * DAY_S


@pytest_asyncio.fixture
async def sweeper(lobby: Lobby) -> GuestSweeper:
    """The sweeper, called by hand: time passes unseen by the one that runs by itself."""
    lobby.orders.known = set()
    mesh = OrdersMeshStub(lobby.stage.channel("identity"))
    return GuestSweeper(lobby.context.database, lobby.stage.clock, mesh)


async def guests(lobby: Lobby) -> set[str]:
    """Whom identity knows."""
    return {row[0] for row in await lobby.rows("SELECT guest_id FROM guest")}


async def test_who_never_bought_is_forgotten_with_their_sign_ins(lobby: Lobby, sweeper: GuestSweeper) -> None:
    old = await lobby.start(1)
    lobby.stage.clock.pass_unseen(MONTH_S)
    fresh = await lobby.start(2, "bob@example.com")

    await sweeper.sweep()

    assert await guests(lobby) == {fresh.subject_id}
    assert {row[0] for row in await lobby.rows("SELECT subject_id FROM refresh_token")} == {fresh.subject_id}
    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(old.refresh_token)
    assert (await lobby.start(1)).subject_id == old.subject_id, "they may come again"


async def test_who_bought_stays_and_is_not_asked_about_again(
    lobby: Lobby,
    sweeper: GuestSweeper,
) -> None:
    buyer = await lobby.start(1)
    lobby.orders.known = {buyer.subject_id}
    lobby.stage.clock.pass_unseen(MONTH_S)

    await sweeper.sweep()
    await sweeper.sweep()

    assert await guests(lobby) == {buyer.subject_id}
    assert lobby.orders.asked == [1]


async def test_who_is_signed_in_or_has_proven_an_address_stays(
    lobby: Lobby,
    sweeper: GuestSweeper,
) -> None:
    signed_in = await lobby.start(1, "rui@example.com")
    proven = await lobby.prove()
    lobby.stage.clock.pass_unseen(20 * DAY_S)
    await lobby.refresh(signed_in.refresh_token)
    lobby.stage.clock.pass_unseen(20 * DAY_S)

    await sweeper.sweep()

    assert await guests(lobby) == {signed_in.subject_id, proven.subject_id}
    assert lobby.orders.asked == []


async def test_who_has_signed_out_is_kept_for_a_month(lobby: Lobby, sweeper: GuestSweeper) -> None:
    tokens = await lobby.start(1)
    await lobby.anyone.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=tokens.refresh_token))

    lobby.stage.clock.pass_unseen(DAY_S)
    await sweeper.sweep()
    assert await guests(lobby) == {tokens.subject_id}
    lobby.stage.clock.pass_unseen(MONTH_S)
    await sweeper.sweep()

    assert await guests(lobby) == set()


async def test_a_merged_session_that_bought_stays(lobby: Lobby, sweeper: GuestSweeper) -> None:
    session_id = (await lobby.start(1)).subject_id
    idle_id = (await lobby.start(2)).subject_id
    person = await lobby.prove()
    lobby.orders.known = {session_id, person.subject_id}
    lobby.stage.clock.pass_unseen(MONTH_S)

    await sweeper.sweep()

    assert await guests(lobby) == {session_id, person.subject_id}
    assert idle_id not in await guests(lobby)


async def test_without_orders_nobody_is_forgotten(lobby: Lobby, sweeper: GuestSweeper) -> None:
    await lobby.start(1)
    lobby.stage.clock.pass_unseen(MONTH_S)
    lobby.orders.away = True

    with pytest.raises(Unavailable):
        await sweeper.sweep()

    assert len(await guests(lobby)) == 1


async def test_many_are_sorted_out_some_at_a_time(
    lobby: Lobby, sweeper: GuestSweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_sweeper, "AT_ONCE", 3)
    started = [(await lobby.start(n, f"ana{n}@example.com")).subject_id for n in range(1, 9)]
    lobby.orders.known = set(started[::3])
    lobby.stage.clock.pass_unseen(MONTH_S)

    await sweeper.sweep()

    assert await guests(lobby) == lobby.orders.known
    assert lobby.orders.asked == [3, 3, 2]


async def test_one_address_begins_so_many_sessions_a_minute_and_others_go_on(lobby: Lobby) -> None:
    most = Settings().guests_per_minute
    for number in range(1, most + 1):
        await lobby.start(number)

    with pytest.raises(refusals.TooManyRequests) as refused:
        await lobby.start(most + 1)
    assert refused.value.retry_after_s == 60
    assert (await lobby.start(1)).access_token, "a repeat begins nothing"
    assert len(await guests(lobby)) == most

    await lobby.at("203.0.113.7").StartGuest(session(most + 1))
    lobby.stage.clock.pass_unseen(60)
    await lobby.start(most + 2)
