"""identity's SQL about guests without an order."""

from collections.abc import Sequence

from services.kit.db import Tx

SortKey = tuple[int, str]
# The position before the oldest guest.
BEGINNING: SortKey = (0, "")

SIGNED_IN = "EXISTS (SELECT 1 FROM refresh_token WHERE subject_id = guest_id AND state = 'FRESH' AND expires_us > $1)"


async def idle(tx: Tx, after: SortKey, *, until_us: int, now_us: int, limit: int) -> list[SortKey]:
    """Guests who have no proof, no sign-in and no known order, oldest first. after: the position in the list to
    continue from. until_us: only guests who began before this time."""
    rows = await tx.all(
        f"""SELECT at_us, guest_id FROM guest
            WHERE verified = 0 AND bought = 0 AND (at_us, guest_id) > ($2, $3) AND at_us < $4 AND NOT {SIGNED_IN}
            ORDER BY at_us, guest_id LIMIT $5""",
        now_us,
        *after,
        until_us,
        limit,
    )
    return [(at_us, guest_id) for at_us, guest_id in rows]


async def note_bought(tx: Tx, guest_ids: Sequence[str]) -> None:
    """Marks guests as buyers, so that orders is not asked about them again."""
    await tx.run(f"UPDATE guest SET bought = 1 WHERE guest_id IN ({marks(guest_ids)})", *guest_ids)


async def forget(tx: Tx, guest_ids: Sequence[str], *, now_us: int) -> int:
    """Deletes guests and their sign-ins, except guests who have signed in again or proven their address.

    Answers the number deleted.
    """
    await tx.lock(f"SELECT guest_id FROM guest WHERE guest_id IN ({marks(guest_ids)}) ORDER BY guest_id", *guest_ids)
    leaving = f"guest_id IN ({marks(guest_ids, first=2)}) AND verified = 0 AND NOT {SIGNED_IN}"
    rows = await tx.all(f"DELETE FROM guest WHERE {leaving} RETURNING guest_id", now_us, *guest_ids)
    gone = [row[0] for row in rows]
    if gone:
        await tx.run(f"DELETE FROM refresh_token WHERE subject_id IN ({marks(gone)})", *gone)
    return len(gone)


def marks(values: Sequence[str], first: int = 1) -> str:
    """The SQL parameters of some values, for example "$1, $2". first: the number of the first."""
    return ", ".join(f"${n}" for n in range(first, len(values) + first))
