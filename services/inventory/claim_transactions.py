"""Taking a hold: everything that a wish names, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eventhub.refusal import Refusal
from eventhub.refusals import CompanionSeat, IdInUse, SeatNotFound, SeatTaken, SoldOut, Unavailable
from services.inventory import (
    allowance,
    count_store,
    hold_store,
    holds,
    lot_transactions,
    lots,
    orphan_transactions,
    packages,
    sale_transactions,
    store,
    type_terms,
)
from services.inventory.allowance import Allowance
from services.inventory.holds import Claims, EventSale, Hold, TicketType, Wish
from services.inventory.stock import PoolNow, SeatNow, SeatState
from services.kit.db import Tx

# A claim fails again only if its reason comes back each time before it is looked at.
CLAIMS_MAX = 5


class TermsChanged(Exception):
    """The event's sale or its ticket types have changed since the caller read them."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The seats of a new hold, in the order of their ids. unblocked: those that were blocked. alone: the seats that
    they leave alone."""

    seats: tuple[SeatNow, ...]
    unblocked: frozenset[str] = frozenset()
    alone: tuple[str, ...] = ()


NO_SEATS = Taken(())


async def place_hold(
    tx: Tx, wish: Wish, sale: EventSale, types: Mapping[str, TicketType], allowed: Allowance, *, now_us: int
) -> Hold:
    """Holds everything that a wish names, or nothing.

    sale, types: the event's, as an earlier transaction read them. Raises TermsChanged if they are old by now. The
    caller serializes writes whose holds are counted together, and shares the event's key: it does not change meanwhile.
    """
    claims = await claimed(tx, wish, sale, types, allowed, now_us=now_us)
    if isinstance(claims, Hold):
        return claims
    places = claims.general_places
    taken = await take_seats(tx, wish, sale, claims, at_counter=allowed.at_counter) if claims.seats else NO_SEATS
    parts = await lot_transactions.take(tx, wish, types, now_us=now_us)
    pools = await hold_pools(tx, claims, types)
    if taken.seats or parts:  # the seats' labels and the lots are known only now
        places = lots.with_lots(claims.seat_places({seat.seat_id: seat.label for seat in taken.seats}) + places, parts)
    blocked, lasts_us = bool(taken.unblocked), allowed.lasts_us
    hold = holds.taken(wish, sale, places, taken.alone, took_blocked=blocked, lasts_us=lasts_us, now_us=now_us)
    if taken.seats or parts:
        await hold_store.save_taken(tx, hold)
        await note_taken(tx, hold, taken, now_us=now_us)
    await sale_transactions.announce(tx, hold, sale, taken.seats, pools, now_us=now_us)
    return hold


async def claimed(
    tx: Tx, wish: Wish, sale: EventSale, types: Mapping[str, TicketType], allowed: Allowance, *, now_us: int
) -> Claims | Hold:
    """Writes a new hold with the places known so far, and returns the stock that is to be taken for it; the hold if the
    wish is a repeat. Raises as claims_or_hold and check_claim, IdInUse, and Unavailable if the claim fails again and
    again for no reason that lasts."""
    claims = await claims_or_hold(tx, wish, sale, types, allowed, now_us=now_us)
    if isinstance(claims, Hold):
        return claims
    for _ in range(CLAIMS_MAX):
        if await hold_store.claim_hold(tx, wish, sale, claims.general_places, allowed, now_us=now_us):
            return claims
        known = await hold_store.find_hold(tx, wish.hold_id)
        if known is not None:
            return repeated(known, wish)
        await check_claim(tx, wish, sale, allowed, now_us=now_us)
    raise Unavailable


async def note_taken(tx: Tx, hold: Hold, taken: Taken, *, now_us: int) -> None:
    """Adds the seats of a new hold to their histories and counts."""
    await store.note_changes(tx, hold.event_id, taken.seats, hold.hold_id, at_us=now_us)
    await count_store.count_moved(
        tx, hold.event_id, taken.seats, hold.hold_id, old=SeatState.FREE, unblocked=taken.unblocked
    )


async def claims_or_hold(
    tx: Tx, wish: Wish, sale: EventSale, types: Mapping[str, TicketType], allowed: Allowance, *, now_us: int
) -> Claims | Hold:
    """The stock that a wish claims; the hold if the wish is a repeat that the event's terms would refuse by now. Raises
    as holds.claims_of and type_terms.check, and TermsChanged instead if the terms are old."""
    try:
        claims = holds.claims_of(wish, sale, types)
        type_terms.check(wish, types, at_counter=allowed.at_counter, now_us=now_us)
    except Refusal:
        known = await hold_store.find_hold(tx, wish.hold_id)
        if known is not None:
            return repeated(known, wish)
        await current_sale(tx, sale)
        raise
    return claims


def repeated(hold: Hold, wish: Wish) -> Hold:
    """The hold that a repeated wish asks for. Raises IdInUse if the hold is another wish's, or another buyer's."""
    if (hold.buyer_id, hold.content_hash) != (wish.buyer_id, wish.content_hash):
        raise IdInUse
    return hold


async def current_sale(tx: Tx, sale: EventSale) -> EventSale:
    """The sale of an event as it is now. Raises EventNotFound, EventMoving, TermsChanged if it has changed since it was
    read."""
    now = await sale_transactions.existing_sale(tx, sale.event_id)
    type_terms.check_not_moving(now)
    if now.revision != sale.revision:
        raise TermsChanged
    return now


async def check_claim(tx: Tx, wish: Wish, sale: EventSale, allowed: Allowance, *, now_us: int) -> None:
    """Raises the reason why a claim failed: EventNotFound, EventMoving, TermsChanged, EventNotOnSale, or as
    allowance.check. Raises nothing if the reason is gone by now, for example because a hold has expired. sale: as in
    place_hold."""
    type_terms.check_on_sale(await current_sale(tx, sale), now_us, at_counter=allowed.at_counter)
    own = await hold_store.holds_of(tx, wish.buyer_id, now_us=now_us)
    near = await hold_store.holds_near(tx, allowed.address, now_us=now_us)
    allowance.check(allowed, wish, own, near, now_us=now_us)


async def came_back(tx: Tx, event_id: str, refused: SeatTaken | SoldOut) -> bool:
    """Whether a hold of an event that was refused may succeed by now: its seat has no hold, or its ticket type has more
    places than it had. Always for places of a night, which few holds ask for."""
    night_id = refused.facts.get("event_id", event_id)
    if isinstance(refused, SeatTaken):
        seat = await store.find_seat(tx, night_id, refused.seat_id)
        return seat is not None and not seat.hold_id
    return night_id != event_id or await store.left_in_pools(tx, refused.ticket_type_id) > int(refused.available)


async def take_seats(tx: Tx, wish: Wish, sale: EventSale, claims: Claims, *, at_counter: bool) -> Taken:
    """Holds seats. Raises as take_each, and OrphanSeat."""
    rows = await orphan_transactions.lock_rows(tx, sale, claims)
    taken = await take_each(tx, wish, claims, at_counter=at_counter)
    alone = await orphan_transactions.check_orphans(tx, sale, claims, rows, at_counter=at_counter)
    return replace(taken, alone=alone) if alone else taken


async def take_each(tx: Tx, wish: Wish, claims: Claims, *, at_counter: bool) -> Taken:
    """Holds seats, whatever they leave alone. Raises SeatTaken, SeatNotFound, SeatNotOfType, PackageIncomplete,
    CompanionSeat."""
    seats, unblocked = [], set()
    for seat_id, ticket_type in claims.seats:
        seat = await take_seat(tx, wish, seat_id, old=SeatState.FREE)
        if seat is None and wish.take_blocked:
            seat = await take_seat(tx, wish, seat_id, old=SeatState.BLOCKED)
            unblocked.add(seat_id)
        if seat is None:
            known = await store.find_seat(tx, wish.event_id, seat_id)
            raise SeatTaken(seat_id=seat_id, seat=known.label) if known else SeatNotFound(seat_id=seat_id)
        type_terms.check_category(seat_id, seat.label, seat.category, ticket_type)
        seats.append(seat)
    packages.check_rows(claims.seats, seats)
    if not at_counter:
        await check_companions(tx, wish.event_id, wish.buyer_id, seats)
    return Taken(tuple(seats), frozenset(unblocked))


async def take_seat(tx: Tx, wish: Wish, seat_id: str, *, old: SeatState) -> SeatNow | None:
    """Holds a seat; None if it is not in its old state."""
    return await store.set_seat_state(
        tx, wish.event_id, seat_id, old=old, new=SeatState.HELD, old_hold="", new_hold=wish.hold_id
    )


async def check_companions(tx: Tx, event_id: str, buyer_id: str, seats: Sequence[SeatNow]) -> None:
    """Raises CompanionSeat for a companion's seat if the accessible seat beside it is neither among the seats just held
    nor bought by the buyer before."""
    held = {seat.seat_id for seat in seats}
    for seat in seats:
        if seat.companion_of and seat.companion_of not in held:
            beside = await store.find_seat(tx, event_id, seat.companion_of)
            if beside is None or not await hold_store.has_bought(tx, beside, buyer_id):
                raise CompanionSeat(
                    seat_id=seat.seat_id,
                    seat=seat.label,
                    beside_id=seat.companion_of,
                    beside=beside.label if beside else seat.companion_of,
                )


async def hold_pools(tx: Tx, claims: Claims, types: Mapping[str, TicketType]) -> list[PoolNow]:
    """Holds places of pools. Raises SoldOut for the first claimed ticket type that draws on a pool with too few."""
    held = []
    for pool_id, quantity in claims.pools:
        pool = await store.hold_in_pool(tx, pool_id, quantity)
        if pool is None:
            now = await store.move_in_pool(tx, pool_id, held=0, sold=0)
            short = next(type_id for type_id in claims.ticket_type_ids if pool_id in types[type_id].pool_ids)
            raise SoldOut(ticket_type_id=short, available=now.left)
        held.append(pool)
    return held
