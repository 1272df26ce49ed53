"""Finding an event's orders by their customer. identity knows the names and e-mails; orders knows who bought what."""

from dataclasses import dataclass

from services.kit.db import Database, Tx
from services.orders import store
from services.orders.neighbours import CheckoutQuestions
from services.orders.orders import Order
from services.orders.store import SortKey

# How many orders one question to identity is about, and how many questions one page asks.
LOOKED_AT_ONCE = 500
QUESTIONS_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The orders that a clerk looks for. text: an e-mail, or words of a name."""

    organizer_id: str
    event_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """Orders of a customer, newest first. last: the key of the last order that was looked at; None if there are no
    more."""

    orders: list[Order]
    last: SortKey | None


class CustomerSearch:
    """Finds orders of one event by their customer."""

    def __init__(self, database: Database, questions: CheckoutQuestions) -> None:
        """database: orders' own."""
        self._database = database
        self._ask = questions

    async def page(self, wanted: Wanted, before: SortKey, size: int) -> Found:
        """Up to size orders before a key."""
        if "@" in wanted.text:
            return await self._by_email(wanted, before, size)
        hits: list[SortKey] = []
        for _ in range(QUESTIONS_MAX):
            looked = await self._database.read(
                store.buyers_of_event, wanted.organizer_id, wanted.event_id, before, LOOKED_AT_ONCE
            )
            buyer_ids = sorted({buyer_id for _, buyer_id in looked})
            theirs = await self._ask.customers(wanted.text, buyer_ids) if buyer_ids else frozenset()
            hits += [key for key, buyer_id in looked if buyer_id in theirs]
            if len(hits) > size:
                return Found(await self._orders(hits[:size]), hits[size - 1])
            if len(looked) < LOOKED_AT_ONCE:
                return Found(await self._orders(hits), None)
            before = looked[-1][0]
        return Found(await self._orders(hits), before)

    async def _by_email(self, wanted: Wanted, before: SortKey, size: int) -> Found:
        subject_ids = await self._ask.customers(wanted.text, ())
        if not subject_ids:
            return Found([], None)
        found = await self._database.read(
            store.page_of_buyers,
            wanted.organizer_id,
            wanted.event_id,
            sorted(subject_ids),
            before=before,
            limit=size,
        )
        last = found[-1] if len(found) == size else None
        return Found(found, (last.created_us, last.order_id) if last else None)

    async def _orders(self, keys: list[SortKey]) -> list[Order]:
        return await self._database.read(orders_of, keys)


async def orders_of(tx: Tx, keys: list[SortKey]) -> list[Order]:
    """The orders with some keys, in the same order."""
    found = [await store.find(tx, order_id) for _, order_id in keys]
    return [order for order in found if order is not None]
