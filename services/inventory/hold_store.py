"""inventory's SQL about holds."""

from collections.abc import Sequence

import msgspec

from services.inventory.allowance import Allowance, Held
from services.inventory.holds import EventSale, Hold, HoldState, Place, PlaceLot, Wish
from services.inventory.stock import SeatNow, SeatState
from services.kit.db import Row, Tx

HOLD = """hold_id, event_id, buyer_id, content_hash, state, held_us, expires_us, order_id, places, given_up_by,
 orphans, took_blocked, counted, returned, frozen, places_revision,
 coalesce((SELECT tickets_per_person_max FROM event_sale WHERE event_sale.event_id = hold.event_id), 0)"""
# Whether a hold is in force and not sold at the time $7. The partial indexes cover holds in these two states only.
LIVES = "state IN ('HELD', 'LOCKED') AND (state = 'LOCKED' OR expires_us > $7)"
HELD = "event_id, tickets, CASE WHEN state = 'HELD' THEN expires_us END"
# A constant: the driver caches a statement by its text, and would prepare a new text anew with every hold.
CLAIM = f"""INSERT INTO hold
    (hold_id, event_id, buyer_id, content_hash, state, held_us, expires_us, places, tickets, address)
    SELECT $1, $2, $3, $4, 'HELD', CAST($7 AS BIGINT), $5, $6, CAST($8 AS BIGINT), CAST($9 AS BIGINT) FROM event_sale
    WHERE event_id = $2 AND state = 'OPEN' AND sales_start_us <= $7 AND sales_end_us > $7 AND revision = $13
    AND moving = 0 AND NOT EXISTS (
        SELECT count(*) FROM hold WHERE buyer_id = $3 AND {LIVES} HAVING count(*) >= $10
        OR coalesce(sum(CASE WHEN event_id = $2 THEN tickets ELSE 0 END), 0) + CAST($8 AS BIGINT) > $11)
    AND ($9 = 0 OR NOT EXISTS (
        SELECT count(*) FROM hold WHERE address = $9 AND address <> 0 AND {LIVES}
        HAVING sum(tickets) + $8 > $12))
    ON CONFLICT (hold_id) DO NOTHING"""
CLAIM_AT_COUNTER = CLAIM.replace("sales_end_us", "counter_end_us")
JSON = msgspec.json.Encoder()


async def claim_hold(
    tx: Tx, wish: Wish, sale: EventSale, places: Sequence[Place], allowed: Allowance, *, now_us: int
) -> bool:
    """Writes a new hold with the places known so far. False if its id is in use, its event does not sell now or has
    another revision, or its buyer may not hold so much."""
    claimed = await tx.run(
        CLAIM_AT_COUNTER if allowed.at_counter else CLAIM,
        wish.hold_id,
        wish.event_id,
        wish.buyer_id,
        wish.content_hash,
        now_us + allowed.lasts_us,
        written(places),
        now_us,
        wish.tickets,
        allowed.address,
        allowed.holds,
        allowed.places,
        allowed.near,
        sale.revision,
    )
    return claimed > 0


async def holds_of(tx: Tx, buyer_id: str, *, now_us: int) -> list[Held]:
    """The holds that a buyer has now and has not bought."""
    rows = await tx.all(
        f"SELECT {HELD} FROM hold WHERE buyer_id = $1 AND {LIVES.replace('$7', '$2')}", buyer_id, now_us
    )
    return [Held(*row) for row in rows]


async def holds_near(tx: Tx, address: int, *, now_us: int) -> list[Held]:
    """The holds that are counted by an address now."""
    rows = await tx.all(
        f"SELECT {HELD} FROM hold WHERE address = $1 AND address <> 0 AND {LIVES.replace('$7', '$2')}", address, now_us
    )
    return [Held(*row) for row in rows]


async def address_key(tx: Tx) -> str:
    """The key under which addresses are hashed."""
    row = await tx.one("SELECT secret FROM address_key WHERE one = 1")
    assert row is not None, "the migration writes the row"
    return str(row[0])


async def find_hold(tx: Tx, hold_id: str) -> Hold | None:
    """A hold with its places."""
    rows = await tx.all(f"SELECT {HOLD} FROM hold WHERE hold_id = $1", hold_id)
    return _hold(rows[0]) if rows else None


async def has_bought(tx: Tx, seat: SeatNow, buyer_id: str) -> bool:
    """Whether a seat is sold to a buyer."""
    if seat.state != SeatState.SOLD:
        return False
    return await tx.one("SELECT 1 FROM hold WHERE hold_id = $1 AND buyer_id = $2", seat.hold_id, buyer_id) is not None


async def lock_hold(tx: Tx, hold_id: str) -> Hold | None:
    """A hold with its places, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {HOLD} FROM hold WHERE hold_id = $1", hold_id)
    return _hold(rows[0]) if rows else None


def _hold(row: Row) -> Hold:
    (
        hold_id,
        event_id,
        buyer_id,
        content_hash,
        state,
        held_us,
        expires_us,
        order_id,
        places,
        given_up_by,
        orphans,
        took_blocked,
        counted,
        returned,
        frozen,
        places_revision,
        person_limit,
    ) = row
    return Hold(
        hold_id=hold_id,
        event_id=event_id,
        buyer_id=buyer_id,
        content_hash=content_hash,
        state=HoldState(state),
        held_us=held_us,
        expires_us=expires_us,
        order_id=order_id,
        places=tuple(place_of(*place) for place in msgspec.json.decode(places)),
        given_up_by=tuple(given_up_by.split()),
        orphans=tuple(msgspec.json.decode(orphans)) if orphans else (),
        took_blocked=bool(took_blocked),
        person_limit=person_limit,
        counted=bool(counted),
        returned=tuple(msgspec.json.decode(returned)) if returned else (),
        frozen=bool(frozen),
        places_revision=places_revision,
    )


def written(places: Sequence[Place]) -> str:
    """Places as the column "places" has them: [[ticket_type_id, seat_id, label], ...], with lot_id and lot_version if
    a lot gave the place. They are always read together and with their hold."""
    return JSON.encode([fields_of(place) for place in places]).decode()


def fields_of(place: Place) -> tuple[str | int, ...]:
    """A place as the column "places" has it."""
    usual = (place.ticket_type_id, place.seat_id, place.label)
    return (*usual, place.lot.lot_id, place.lot.version) if place.lot else usual


def place_of(type_id: str, seat_id: str, label: str, lot_id: str = "", lot_version: int = 0) -> Place:
    """A place from the column "places"."""
    return Place(type_id, seat_id, label, PlaceLot(lot_id, lot_version) if lot_id else None)


async def save_taken(tx: Tx, hold: Hold) -> None:
    """Writes the places of a new hold, and what is known of them once its seats are taken."""
    await tx.defer(
        "UPDATE hold SET places = $2, orphans = $3, took_blocked = $4 WHERE hold_id = $1",
        hold.hold_id,
        written(hold.places),
        JSON.encode(hold.orphans).decode() if hold.orphans else "",
        int(hold.took_blocked),
    )


async def set_hold_state(tx: Tx, hold_id: str, *, old: HoldState, new: HoldState, order_id: str = "") -> bool:
    """Moves a hold from one state to another. False if it is not in the old one. order_id: the order that takes the
    hold over; empty: the order stays as it is."""
    changed = await tx.one(
        """UPDATE hold SET state = $1, order_id = CASE WHEN $2 = '' THEN order_id ELSE $2 END,
           address = CASE WHEN $1 IN ('HELD', 'LOCKED') THEN address ELSE 0 END
           WHERE hold_id = $3 AND state = $4 RETURNING 1""",
        new,
        order_id,
        hold_id,
        old,
    )
    return changed is not None


async def save_returned(tx: Tx, hold: Hold) -> None:
    """Writes which places of a locked, sold hold have come back."""
    await tx.run(
        "UPDATE hold SET state = $1, returned = $2 WHERE hold_id = $3",
        hold.state,
        JSON.encode(hold.returned).decode(),
        hold.hold_id,
    )


async def save_given_up(tx: Tx, hold: Hold) -> None:
    """Writes a locked hold after an order has given it up."""
    await tx.defer(
        """UPDATE hold SET state = $1, order_id = $2, given_up_by = $3,
           address = CASE WHEN $1 IN ('HELD', 'LOCKED') THEN address ELSE 0 END WHERE hold_id = $4""",
        hold.state,
        hold.order_id,
        " ".join(hold.given_up_by),
        hold.hold_id,
    )


async def lapse_hold(tx: Tx, hold_id: str, *, now_us: int) -> bool:
    """Lapses an expired hold. False if another transaction has lapsed, locked or frozen it first."""
    lapsed = await tx.one(
        """UPDATE hold SET state = 'LAPSED', address = 0
           WHERE hold_id = $1 AND state = 'HELD' AND expires_us <= $2 AND frozen = 0 RETURNING 1""",
        hold_id,
        now_us,
    )
    return lapsed is not None


async def due_holds(tx: Tx, *, now_us: int, limit: int) -> list[str]:
    """The ids of the holds that have expired longest ago, in the order in which holds are locked. Leaves out those that
    are frozen."""
    rows = await tx.all(
        """SELECT hold_id FROM hold WHERE state = 'HELD' AND expires_us <= $1 AND frozen = 0
           ORDER BY expires_us, hold_id LIMIT $2""",
        now_us,
        limit,
    )
    return sorted(row[0] for row in rows)
