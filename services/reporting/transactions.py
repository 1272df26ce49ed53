"""reporting's reads: each sees the database at one moment."""

from eventhub.refusals import EventNotFound
from services.kit.db import Tx
from services.reporting import sales, store, sum_store
from services.reporting.known import KnownEvent
from services.reporting.sales import CouponSales, Dashboard, Occupancy, Sales, TypeSales


async def existing_event(tx: Tx, event_id: str, organizer_id: str) -> KnownEvent:
    """Returns an organizer's event. Raises EventNotFound."""
    event = await store.find_event(tx, event_id, organizer_id)
    if event is None:
        raise EventNotFound
    return event


async def sales_report(tx: Tx, event_id: str, organizer_id: str) -> Sales:
    """Returns an event's sales. Raises EventNotFound."""
    return await read_sales(tx, await existing_event(tx, event_id, organizer_id))


async def revenue_by_type(tx: Tx, event_id: str, organizer_id: str) -> tuple[str, list[TypeSales]]:
    """Returns the event's currency and the sales of each ticket type. Raises EventNotFound."""
    event = await existing_event(tx, event_id, organizer_id)
    types = await store.find_types(tx, event_id)
    return event.currency, sales.by_type(types, await sum_store.sum_by_type(tx, event_id))


async def coupon_report(tx: Tx, event_id: str, organizer_id: str) -> tuple[str, list[CouponSales]]:
    """Returns the event's currency and the sales of each coupon. Raises EventNotFound."""
    event = await existing_event(tx, event_id, organizer_id)
    return event.currency, await sum_store.sum_by_coupon(tx, event_id)


async def occupancy_report(tx: Tx, event_id: str, organizer_id: str) -> Occupancy:
    """Returns an event's occupancy. Raises EventNotFound."""
    return await read_occupancy(tx, await existing_event(tx, event_id, organizer_id))


async def dashboard(tx: Tx, event_id: str, organizer_id: str, *, after: int) -> Dashboard | None:
    """Returns an event's sales and occupancy; None if the database knows no revision after that one."""
    event = await store.find_event(tx, event_id, organizer_id)
    if event is None or event.revision <= after:
        return None
    return Dashboard(await read_sales(tx, event), await read_occupancy(tx, event), event.revision)


async def read_sales(tx: Tx, event: KnownEvent) -> Sales:
    """Sums up the orders of a event event."""
    sums = await sum_store.sum_up(tx, event.event_id)
    quarters = await sum_store.sum_by_quarter(tx, event.event_id) + await sum_store.sum_refunds_by_quarter(
        tx, event.event_id
    )
    return sales.sales_of(event, sums, quarters)


async def read_occupancy(tx: Tx, event: KnownEvent) -> Occupancy:
    """Reads the counts and admissions of a event event."""
    types = await store.find_types(tx, event.event_id)
    counts = sales.named(await store.find_stocks(tx, event.event_id), types, event.areas)
    return Occupancy(counts, await store.count_admissions(tx, event.event_id))
