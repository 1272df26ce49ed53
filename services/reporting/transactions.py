"""reporting's reads: each sees the database at one moment."""

from eventhub.refusals import EventNotFound
from services.kit.db import Tx
from services.reporting import sales, store
from services.reporting.sales import CouponSales, Dashboard, Known, Occupancy, Sales, TypeSales


async def existing_event(tx: Tx, event_id: str, organizer_id: str) -> Known:
    """Returns an organizer's event. Raises EventNotFound."""
    known = await store.find_event(tx, event_id, organizer_id)
    if known is None:
        raise EventNotFound
    return known


async def sales_report(tx: Tx, event_id: str, organizer_id: str) -> Sales:
    """Returns an event's sales. Raises EventNotFound."""
    return await read_sales(tx, await existing_event(tx, event_id, organizer_id))


async def revenue_by_type(tx: Tx, event_id: str, organizer_id: str) -> tuple[str, list[TypeSales]]:
    """Returns the event's currency and the sales of each ticket type. Raises EventNotFound."""
    known = await existing_event(tx, event_id, organizer_id)
    types = await store.find_types(tx, event_id)
    return known.currency, sales.by_type(types, await store.sum_by_type(tx, event_id))


async def coupon_report(tx: Tx, event_id: str, organizer_id: str) -> tuple[str, list[CouponSales]]:
    """Returns the event's currency and the sales of each coupon. Raises EventNotFound."""
    known = await existing_event(tx, event_id, organizer_id)
    return known.currency, await store.sum_by_coupon(tx, event_id)


async def occupancy_report(tx: Tx, event_id: str, organizer_id: str) -> Occupancy:
    """Returns an event's occupancy. Raises EventNotFound."""
    return await read_occupancy(tx, await existing_event(tx, event_id, organizer_id))


async def dashboard(tx: Tx, event_id: str, organizer_id: str) -> Dashboard:
    """Returns an event's sales and occupancy. Raises EventNotFound."""
    known = await existing_event(tx, event_id, organizer_id)
    return Dashboard(await read_sales(tx, known), await read_occupancy(tx, known), known.revision)


async def read_sales(tx: Tx, known: Known) -> Sales:
    """Sums up the orders of a known event."""
    sums = await store.sum_up(tx, known.event_id)
    return sales.sales_of(known, sums, await store.sum_by_quarter(tx, known.event_id))


async def read_occupancy(tx: Tx, known: Known) -> Occupancy:
    """Reads the counts and admissions of a known event."""
    types = await store.find_types(tx, known.event_id)
    counts = sales.named(await store.find_stocks(tx, known.event_id), types)
    return Occupancy(counts, await store.count_admissions(tx, known.event_id))
