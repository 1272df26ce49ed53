"""pricing's SQL. One function per query or change."""

from services.kit.db import Row, Tx
from services.kit.values import Money
from services.pricing.coupons import Coupon
from services.pricing.redemptions import Redemption, RedemptionState

COUPON = """coupon_id, event_id, organizer_id, code, basis_points, amount_minor, currency, ticket_type_ids, expires_us,
uses_max, uses_per_participant_max, tickets_per_use_max, uses, content_hash, ticket_type_names"""
REDEMPTION = "order_id, coupon_id, buyer_id, tickets, discount_minor, currency, state"


async def claim_coupon(tx: Tx, coupon: Coupon) -> bool:
    """Saves a new coupon. False if its id is taken, or its code in this event."""
    amount = coupon.amount or Money(0, "")
    claimed = await tx.one(
        f"""
        INSERT INTO coupon ({COUPON}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT DO NOTHING RETURNING 1
        """,
        coupon.coupon_id,
        coupon.scope_id,
        coupon.organizer_id,
        coupon.code,
        coupon.basis_points,
        amount.minor,
        amount.currency,
        " ".join(coupon.ticket_type_ids),
        coupon.expires_us,
        coupon.uses_max,
        coupon.uses_per_participant_max,
        coupon.tickets_per_use_max,
        coupon.uses,
        coupon.content_hash,
        "\n".join(coupon.ticket_type_names),
    )
    return claimed is not None


async def find_coupon(tx: Tx, coupon_id: str) -> Coupon | None:
    """A coupon by its id."""
    row = await tx.one(f"SELECT {COUPON} FROM coupon WHERE coupon_id = $1", coupon_id)
    return coupon_of(row) if row else None


async def find_coupon_by_code(tx: Tx, event_id: str, series_id: str, code: str) -> Coupon | None:
    """An event's coupon by its code; if it has none, that of its series. series_id: empty if it is of none. code: in
    upper case."""
    row = await tx.one(
        f"""
        SELECT {COUPON} FROM coupon WHERE event_id IN ($1, $2) AND code = $3
        ORDER BY CASE WHEN event_id = $1 THEN 0 ELSE 1 END LIMIT 1
        """,
        event_id,
        series_id or event_id,
        code,
    )
    return coupon_of(row) if row else None


async def coupons_after(tx: Tx, scope_id: str, organizer_id: str, after: str, size: int) -> list[Coupon]:
    """An organizer's coupons for an event or a series, sorted by code. after: last code of the page before; empty for
    the first page."""
    rows = await tx.all(
        f"""
        SELECT {COUPON} FROM coupon WHERE event_id = $1 AND organizer_id = $2 AND code > $3 ORDER BY code LIMIT $4
        """,
        scope_id,
        organizer_id,
        after,
        size,
    )
    return [coupon_of(row) for row in rows]


def coupon_of(row: Row) -> Coupon:
    """The coupon in a row of COUPON's columns."""
    return Coupon(
        coupon_id=row[0],
        scope_id=row[1],
        organizer_id=row[2],
        code=row[3],
        basis_points=row[4],
        amount=Money(row[5], row[6]) if row[6] else None,
        ticket_type_ids=tuple(row[7].split()),
        expires_us=row[8],
        uses_max=row[9],
        uses_per_participant_max=row[10],
        tickets_per_use_max=row[11],
        uses=row[12],
        content_hash=row[13],
        ticket_type_names=tuple(row[14].split("\n")) if row[14] else (),
    )


async def add_use(tx: Tx, coupon_id: str) -> bool:
    """Counts a use against a coupon's total limit. False if the limit is reached."""
    counted = await tx.one(
        """
        UPDATE coupon SET uses = uses + 1 WHERE coupon_id = $1 AND (uses_max = 0 OR uses < uses_max) RETURNING uses
        """,
        coupon_id,
    )
    return counted is not None


async def give_use_back(tx: Tx, coupon_id: str) -> None:
    """Takes a use off a coupon's total."""
    await tx.run("UPDATE coupon SET uses = uses - 1 WHERE coupon_id = $1", coupon_id)


async def add_participant_use(tx: Tx, coupon: Coupon, participant_key: str) -> bool:
    """Counts a use against the limit per participant, which must be at least 1. False if the limit is reached."""
    counted = await tx.one(
        """
        INSERT INTO coupon_participant (coupon_id, participant_key, organizer_id, uses) VALUES ($1, $2, $3, 1)
        ON CONFLICT (coupon_id, participant_key) DO UPDATE SET uses = coupon_participant.uses + 1
        WHERE coupon_participant.uses < $4 RETURNING uses
        """,
        coupon.coupon_id,
        participant_key,
        coupon.organizer_id,
        coupon.uses_per_participant_max,
    )
    return counted is not None


async def give_participant_use_back(tx: Tx, coupon_id: str, participant_key: str) -> None:
    """Takes a use off a participant's count."""
    await tx.run(
        "UPDATE coupon_participant SET uses = uses - 1 WHERE coupon_id = $1 AND participant_key = $2",
        coupon_id,
        participant_key,
    )


async def participant_uses(tx: Tx, coupon_id: str, keys: tuple[str, ...]) -> int:
    """The highest number of uses of a coupon by any of a participant's keys."""
    most = 0
    for key in keys:
        row = await tx.one(
            "SELECT uses FROM coupon_participant WHERE coupon_id = $1 AND participant_key = $2", coupon_id, key
        )
        most = max(most, row[0] if row else 0)
    return most


async def claim_redemption(tx: Tx, redemption: Redemption, *, event_id: str, organizer_id: str, at_us: int) -> bool:
    """Saves an order's redemption. False if the order has one already."""
    claimed = await tx.one(
        f"""
        INSERT INTO redemption ({REDEMPTION}, event_id, organizer_id, at_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING 1
        """,
        redemption.order_id,
        redemption.coupon_id,
        redemption.buyer_id,
        redemption.tickets,
        redemption.discount_minor,
        redemption.currency,
        redemption.state,
        event_id,
        organizer_id,
        at_us,
    )
    return claimed is not None


async def find_redemption(tx: Tx, order_id: str) -> Redemption | None:
    """An order's redemption, or its tombstone."""
    row = await tx.one(f"SELECT {REDEMPTION} FROM redemption WHERE order_id = $1", order_id)
    if row is None:
        return None
    return Redemption(
        order_id=row[0],
        coupon_id=row[1],
        buyer_id=row[2],
        tickets=row[3],
        discount_minor=row[4],
        currency=row[5],
        state=RedemptionState(row[6]),
    )


async def set_redemption_state(tx: Tx, order_id: str, *, old: RedemptionState, new: RedemptionState, at_us: int) -> str:
    """Moves an order's redemption from the old to the new state. Returns its coupon_id; empty if it was not in the old
    state."""
    row = await tx.one(
        "UPDATE redemption SET state = $1, at_us = $2 WHERE order_id = $3 AND state = $4 RETURNING coupon_id",
        new,
        at_us,
        order_id,
        old,
    )
    return row[0] if row else ""


async def save_key(tx: Tx, redemption: Redemption, participant_key: str, organizer_id: str) -> None:
    """Records a key by which a redemption was counted, so that exactly this key is given back."""
    await tx.defer(
        """
        INSERT INTO redemption_key (order_id, coupon_id, participant_key, organizer_id, live) VALUES ($1, $2, $3, $4, 1)
        """,
        redemption.order_id,
        redemption.coupon_id,
        participant_key,
        organizer_id,
    )


async def end_keys(tx: Tx, order_id: str) -> list[str]:
    """Marks the keys of an order's redemption as given back. Returns those that were still counted, sorted."""
    rows = await tx.all(
        "UPDATE redemption_key SET live = 0 WHERE order_id = $1 AND live = 1 RETURNING participant_key", order_id
    )
    return sorted(row[0] for row in rows)
