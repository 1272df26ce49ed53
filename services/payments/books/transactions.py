"""payments' transactions about statements and payouts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.kit.db import Tx
from services.payments import ledger
from services.payments import store as payment_store
from services.payments.books import statement, store
from services.payments.books.statement import Key, Line
from services.payments.books.store import Payout
from services.payments.payments import Attempt

# (currency, minor units)
Amounts = list[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An organizer's books of a period. clerks: of the tills in the lines."""

    lines: Mapping[Key, Line]
    clerks: Mapping[str, str]
    payable: Amounts
    paid_out: Amounts
    owed_by_hand: Amounts


async def read(tx: Tx, organizer_id: str, event_id: str, from_us: int, to_us: int) -> Statement:
    """A statement. event_id: empty for all events."""
    lines = statement.lines(await store.sums(tx, organizer_id, event_id, from_us, to_us))
    tills = sorted({till_id for _, _, _, till_id in lines if till_id})
    paid_out = f"paid_out:{organizer_id}"
    return Statement(
        lines=lines,
        clerks=await store.clerks(tx, tills),
        payable=await store.owed_to(tx, organizer_id, to_us),
        paid_out=negated(await store.balance(tx, paid_out, organizer_id, from_us, to_us)),
        owed_by_hand=negated(await store.balance(tx, ledger.OWED, organizer_id, 0, to_us)),
    )


def negated(amounts: Amounts) -> Amounts:
    """Credits as amounts above zero."""
    return [(currency, -minor) for currency, minor in amounts]


async def pay_out(tx: Tx, batch_id: str, *, new_id: Callable[[], str], now_us: int) -> list[tuple[str, int, int]]:
    """Books a payout of what is owed to each organizer; a repeat books nothing. Returns (currency, sum, number) of the
    batch. The caller lets no other batch be made meanwhile."""
    if await store.claim_batch(tx, batch_id, now_us):
        for organizer_id, currency, amount_minor in await store.owed(tx):
            payout = Payout(
                payout_id=new_id(),
                batch_id=batch_id,
                organizer_id=organizer_id,
                amount_minor=amount_minor,
                currency=currency,
                created_us=now_us,
            )
            await store.add(tx, payout)
            booked = Attempt(order_id="", organizer_id=organizer_id, currency=currency)
            await payment_store.book(tx, ledger.paid_out(payout.payout_id, organizer_id, amount_minor), booked, now_us)
    return await store.totals(tx, batch_id)
