"""Buyers read why they pay what they pay."""

from dataclasses import replace

import pytest

from services.kit.language.languages import ENGLISH, PORTUGUESE
from services.kit.values.money import Money
from services.pricing.coupons import Coupon
from services.pricing.explaining import explained
from services.pricing.quotes import Line, TicketType

FULL = TicketType("tkt_full", "Inteira", half_price=False, price=Money(30_000, "BRL"))
HALF = replace(FULL, half_price=True)
VIP50 = Coupon("cpn_1", "evt_1", "org_1", "VIP50", 0, Money(5_000, "BRL"), (), 0, 0, 0, 0, 0, content_hash="")
EIGHTH = replace(VIP50, code="OITAVO", amount=None, basis_points=1_250)


@pytest.mark.parametrize(
    ("kind", "coupon", "language", "said"),
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
    kind: TicketType, coupon: Coupon | None, language: str, said: list[str]
) -> None:
    assert explained(Line(kind, (), kind.price, (), coupon), language) == said
