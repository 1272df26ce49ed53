"""Moving a frozen event to its staged seats, one part in each transaction."""

from collections.abc import Sequence
from dataclasses import replace

from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved, StockChanged
from services.inventory import count_store, sale_transactions, store
from services.inventory.convert import place_pb, stock_pb
from services.inventory.holds import EventSale
from services.inventory.provisions import SeatSpec
from services.inventory.relocation import freeze_transactions, relocations, staged_store
from services.inventory.relocation import store as relocation_store
from services.inventory.relocation.relocations import Move, Relocation, Sizes, Step, TakenSeat
from services.inventory.relocation.staged_store import Load
from services.kit.db import Tx, batches

# How many seats one statement writes.
STAGED_TOGETHER = 100


async def taken_seats(tx: Tx, event_id: str, after: str, limit: int) -> list[TakenSeat]:
    """As store.taken_after. Raises EventNotFound."""
    await sale_transactions.existing_sale(tx, event_id)
    return await relocation_store.taken_after(tx, event_id, after, limit)


async def stage(tx: Tx, event_id: str, relocation_id: str, seats: Sequence[tuple[SeatSpec, str]]) -> None:
    """Writes seats of the new plan, each with the taken seat that moves there, or an empty id; a repeat changes
    nothing. Raises EventNotFound, EventState."""
    _, relocation = await freeze_transactions.locked(tx, event_id, relocation_id)
    relocations.check_stages(relocation)
    loads = await staged_store.loads_of(tx, event_id, [source for _, source in seats if source])
    loaded = [(seat, source, loads.get(source, Load())) for seat, source in seats]
    for some in batches(loaded, STAGED_TOGETHER):
        await staged_store.stage(tx, event_id, some)


async def move_on(tx: Tx, move: Move, sizes: Sizes, *, now_us: int) -> Relocation:
    """Does the next part of a move; nothing after its end. Raises EventNotFound, EventState, EventIncomplete."""
    sale, relocation = await freeze_transactions.locked(tx, move.event_id, move.relocation_id)
    relocations.check_moves(relocation)
    match relocation.step:
        case Step.FROZEN:
            relocations.check_complete(await staged_store.count_staged(tx, move.event_id), move.seat_count)
            after = replace(relocation, step=Step.HOLDS)
        case Step.HOLDS:
            after = await move_holds(tx, sale, relocation, sizes, now_us=now_us)
        case Step.CLEARING:
            after = await clear(tx, relocation, sizes, now_us=now_us)
        case Step.FILLING:
            after = await fill(tx, sale, relocation, move, sizes, now_us=now_us)
        case Step.RESUMING:
            after = await freeze_transactions.thaw_next(tx, relocation, sizes, then=Step.DONE)
        case _:
            return relocation
    await relocation_store.save(tx, after)
    return after


async def move_holds(tx: Tx, sale: EventSale, relocation: Relocation, sizes: Sizes, *, now_us: int) -> Relocation:
    """Writes the new places of the next holds, and announces them. Holds of passes keep their seats in each night."""
    event_id = sale.event_id
    holds = await relocation_store.lock_next_holds(tx, [event_id], relocation.reached, sizes.holds)
    targets = await staged_store.targets_of(tx, event_id, [hold.hold_id for hold in holds])
    places = {hold.hold_id: relocations.moved(hold, targets) for hold in holds}
    others = [hold for hold in holds if places[hold.hold_id] != hold.places]
    await relocation_store.save_places(tx, [(hold.hold_id, places[hold.hold_id]) for hold in others])
    for hold in others:
        fact = PlacesMoved(
            event_id=event_id,
            hold_id=hold.hold_id,
            places_revision=hold.places_revision + 1,
            places=[place_pb(place) for place in places[hold.hold_id]],
        )
        # No watch shows the places of a hold, so the fact has a topic on which none listens.
        await tx.announce(
            fact, aggregate_id=hold.hold_id, organizer_id=sale.organizer_id, topic=hold.hold_id, at_us=now_us
        )
    return relocations.gone_on(relocation, holds, sizes.holds, then=Step.CLEARING)


async def clear(tx: Tx, relocation: Relocation, sizes: Sizes, *, now_us: int) -> Relocation:
    """Deletes the next seats of the old plan."""
    positions = await staged_store.first_positions(tx, "seat", relocation.event_id, sizes.seats)
    if positions is None:
        return replace(relocation, step=Step.FILLING)
    await staged_store.clear(tx, relocation.event_id, *positions, at_us=now_us)
    return relocation


async def fill(tx: Tx, sale: EventSale, relocation: Relocation, move: Move, sizes: Sizes, *, now_us: int) -> Relocation:
    """Writes the next seats of the new plan. After the last one the event has moved."""
    positions = await staged_store.first_positions(tx, "staged_seat", sale.event_id, sizes.seats)
    if positions is not None:
        taken = await staged_store.fill(tx, sale, *positions, at_us=now_us)
        return replace(relocation, moved=relocation.moved + taken)
    await exchange(tx, sale, move, now_us=now_us)
    return replace(relocation, step=Step.RESUMING)


async def exchange(tx: Tx, sale: EventSale, move: Move, *, now_us: int) -> None:
    """Writes the plan and the counts of an event whose new seats are all there, and announces them. No hold has gone on
    before: all later changes of seats are told after this fact."""
    await staged_store.recount(tx, sale.event_id)
    await relocation_store.save_plan(tx, sale.event_id, move.plan_id, move.seat_count)
    seats = await count_store.count_seats(tx, sale.event_id)
    stocks = [*await store.find_pools(tx, sale.event_id), *([seats] if seats else [])]
    fact = StockChanged(event_id=sale.event_id, stocks=[stock_pb(stock) for stock in stocks], plan_id=move.plan_id)
    await tx.announce(fact, aggregate_id=sale.event_id, organizer_id=sale.organizer_id, at_us=now_us)
