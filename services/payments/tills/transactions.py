"""payments' transactions about tills: load, decide, save. A till is always locked before the payments in it."""

from dataclasses import replace

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from services.kit.db import Tx
from services.kit.rpc import Caller
from services.payments import payments, store, transactions
from services.payments.payments import Attempt, Payment, PaymentState
from services.payments.tills import store as till_store
from services.payments.tills import till as tills
from services.payments.tills.store import SortKey
from services.payments.tills.till import Closing, Counted, Till


async def open_till(tx: Tx, new: Till) -> Counted:
    """Opens a till; a repeat gets it as it is now. Raises TillOpen, IdInUse."""
    if await till_store.claim(tx, new):
        return Counted(new, ())
    known = await till_store.find(tx, new.till_id)
    if known is not None:
        tills.check_repeat(known, new)
        return await counted(tx, known)
    other = await till_store.find_open(tx, new.organizer_id, new.clerk_id)
    raise refusals.TillOpen(till_id=other.till_id if other else "")


async def close_till(tx: Tx, till_id: str, caller: Caller, closing: Closing, *, now_us: int) -> Counted:
    """Closes a till. Sales that are not booked by now are voided, so a sale is counted or it fails. Raises
    TillNotFound, TillCurrency, TillNoteRequired, TillClosed."""
    till = checked_sight(await till_store.lock(tx, till_id), caller)
    for order_id in await till_store.unbooked(tx, till_id):
        payment = await transactions.existing(tx, order_id)
        voided = replace(payments.close(payment, PaymentState.VOIDED), void_requested=True)
        await transactions.settle(tx, voided, announce=True, now_us=now_us)
    now = await counted(tx, till)
    closed = tills.closed(till, closing, now.totals, now_us=now_us)
    if closed != till:
        await till_store.save_closed(tx, closed)
    return Counted(closed, now.totals)


async def begin_at_counter(tx: Tx, attempt: Attempt, *, now_us: int) -> Payment:
    """Takes a payment into an open till, or finds the order's earlier payment. Raises TillNotOpen, TillOtherEvent,
    TillCurrency, IdInUse, PaymentState."""
    till = await till_store.lock(tx, attempt.till_id)
    known = await store.find(tx, attempt.order_id)
    if known is None:
        tills.check_takes(till, organizer_id=attempt.organizer_id, event_id=attempt.event_id, currency=attempt.currency)
        new = payments.begin(attempt, sent=False, now_us=now_us)
        if await store.claim(tx, new):
            return new
        known = await transactions.existing(tx, attempt.order_id)
    payments.check_authorize(known, attempt)
    return known


async def find_open(tx: Tx, organizer_id: str, clerk_id: str, event_id: str) -> Till:
    """The open till of a clerk who wants to sell an event. Raises TillNotOpen, TillOtherEvent."""
    return tills.check_sells(await till_store.find_open(tx, organizer_id, clerk_id), event_id)


async def visible(tx: Tx, till_id: str, caller: Caller) -> Counted:
    """A till that the caller may see. Raises TillNotFound."""
    return await counted(tx, checked_sight(await till_store.find(tx, till_id), caller))


async def page(tx: Tx, caller: Caller, clerk_id: str, before: SortKey, size: int, *, open_only: bool) -> list[Counted]:
    """A page of the tills that the caller may see. clerk_id: empty for all clerks."""
    if sees_own_only(caller):
        if clerk_id not in ("", caller.subject_id):
            return []
        clerk_id = caller.subject_id
    found = await till_store.page(tx, caller.organizer_id, clerk_id, before, size, open_only=open_only)
    totals = await till_store.totals(tx, [till.till_id for till in found]) if found else {}
    return [Counted(till, totals.get(till.till_id, ())) for till in found]


async def counted(tx: Tx, till: Till) -> Counted:
    """A till with its booked sales."""
    return Counted(till, (await till_store.totals(tx, [till.till_id])).get(till.till_id, ()))


def checked_sight(till: Till | None, caller: Caller) -> Till:
    """The till, if the caller may see it. Raises TillNotFound."""
    if till is None or till.organizer_id != caller.organizer_id:
        raise refusals.TillNotFound
    if sees_own_only(caller) and till.clerk_id != caller.subject_id:
        raise refusals.TillNotFound
    return till


def sees_own_only(caller: Caller) -> bool:
    """Whether the caller is a clerk, who sees only the own tills."""
    return caller.role == ROLE_BOX_OFFICE
