"""The client exchanges expired tokens by itself, once for all calls that meet the expiry, and repeats the calls."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from eventhub import (
    AccessDenied,
    EventHub,
    GetProfileRequest,
    InvalidRequest,
    ListMembersRequest,
    Revision,
    RevokeTokenRequest,
    StartGuestRequest,
    TokenExpired,
    TokenInvalid,
    Tokens,
    WatchOrderRequest,
    WatchOrderResponse,
    contract,
    new_guest_id,
)
from services.kit.process.platform import Platform
from services.kit.values.config import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.ids import FakeIds
from tests.identity.world import BIA, PASSWORD, build, registration

EXPIRED_AFTER_S = 641  # ten minutes, plus the leeway between clocks


WATCH = "/eventhub.orders.v1.OrdersService/WatchOrder"


class House:
    """identity on a real port, with a clock that tests can advance."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        settings = Settings(data_dir=folder, port=0, http_port=0, metrics_port=-1, queue_probe_s=0)
        self.platform = Platform(settings, self.clock, FakeIds())
        self.platform.mesh.add(contract.by_path()[WATCH], self.watch_order)
        self.streams = 3

    async def watch_order(self, request: WatchOrderRequest, call: object) -> AsyncIterator[WatchOrderResponse]:
        """Ends each stream except the last one like a server when the token expires during the stream."""
        self.streams -= 1
        yield WatchOrderResponse(revision=Revision(epoch="epo_1", position=request.start_revision.position + 1))
        if self.streams:
            raise TokenExpired

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.platform.port}"


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    home = House(tmp_path)
    await home.platform.add(build)
    await home.platform.start()
    yield home
    await home.platform.stop(grace_s=0.1)


@pytest_asyncio.fixture
async def hub(house: House) -> AsyncIterator[EventHub]:
    async with EventHub(house.address) as client:
        yield client


async def test_a_guest_stays_signed_in_when_the_token_expires(house: House, hub: EventHub) -> None:
    await hub.start_guest("Ana Souza", "ana@example.com")
    before = hub.tokens.access_token
    house.clock.advance(EXPIRED_AFTER_S)

    profile = await hub.identity.GetProfile(GetProfileRequest())

    assert profile.name == "Ana Souza"
    assert hub.tokens.access_token != before


async def test_calls_that_meet_the_same_expiry_share_one_exchange(house: House, hub: EventHub) -> None:
    await hub.start_guest("Ana Souza", "ana@example.com")
    house.clock.advance(EXPIRED_AFTER_S)

    profiles = await asyncio.gather(*(hub.identity.GetProfile(GetProfileRequest()) for _ in range(10)))

    assert {profile.name for profile in profiles} == {"Ana Souza"}


async def test_a_member_stays_signed_in(house: House, hub: EventHub) -> None:
    await hub.identity.RegisterOrganizer(registration())
    await hub.sign_in(BIA, PASSWORD)
    house.clock.advance(EXPIRED_AFTER_S)

    answer = await hub.identity.ListMembers(ListMembersRequest())

    assert [member.email for member in answer.members] == [BIA]


async def test_without_a_refresh_token_the_expiry_is_raised(house: House, hub: EventHub) -> None:
    await hub.start_guest("Ana Souza", "ana@example.com")
    hub.tokens = Tokens(access_token=hub.tokens.access_token)
    house.clock.advance(EXPIRED_AFTER_S)

    with pytest.raises(TokenExpired):
        await hub.identity.GetProfile(GetProfileRequest())


async def test_a_sign_in_that_was_ended_is_not_begun_again(house: House, hub: EventHub) -> None:
    await hub.start_guest("Ana Souza", "ana@example.com")
    await hub.identity.RevokeToken(RevokeTokenRequest(refresh_token=hub.tokens.refresh_token))
    house.clock.advance(EXPIRED_AFTER_S)

    with pytest.raises(TokenInvalid):
        await hub.identity.GetProfile(GetProfileRequest())


async def test_another_refusal_is_raised_at_once(hub: EventHub) -> None:
    await hub.start_guest("Ana Souza", "ana@example.com")
    before = hub.tokens.access_token

    with pytest.raises(AccessDenied):
        await hub.identity.ListMembers(ListMembersRequest())

    assert hub.tokens.access_token == before


async def test_a_watch_goes_on_with_new_tokens(house: House, hub: EventHub) -> None:
    await hub.start_guest("Ana Souza", "ana@example.com")
    before = hub.tokens.access_token

    watch = hub.watch(hub.orders.WatchOrder, WatchOrderRequest(order_id="ord_1"))
    positions = [answer.revision.position async for answer in watch]

    assert positions == [1, 2, 3]
    assert hub.tokens.access_token != before


async def test_a_watch_ends_with_the_sign_in(house: House, hub: EventHub) -> None:
    await hub.start_guest("Ana Souza", "ana@example.com")
    hub.tokens = Tokens(access_token=hub.tokens.access_token)
    house.clock.advance(EXPIRED_AFTER_S)

    with pytest.raises(TokenExpired):
        await anext(hub.watch(hub.orders.WatchOrder, WatchOrderRequest(order_id="ord_1")))


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "phone: a phone number"), ("pt-BR", "telefone: um telefone"), ("", "telefone: um telefone")],
)
async def test_refusals_speak_the_client_s_language(house: House, language: str, words: str) -> None:
    async with EventHub(house.address, language=language) as hub:
        guest = StartGuestRequest(guest_id=new_guest_id(), name="Ana", email="ana@example.com", phone="12")

        with pytest.raises(InvalidRequest) as refused:
            await hub.identity.StartGuest(guest)

    assert words in refused.value.for_people
