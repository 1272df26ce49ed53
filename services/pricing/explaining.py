"""Explains prices to buyers in their language. Pure."""

from services.kit.language import PORTUGUESE, amount, percent
from services.pricing.coupons import Coupon
from services.pricing.quotes import QuoteLine


def explained(line: QuoteLine, language: str) -> list[str]:
    """The reasons for the price of a line, one sentence each."""
    portuguese = language == PORTUGUESE
    if line.ticket_type.half_price:
        said = ["Meia-entrada, por lei" if portuguese else "Half price, by law"]
    else:
        said = ["Preço inteiro" if portuguese else "Full price"]
    if line.lot is not None:
        said.append(line.lot.name)
    size = line.ticket_type.package_size
    if size > 1:
        price = amount(line.ticket_type.price.minor, line.ticket_type.price.currency, language)
        said.append(
            f"Pacote de {size} ingressos por {price}" if portuguese else f"Package of {size} tickets for {price}"
        )
    if line.coupon is not None:
        off = taken_off(line.coupon, language)
        unit = ("pacote" if size > 1 else "ingresso") if portuguese else ("package" if size > 1 else "ticket")
        each = f"em cada {unit}" if portuguese else f"off each {unit}"
        name = f"Cupom {line.coupon.code}" if portuguese else f"Coupon {line.coupon.code}"
        said.append(f"{name}: {off} {'de desconto ' if portuguese else ''}{each}")
    return said


def taken_off(coupon: Coupon, language: str) -> str:
    """The discount of a coupon: "10%" or "R$ 50,00"."""
    if coupon.amount is None:
        return percent(coupon.basis_points, language)
    return amount(coupon.amount.minor, coupon.amount.currency, language)
