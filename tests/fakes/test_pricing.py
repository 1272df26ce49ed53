"""One suite for pricing and for its fake, as orders uses them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.catalog.v1.catalog_pb2 import TicketType
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.pricing.v1.pricing_pb2 import Quote, QuoteLine
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshStub
from tests.fakes.pricing import COUPON_ID, FakePricing, brl
from tests.pricing.world import EVENT, ORGANIZER, STALLS, VIP, open_world
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshAsyncStub

ANA, RUI, TABLE = "gst_ana", "acc_bia", "tkt_table"
PRICES = {STALLS: 5000, VIP: 12_005, TABLE: 12_005}


@dataclass(frozen=True, slots=True)
class Till:
    """Stalls cost 50.00, VIP and tables for two 120.05; the coupon TEN takes 10 % off, once, and once for each person.
    note_use: tells it that a person has used the coupon, if it does not count by itself."""

    mesh: "PricingMeshAsyncStub"
    coupon_id: str
    note_use: Callable[[str], None]

    async def quote(self, code: str = "", participant_id: str = "", **quantities: int) -> Quote:
        items = [pb.OrderItem(ticket_type_id=f"tkt_{name}", quantity=n) for name, n in quantities.items()]
        request = pb.QuoteOrderRequest(
            event_id=EVENT, buyer_id=ANA, items=items, coupon_code=code, participant_id=participant_id
        )
        quote = (await self.mesh.QuoteOrder(request)).quote
        for line in quote.lines:
            line.ClearField("reasons")  # orders does not read them
        return quote

    async def reserve(self, order_id: str = "ord_1", *, buyer_id: str = ANA, minor: int = 500, coupon: str = "") -> str:
        """Reserves the coupon for an order. Returns the outcome."""
        request = pb.ReserveRedemptionRequest(
            order_id=order_id,
            coupon_id=coupon or self.coupon_id,
            buyer_id=buyer_id,
            tickets=1,
            discount=brl(minor),
        )
        return await outcome(self.mesh.ReserveRedemption(request))

    async def release(self, order_id: str = "ord_1") -> None:
        await self.mesh.ReleaseRedemption(pb.ReleaseRedemptionRequest(order_id=order_id))


async def real(stage: Stage, uses: int) -> Till:
    world = await open_world(stage)
    world.catalog.events[EVENT].ticket_types[1].name = "Vip"
    table = TicketType(ticket_type_id=TABLE, name="Table", price=brl(12_005), package_size=2)
    world.catalog.events[EVENT].ticket_types.append(table)
    coupon = await world.coupon("TEN", uses_max=uses, uses_per_participant_max=1)
    return Till(world.mesh, coupon.coupon_id, lambda _: None)


async def fake(stage: Stage, uses: int) -> Till:
    pricing = FakePricing(prices=PRICES, packages={TABLE: 2}, organizer_id=ORGANIZER, uses_left=uses)
    stage.script("pricing", PricingMesh=pricing)
    return Till(PricingMeshStub(stage.channel("orders")), COUPON_ID, pricing.counted.add)


@pytest_asyncio.fixture(params=[real, fake])
async def till(request: pytest.FixtureRequest, stage: Stage) -> Till:
    """The coupon can be used once."""
    opened: Till = await request.param(stage, 1)
    return opened


@pytest_asyncio.fixture(params=[real, fake])
async def open_till(request: pytest.FixtureRequest, stage: Stage) -> Till:
    """The coupon can be used often, but once for each person."""
    opened: Till = await request.param(stage, 100)
    return opened


def line(ticket_type_id: str, face: int, price: int, quantity: int) -> QuoteLine:
    return QuoteLine(
        ticket_type_id=ticket_type_id,
        ticket_type_name=ticket_type_id.removeprefix("tkt_").title(),
        quantity=quantity,
        unit_face=brl(face),
        unit_prices=[brl(price)] * quantity,
        total=brl(price * quantity),
    )


async def test_tickets_have_their_price(till: Till) -> None:
    assert await till.quote(stalls=2, vip=1) == Quote(
        event_id=EVENT,
        organizer_id=ORGANIZER,
        lines=[line(STALLS, 5000, 5000, 2), line(VIP, 12_005, 12_005, 1)],
        face=brl(22_005),
        discount=brl(0),
        total=brl(22_005),
    )


@pytest.mark.parametrize("code", ["TEN", "ten"])
async def test_a_coupon_lowers_the_price_of_each_ticket(till: Till, code: str) -> None:
    assert await till.quote(code, stalls=2, vip=1) == Quote(
        event_id=EVENT,
        organizer_id=ORGANIZER,
        lines=[line(STALLS, 5000, 4500, 2), line(VIP, 12_005, 10_804, 1)],
        face=brl(22_005),
        discount=brl(2201),
        total=brl(19_804),
        coupon_id=till.coupon_id,
        coupon_limited=True,
    )


async def test_the_tickets_of_a_package_share_its_price(till: Till) -> None:
    quote = await till.quote("TEN", table=4)

    assert [(one.package_size, one.unit_face, one.total) for one in quote.lines] == [(2, brl(12_005), brl(21_608))]
    assert list(quote.lines[0].unit_faces) == [brl(6003), brl(6002)] * 2
    assert list(quote.lines[0].unit_prices) == [brl(5402)] * 4
    assert (quote.face, quote.total) == (brl(24_010), brl(21_608))


async def test_an_unknown_coupon_is_refused(till: Till) -> None:
    assert await outcome(till.quote("NOPE", stalls=1)) == "COUPON_UNKNOWN"
    assert await till.reserve(coupon="cpn_none") == "COUPON_UNKNOWN"


async def test_a_coupon_is_used_once_by_one_order(till: Till) -> None:
    assert await till.reserve() == "done"
    assert await till.reserve() == "done"
    assert await till.reserve(buyer_id=RUI) == "done", "the guest has signed in meanwhile"

    assert await till.reserve(minor=400) == "ID_IN_USE"
    assert await till.reserve("ord_2", buyer_id=RUI) == "COUPON_EXHAUSTED"
    assert await outcome(till.quote("TEN", stalls=1)) == "COUPON_EXHAUSTED"


async def test_a_redemption_is_given_back_once(till: Till) -> None:
    await till.reserve()
    for _ in range(2):
        await till.release()

    with pytest.raises(refusals.OrderState) as refused:
        await till.mesh.ReserveRedemption(
            pb.ReserveRedemptionRequest(
                order_id="ord_1", coupon_id=till.coupon_id, buyer_id=ANA, tickets=1, discount=brl(500)
            )
        )
    assert refused.value.facts == {"state": "RELEASED"}
    assert await till.reserve("ord_2", buyer_id=RUI) == "done"
    assert await till.reserve("ord_3") == "COUPON_EXHAUSTED", "the use was given back once"


async def test_the_use_of_an_order_that_is_given_back_is_free_again(till: Till) -> None:
    await till.reserve()
    for _ in range(2):
        await till.mesh.ReturnRedemption(pb.ReturnRedemptionRequest(order_id="ord_1"))
    await till.mesh.ReturnRedemption(pb.ReturnRedemptionRequest(order_id="ord_none"))

    assert await till.reserve("ord_2", buyer_id=RUI) == "done"
    assert await till.reserve("ord_3") == "COUPON_EXHAUSTED"


async def test_a_redemption_given_back_too_early_is_never_reserved(till: Till) -> None:
    await till.release()

    assert await till.reserve() == "ORDER_STATE"
    assert await till.reserve("ord_2") == "done"


async def test_a_person_who_has_used_the_coupon_gets_no_quote(open_till: Till) -> None:
    await open_till.reserve()
    open_till.note_use(ANA)

    with pytest.raises(refusals.CouponLimitReached) as refused:
        await open_till.quote("TEN", participant_id=ANA, stalls=1)
    assert refused.value.facts == {"limit": "1"}
    assert (await open_till.quote("TEN", participant_id=RUI, stalls=1)).total == brl(4500)
    assert (await open_till.quote(participant_id=ANA, stalls=1)).total == brl(5000)
