"""Prices are explained to buyers in their language."""

from dataclasses import replace

import pytest

from services.kit.language.languages import ENGLISH, PORTUGUESE
from services.kit.values.money import Money
from services.pricing.coupons import Coupon
from services.pricing.explaining import explained
from services.pricing.quotes import Lot, QuoteLine, TicketType

FULL = TicketType(ticket_type_id="tkt_full", name="Inteira", half_price=False, price=Money(30_000, "BRL"))
HALF = replace(FULL, half_price=True)
VIP50 = Coupon(
    coupon_id="cpn_1",
    scope_id="evt_1",
    organizer_id="org_1",
    code="VIP50",
    basis_points=0,
    amount=Money(5_000, "BRL"),
    ticket_type_ids=(),
    expires_us=0,
    uses_max=0,
    uses_per_participant_max=0,
    tickets_per_use_max=0,
    uses=0,
    content_hash="",
)
EIGHTH = replace(VIP50, code="OITAVO", amount=None, basis_points=1_250)


def line_of(ticket_type: TicketType, coupon: Coupon | None) -> QuoteLine:
    price = ticket_type.price
    return QuoteLine(
        ticket_type=ticket_type, lot=None, unit_faces=(), unit_prices=(), total=price, reasons=(), coupon=coupon
    )


@pytest.mark.parametrize(
    ("ticket_type", "coupon", "language", "sentences"),
    [
        (FULL, None, PORTUGUESE, ["Preço inteiro"]),
        (HALF, None, ENGLISH, ["Half price, by law"]),
        (FULL, VIP50, PORTUGUESE, ["Preço inteiro", "Cupom VIP50: R$\xa050,00 de desconto em cada ingresso"]),
        (FULL, VIP50, ENGLISH, ["Full price", "Coupon VIP50: R$50.00 off each ticket"]),
        (FULL, EIGHTH, PORTUGUESE, ["Preço inteiro", "Cupom OITAVO: 12,5% de desconto em cada ingresso"]),
        (FULL, EIGHTH, ENGLISH, ["Full price", "Coupon OITAVO: 12.5% off each ticket"]),
    ],
)
def test_a_price_is_explained_in_the_readers_words(
    ticket_type: TicketType, coupon: Coupon | None, language: str, sentences: list[str]
) -> None:
    assert explained(line_of(ticket_type, coupon), language) == sentences


def test_the_lot_of_a_ticket_is_named_after_the_kind_of_its_price() -> None:
    line = replace(line_of(FULL, VIP50), lot=Lot("lot_2", 1, "2º lote", FULL.price))

    assert explained(line, ENGLISH) == ["Full price", "2º lote", "Coupon VIP50: R$50.00 off each ticket"]
