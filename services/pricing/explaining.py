"""Why tickets cost what they do, as their buyers read it. Pure."""

from services.kit.language import PORTUGUESE, amount, percent
from services.pricing.coupons import Coupon
from services.pricing.quotes import Line


def explained(line: Line, language: str) -> list[str]:
    """Why a line costs what it does, one sentence a reason."""
    portuguese = language == PORTUGUESE
    if line.kind.half_price:
        said = ["Meia-entrada, por lei" if portuguese else "Half price, by law"]
    else:
        said = ["Preço inteiro" if portuguese else "Full price"]
    if line.coupon is not None:
        off = taken_off(line.coupon, language)
        each = "em cada ingresso" if portuguese else "off each ticket"
        name = f"Cupom {line.coupon.code}" if portuguese else f"Coupon {line.coupon.code}"
        said.append(f"{name}: {off} {'de desconto ' if portuguese else ''}{each}")
    return said


def taken_off(coupon: Coupon, language: str) -> str:
    """What a coupon takes off: "10%" or "R$ 50,00"."""
    if coupon.amount is None:
        return percent(coupon.basis_points, language)
    return amount(coupon.amount.minor, coupon.amount.currency, language)
