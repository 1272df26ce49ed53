"""The prices of packages: a package has one price, and its tickets share it to the last minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.catalog.v1 import catalog_pb2 as catalog
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.refusals import CouponNotApplicable, PackageIncomplete
from services.kit.values.money import Money
from services.pricing import quotes
from services.pricing.quotes import Asked, Event, Item, TicketType
from tests.pricing.test_quotes import STALLS, brl, coupon, prices
from tests.pricing.world import EVENT, open_world, quoted, wish
from tests.pricing.world import brl as brl_pb
from tests.stage import Stage

TABLE = TicketType(ticket_type_id="table", name="Table", half_price=False, price=brl(10_000), package_size=3)
DINNER = Event(
    event_id="evt_dinner",
    organizer_id="org_casa",
    currency="BRL",
    tickets_per_order_max=10,
    ticket_types=(STALLS, TABLE),
)


def test_a_price_is_split_to_the_last_cent() -> None:
    quote = quotes.price(DINNER, [Item(TABLE, 6), Item(STALLS, 1)], None)

    assert prices(quote) == [[3334, 3333, 3333, 3334, 3333, 3333], [5000]]
    assert (quote.face, quote.total) == (brl(25_000), brl(25_000))
    assert quote.lines[0].reasons == ("face price", "package of 3")
    assert quote.lines[0].unit_faces == quote.lines[0].unit_prices


def test_a_coupon_lowers_the_price_of_the_package() -> None:
    share = quotes.price(DINNER, [Item(TABLE, 3)], coupon(basis_points=1250))
    amount = quotes.price(DINNER, [Item(TABLE, 6)], coupon(amount=1000))

    assert (prices(share), share.discount) == ([[2917, 2917, 2916]], brl(1250))
    assert (prices(amount), amount.discount) == ([[3000] * 6], brl(2000))


def test_a_coupon_for_some_tickets_takes_whole_packages_only() -> None:
    both = [Item(STALLS, 2), Item(TABLE, 6)]

    assert quotes.price(DINNER, both, coupon(basis_points=1000, tickets_max=2)).discount == brl(1000)
    assert quotes.price(DINNER, both, coupon(basis_points=1000, tickets_max=4)).discount == brl(1000)
    assert quotes.price(DINNER, both, coupon(basis_points=1000, tickets_max=5)).discount == brl(2000)
    with pytest.raises(CouponNotApplicable):
        quotes.price(DINNER, [Item(TABLE, 6)], coupon(basis_points=1000, tickets_max=2))


def test_a_part_of_a_package_has_no_price() -> None:
    with pytest.raises(PackageIncomplete) as refused:
        quotes.choose(DINNER, [Asked("table", 4)], held_us=None, now_us=0)
    assert refused.value.facts == {"ticket_type_id": "table", "size": "3"}


@given(st.integers(0, 1_000_000), st.integers(2, 50), st.integers(0, 10_000), st.integers(1, 5))
def test_shares_add_up_and_none_costs_more_than_without_the_coupon(
    minor: int, size: int, basis_points: int, many: int
) -> None:
    table = TicketType(ticket_type_id="table", name="Table", half_price=False, price=brl(minor), package_size=size)
    dinner = Event(event_id="evt", organizer_id="org", currency="BRL", tickets_per_order_max=250, ticket_types=(table,))
    off = Money(minor, "BRL").percent(basis_points)
    try:
        quote = quotes.price(dinner, [Item(table, size * many)], coupon(basis_points=basis_points))
    except CouponNotApplicable:
        assert not off.minor
        return

    (line,) = quote.lines
    assert quote.discount == off * many
    assert sum(price.minor for price in line.unit_prices) == quote.total.minor == (minor - off.minor) * many
    assert sum(face.minor for face in line.unit_faces) == minor * many
    assert all(0 <= price.minor <= face.minor for price, face in zip(line.unit_prices, line.unit_faces, strict=True))


async def test_a_quote_explains_a_package(stage: Stage) -> None:
    world = await open_world(stage)
    world.catalog.events[EVENT].ticket_types.append(
        catalog.TicketType(
            ticket_type_id="tkt_table",
            name="Mesa",
            kind=catalog.TICKET_KIND_GENERAL,
            price=brl_pb(10_000),
            package_size=3,
        )
    )
    await world.coupon("TEN")
    ana = stage.buyer("gst_ana")

    (line,) = (await quoted(ana, wish("TEN", table=3))).lines
    with pytest.raises(PackageIncomplete):
        await quoted(ana, wish(table=2))

    assert (line.unit_face, line.package_size, line.quantity) == (brl_pb(10_000), 3, 3)
    assert list(line.unit_faces) == [brl_pb(3334), brl_pb(3333), brl_pb(3333)]
    assert list(line.unit_prices) == [brl_pb(3000)] * 3
    assert list(line.reasons) == ["face price", "package of 3", "coupon TEN: 10 % off"]
    assert list(line.explanations) == [
        "Preço inteiro",
        "Pacote de 3 ingressos por R$\u00a0100,00",
        "Cupom TEN: 10% de desconto em cada pacote",
    ]
    order = pb.QuoteOrderRequest(
        event_id=EVENT, buyer_id="gst_ana", items=[pb.OrderItem(ticket_type_id="tkt_table", quantity=4)]
    )
    with pytest.raises(PackageIncomplete):
        await world.mesh.QuoteOrder(order)
