"""Hostile callers who use correct gRPC, against the whole platform in a process of its own."""

import asyncio
import base64
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from eventhub import contract
from eventhub.catalog.v1.catalog_service_pb2 import GetEventRequest
from eventhub.client import EventHub, new_guest_id, new_id
from eventhub.common.v1.options_pb2 import ACCESS_ANYONE
from eventhub.identity.v1.identity_service_pb2 import GetProfileRequest, StartGuestRequest
from eventhub.inventory.v1.inventory_service_pb2 import GetHoldRequest, HoldItem, HoldRequest
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, GetOrderRequest, ListOrdersRequest
from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem, QuoteRequest
from eventhub.refusal import Refusal
from eventhub.refusals import (
    CouponUnknown,
    HoldInUse,
    HoldNotFound,
    IdInUse,
    InvalidRequest,
    OrderNotFound,
    TooManyRequests,
)
from scripts.measurements import events, servers
from tests.kit.peer import reason

CARD = CheckoutRequest.Card(token="tok_ok")
CARD_NUMBER = "4111111111111111"
PROTECTED = [rpc for rpc in contract.by_path().values() if not rpc.internal and ACCESS_ANYONE not in rpc.access]


@dataclass(slots=True)
class House:
    """A platform with an event on sale. folder: its data folder."""

    address: str
    folder: Path
    event_id: str
    kind: str

    async def guest(self, name: str = "Ana") -> EventHub:
        """The client of a new guest, with an address of its own."""
        hub = EventHub(self.address)
        guest_id = new_guest_id()
        request = StartGuestRequest(guest_id=guest_id, name=name, email=f"{guest_id[4:14]}@example.com")
        hub.tokens = (await hub.identity.StartGuest(request)).tokens
        return hub

    def hold(self, quantity: int = 1) -> HoldRequest:
        """A request for a hold of general places, with a new id."""
        items = [HoldItem(ticket_type_id=self.kind, quantity=quantity)]
        return HoldRequest(hold_id=new_id("hld"), event_id=self.event_id, items=items)


@pytest_asyncio.fixture(scope="module")
async def house() -> AsyncIterator[House]:
    with tempfile.TemporaryDirectory() as folder:
        async with servers.running(*servers.up(folder)) as (address, _, _), EventHub(address) as hub:
            yield House(address, Path(folder), *await events.open_conference(hub))


async def refused(call: Awaitable[object]) -> Refusal:
    """The reason of the refusal of a call."""
    with pytest.raises(Refusal) as found:
        await call
    return found.value


async def test_an_order_that_is_sent_sixteen_times_at_once_is_one(house: House) -> None:
    ana = await house.guest()
    hold = house.hold()
    await ana.inventory.Hold(hold)
    order = CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, card=CARD)

    answers = await asyncio.gather(*(ana.orders.Checkout(order) for _ in range(16)), return_exceptions=True)

    assert {answer.order.order_id for answer in answers if not isinstance(answer, BaseException)} == {order.order_id}
    assert len((await ana.orders.ListOrders(ListOrdersRequest())).orders) == 1
    other = house.hold()
    await ana.inventory.Hold(other)
    again = CheckoutRequest(order_id=order.order_id, hold_id=other.hold_id, card=CARD)
    assert isinstance(await refused(ana.orders.Checkout(again)), IdInUse)
    twice = CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, card=CARD)
    assert isinstance(await refused(ana.orders.Checkout(twice)), HoldInUse)


@pytest.mark.parametrize("quantity", [-1, 51, 2**31 - 1])
async def test_odd_numbers_are_refused(house: House, quantity: int) -> None:
    ana = await house.guest()

    assert isinstance(await refused(ana.inventory.Hold(house.hold(quantity))), InvalidRequest)
    items = [QuoteItem(ticket_type_id=house.kind, quantity=quantity)]
    quote = QuoteRequest(event_id=house.event_id, items=items)
    assert isinstance(await refused(ana.pricing.Quote(quote)), InvalidRequest)


def forged(token: str) -> list[str]:
    """Tokens with changed claims, and with signatures that are missing or wrong."""
    head, body, signature = token.split(".")

    def part(fields: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    unsigned = part({"alg": "none", "typ": "JWT"})
    operator = part({**claims, "kind": "ACCESS_OPERATOR"})
    return [f"{unsigned}.{body}.", f"{head}.{operator}.{signature}", f"{head}.{body}.", token[:-4] + "AAAA", "x"]


async def test_forged_tokens_open_nothing(house: House) -> None:
    ana = await house.guest()
    odd = []
    async with grpc.aio.insecure_channel(house.address) as wire:
        for rpc in PROTECTED:
            ask: Any = wire.unary_unary(rpc.path)
            for token in forged(ana.tokens.access_token):
                try:
                    await ask(b"", metadata=(("authorization", f"Bearer {token}"),), timeout=5)
                    odd.append(f"{rpc.path} is open")
                except grpc.aio.AioRpcError as error:
                    if reason(error).__name__ != "TokenInvalid":
                        odd.append(f"{rpc.path}: {reason(error).__name__}")

    assert not odd, "\n".join(odd)


@pytest.mark.parametrize(
    "name",
    ["Robert'); DROP TABLE guest;--", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "{{ 7 * 7 }}", "%s%n", "Zoë"],
)
async def test_texts_are_texts(house: House, name: str) -> None:
    guest = await house.guest(name)

    assert (await guest.identity.GetProfile(GetProfileRequest())).name == name
    assert (await house.guest("Ana")).tokens.subject_id


@pytest.mark.parametrize("name", ["Ana\r\nBcc: all@example.com", "A\x00na", "Ana\u202egnp.exe", "see www.bad.example"])
async def test_texts_that_would_be_more_are_refused(house: House, name: str) -> None:
    assert isinstance(await refused(house.guest(name)), InvalidRequest)


async def test_a_card_number_is_not_kept(house: House) -> None:
    for name in (CARD_NUMBER, f"Ana {CARD_NUMBER}", "4111 1111 1111 1111"):
        assert isinstance(await refused(house.guest(name)), InvalidRequest)

    kept = [path for path in house.folder.rglob("*") if path.is_file() and CARD_NUMBER.encode() in path.read_bytes()]
    assert not kept


async def test_foreign_and_missing_objects_look_the_same(house: House) -> None:
    ana, eve = await house.guest(), await house.guest("Eve")
    hold = house.hold()
    await ana.inventory.Hold(hold)
    order = CheckoutRequest(order_id=new_id("ord"), hold_id=hold.hold_id, card=CARD)
    await ana.orders.Checkout(order)

    orders = [
        await refused(eve.orders.GetOrder(GetOrderRequest(order_id=one))) for one in (order.order_id, new_id("ord"))
    ]
    holds = [await refused(eve.inventory.GetHold(GetHoldRequest(hold_id=one))) for one in (hold.hold_id, new_id("hld"))]

    assert {(type(one), one.message, tuple(one.facts.items())) for one in orders} == {
        (OrderNotFound, orders[0].message, ())
    }
    assert {(type(one), one.message, tuple(one.facts.items())) for one in holds} == {
        (HoldNotFound, holds[0].message, ())
    }


async def test_a_hoarder_gets_only_so_much(house: House) -> None:
    eve = await house.guest("Eve")
    ends = [await taken(eve.inventory.Hold(house.hold(10))) for _ in range(20)]

    assert False in ends
    assert await taken((await house.guest("Leo")).inventory.Hold(house.hold()))


async def taken(call: Awaitable[object]) -> bool:
    """Whether any caller got a hold."""
    try:
        await call
    except Refusal:
        return False
    return True


async def test_guessing_coupons_ends_soon_and_others_are_served(house: House) -> None:
    eve = await house.guest("Eve")
    items = [QuoteItem(ticket_type_id=house.kind, quantity=1)]
    guesses = [QuoteRequest(event_id=house.event_id, items=items, coupon_code=f"GUESS{n}") for n in range(30)]
    ends = {type(await refused(eve.pricing.Quote(one))) for one in guesses}

    assert ends == {CouponUnknown, TooManyRequests}
    leo = await house.guest("Leo")
    assert await leo.pricing.Quote(QuoteRequest(event_id=house.event_id, items=items))
    assert await leo.catalog.GetEvent(GetEventRequest(event_id=house.event_id))
