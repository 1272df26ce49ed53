"""What all of inventory's writes share: the sale they belong to, and the fact that announces a change."""

from collections.abc import Sequence

from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_UNSPECIFIED
from eventhub.refusals import EventNotFound
from services.inventory import store
from services.inventory.convert import HOLD_STATES, seat_change_pb, stock_pb
from services.inventory.holds import EventSale, Hold, TicketType
from services.inventory.stock import PoolNow, SeatNow
from services.kit.db import Tx


async def sale_and_types(tx: Tx, event_id: str) -> tuple[EventSale, dict[str, TicketType]]:
    """An event's sale and ticket types, from one snapshot. Raises EventNotFound."""
    return await existing_sale(tx, event_id), await store.find_types(tx, event_id)


async def existing_sale(tx: Tx, event_id: str, organizer_id: str = "") -> EventSale:
    """An event's sale. Raises EventNotFound, also if an organizer is given and the event is another's."""
    sale = await store.find_sale(tx, event_id)
    if sale is None or (organizer_id and sale.organizer_id != organizer_id):
        raise EventNotFound
    return sale


async def announce(
    tx: Tx, hold: Hold | None, sale: EventSale, seats: Sequence[SeatNow], pools: Sequence[PoolNow], *, now_us: int
) -> None:
    """Announces the seats and pools that changed. hold: the hold they changed for, if any."""
    fact = StockChanged(
        event_id=sale.event_id,
        hold_id=hold.hold_id if hold else "",
        hold_state=HOLD_STATES[hold.state] if hold else HOLD_STATE_UNSPECIFIED,
        seats=[seat_change_pb(seat) for seat in seats],
        stocks=[stock_pb(pool) for pool in pools],
    )
    await tx.announce(fact, aggregate_id=sale.event_id, organizer_id=sale.organizer_id, at_us=now_us)
