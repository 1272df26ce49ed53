"""Payments at the counter: whether the clerk's till and the customer's cash fit an order. Decisions only."""

import hashlib
from dataclasses import dataclass, replace

from eventhub.refusals import CashTooLittle, CurrencyMismatch, TillCurrency
from services.orders.orders import Order


@dataclass(frozen=True, slots=True)
class OpenTill:
    """The open till of a clerk, and the currency that it counts."""

    till_id: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPayment:
    """How a customer pays at the counter.

    method: the name of the contract's CounterMethod. reference: of the terminal's slip or the voucher.
    received_minor: the cash that the customer gives, in minor units of currency; None if the clerk does not say.
    """

    method: str
    reference: str = ""
    received_minor: int | None = None
    currency: str = ""


def paid_into(order: Order, till: OpenTill, payment: CounterPayment) -> Order:
    """An order that is paid into a till. Raises TillCurrency, CurrencyMismatch, CashTooLittle."""
    if till.currency != order.currency:
        raise TillCurrency(expected=till.currency)
    if payment.received_minor is not None:
        if payment.currency != order.currency:
            raise CurrencyMismatch(expected=order.currency)
        if payment.received_minor < order.total_minor:
            raise CashTooLittle(
                received_minor=payment.received_minor, total_minor=order.total_minor, currency=order.currency
            )
    return replace(
        order,
        counter_method=payment.method,
        counter_reference=payment.reference,
        till_id=till.till_id,
        received_minor=payment.received_minor,
    )


def hold_id(order_id: str, clerk_id: str, content_hash: str, n: int) -> str:
    """The id of the n-th hold for a sale. A repeat of the sale gets the same one, whichever process serves it."""
    named = "\n".join((order_id, clerk_id, content_hash, str(n)))
    return f"hld_{hashlib.sha256(named.encode()).hexdigest()}"
