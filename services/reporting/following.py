"""Applies the other contexts' facts to reporting's tables.

Facts of one context arrive in order, but facts of different contexts do not: an order may be paid before catalog
publishes its event. Therefore each fact is stored under its own key, only if it is newer, and sums are made when a
report is read.
"""

from typing import Any

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.common.v1.feed_pb2 import Fact
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged, StockOpened
from eventhub.orders.v1.orders_events_pb2 import (
    OrderDisputed,
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderRefundChanged,
    OrderReseated,
)
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketUsed
from services.kit.db import Tx
from services.kit.feeds import DecodedFact
from services.reporting import convert, store

# A fact about an order, with the whole order.
AboutOrder = (
    OrderPlaced | OrderPaymentPending | OrderPaid | OrderFailed | OrderReseated | OrderRefundChanged | OrderDisputed
)


async def lock_events(tx: Tx, told: list[DecodedFact]) -> None:
    """Locks the events of a batch of facts. Several feeds are applied at once, and each batch changes many events."""
    await store.lock_events(tx, sorted({event_id for message, _ in told for event_id in events_of(message)}))


def events_of(message: Any) -> list[str]:
    """Returns the ids of the events that a fact changes."""
    if isinstance(message, AboutOrder):
        return [message.order.event_id]
    match message:
        case EventPublished() | EventChanged():
            return [message.event.event_id]
        case TicketUsed():
            return [message.night_id or message.ticket.event_id]
        case StockOpened() | StockChanged():
            return [message.event_id]
        case _:
            return []


async def take_event(tx: Tx, message: EventPublished | EventChanged, fact: Fact) -> None:
    """Saves an event's newest version."""
    event = convert.event_of(message.event)
    await store.touch_event(tx, event.event_id, event.organizer_id)
    await store.save_event(tx, event)


async def take_order(tx: Tx, message: AboutOrder, fact: Fact) -> None:
    """Saves an order's newest version. One with other seats only must be saved too: a batch may drop the version before
    it, with which the order was paid."""
    order = convert.order_of(message.order)
    if await store.save_order(tx, order):
        await store.touch_event(tx, order.event_id, order.organizer_id, currency=order.currency)


def latest_orders(told: list[DecodedFact]) -> list[DecodedFact]:
    """Drops versions of an order that are older than another of the batch. A fact has the whole order."""
    latest: dict[str, DecodedFact] = {}
    for message, fact in told:
        known = latest.get(message.order.order_id)
        if known is None or known[0].order.version < message.order.version:
            latest[message.order.order_id] = message, fact
    return list(latest.values())


async def take_stock(tx: Tx, message: StockOpened | StockChanged, fact: Fact) -> None:
    """Saves the newest counts of places. A fact about single seats has no counts."""
    counts = [convert.stock_of(stock) for stock in message.stocks]
    newer = [
        await store.save_stock(tx, count, event_id=message.event_id, organizer_id=fact.organizer_id, pos=fact.position)
        for count in counts
    ]
    if any(newer):
        await store.touch_event(tx, message.event_id, fact.organizer_id)


def latest_counts(told: list[DecodedFact]) -> list[DecodedFact]:
    """Drops counts that a later fact of the batch replaces, and facts without counts. Counts are absolute, so only the
    last one matters."""
    seen: set[str] = set()
    latest: list[DecodedFact] = []
    for message, fact in reversed(told):
        counted = message.stocks if isinstance(message, StockOpened | StockChanged) else ()
        stocks = [stock for stock in counted if stock.pool_id not in seen]
        if stocks:
            seen.update(stock.pool_id for stock in stocks)
            latest.append((StockChanged(event_id=message.event_id, stocks=stocks), fact))
    return latest[::-1]


async def take_admission(tx: Tx, message: TicketUsed, fact: Fact) -> None:
    """Saves that a ticket has admitted its holder. A pass does so once in each of its nights."""
    ticket, night_id = message.ticket, message.night_id
    event_id = night_id or ticket.event_id
    use = f"{ticket.ticket_id}.{night_id}" if night_id else ticket.ticket_id
    if await store.save_admission(tx, use, event_id=event_id, organizer_id=fact.organizer_id):
        await store.touch_event(tx, event_id, fact.organizer_id)
