"""inventory's writes about lots. A transaction locks lots after the seats and before the pools."""

from collections.abc import Mapping, Sequence

from services.inventory import lot_store, lots, sale_transactions, store
from services.inventory.holds import Place, TicketType, Wish
from services.inventory.lots import Lots, LotSpec, Parts
from services.kit.db import Tx


async def take(tx: Tx, wish: Wish, types: Mapping[str, TicketType], *, now_us: int) -> Parts:
    """Holds the tickets of a wish in the lots of their types. Empty if its types have no lots. Raises SoldOut."""
    wanted = [(item.ticket_type_id, item.tickets) for item in wish.items if types[item.ticket_type_id].lots_of]
    if not wanted:
        return {}
    before = await lot_store.lock_lots_of_hold(tx, {types[type_id].lots_of for type_id, _ in wanted})
    after, parts = lots.taken(before, wanted, types, now_us=now_us)
    await lot_store.save_counts(tx, before, after)
    return parts


async def move(
    tx: Tx, places: Sequence[Place], types: Mapping[str, TicketType], *, held: int, sold: int, now_us: int
) -> None:
    """Counts places in their lots that are sold or given back. held, sold: what one place adds to these counts."""
    counts = lots.counted(places, types)
    if not counts:
        return
    before = await lot_store.lock_lots(tx, counts)
    after = {
        type_id: lots.moved(known, counts[type_id], held=held, sold=sold, now_us=now_us)
        for type_id, known in before.items()
    }
    await lot_store.save_counts(tx, before, after)


def changed(before: Mapping[str, Lots], wanted: Mapping[str, Sequence[LotSpec]], *, now_us: int) -> dict[str, Lots]:
    """The lots of the types that an event sells, as they are wanted. Raises LotStarted, CapacityBelowSold."""
    return {type_id: lots.changed(before.get(type_id, ()), specs, now_us=now_us) for type_id, specs in wanted.items()}


async def save(tx: Tx, event_id: str, before: Mapping[str, Lots], after: Mapping[str, Lots]) -> bool:
    """Writes the lots of types that have other lots than before. Returns whether any has."""
    new = {type_id: several for type_id, several in after.items() if several != before.get(type_id, ())}
    for type_id, several in new.items():
        await lot_store.save_lots(tx, event_id, type_id, several)
    return bool(new)


async def close_due(tx: Tx, event_id: str, type_id: str, *, now_us: int) -> None:
    """Closes the lots of a type whose time is over. Their tickets go to the next one."""
    before = await lot_store.lock_lots(tx, [type_id])
    after = {type_id: lots.turned(several, now_us) for type_id, several in before.items()}
    if await lot_store.save_counts(tx, before, after):
        sale = await sale_transactions.existing_sale(tx, event_id)
        await sale_transactions.announce(tx, None, sale, [], [], now_us=now_us)


async def split(tx: Tx, event_id: str, wanted: Sequence[tuple[str, int]], *, now_us: int) -> Parts:
    """Where tickets would come from if they were held now. Raises EventNotFound."""
    await sale_transactions.existing_sale(tx, event_id)
    known, types = await lot_store.find_lots(tx, event_id), await store.find_types(tx, event_id)
    return lots.foreseen(known, wanted, types, now_us=now_us)


async def known_lots(tx: Tx, event_id: str, types: Mapping[str, TicketType]) -> dict[str, Lots]:
    """The lots of an event's ticket types as they are stored. An event without lots pays no statement for them."""
    if not any(ticket_type.lots_of for ticket_type in types.values()):
        return {}
    return await lot_store.find_lots(tx, event_id)


async def lots_of(tx: Tx, event_id: str, types: Mapping[str, TicketType], *, now_us: int) -> dict[str, Lots]:
    """The lots of an event's ticket types, as they stand now."""
    known = await known_lots(tx, event_id, types)
    return {type_id: lots.turned(several, now_us) for type_id, several in known.items()}
