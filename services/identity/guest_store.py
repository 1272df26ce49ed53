"""identity's SQL about guests."""

from collections.abc import Sequence

from services.identity.guests import Guest
from services.kit.db import Row, Tx

GUEST = "guest_id, content_hash, name, email, phone, cpf, locale, verified, merged_into, customer"
SIGNED_IN = "EXISTS (SELECT 1 FROM refresh_token WHERE subject_id = guest_id AND state = 'FRESH' AND expires_us > $1)"

# How many subjects of one address are found.
FOUND_MAX = 200

SortKey = tuple[int, str]
# The position before the oldest guest.
BEGINNING: SortKey = (0, "")


async def claim_guest(tx: Tx, guest: Guest, now_us: int) -> bool:
    """Stores a new guest. False if the id is taken."""
    row = await tx.one(
        f"""INSERT INTO guest ({GUEST}, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (guest_id) DO NOTHING RETURNING 1""",
        guest.guest_id,
        guest.content_hash,
        guest.name,
        guest.email,
        guest.phone,
        guest.cpf,
        guest.locale,
        int(guest.verified),
        guest.merged_into,
        int(guest.customer),
        now_us,
    )
    return row is not None


def _guest(row: Row) -> Guest:
    guest_id, content_hash, name, email, phone, cpf, locale, verified, merged_into, customer = row
    return Guest(
        guest_id=guest_id,
        content_hash=content_hash,
        name=name,
        email=email,
        phone=phone,
        cpf=cpf,
        locale=locale,
        verified=bool(verified),
        merged_into=merged_into,
        customer=bool(customer),
    )


async def find_guest(tx: Tx, guest_id: str) -> Guest | None:
    """The guest of an id."""
    row = await tx.one(f"SELECT {GUEST} FROM guest WHERE guest_id = $1", guest_id)
    return _guest(row) if row else None


async def lock_guest(tx: Tx, guest_id: str) -> Guest | None:
    """A guest, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {GUEST} FROM guest WHERE guest_id = $1", guest_id)
    return _guest(rows[0]) if rows else None


async def find_person(tx: Tx, subject_id: str) -> Guest | None:
    """A guest, or the guest that it was merged into."""
    found = await find_guest(tx, subject_id)
    return await find_guest(tx, found.merged_into) if found and found.merged_into else found


async def lock_guests_of(tx: Tx, email: str) -> list[Guest]:
    """The guests of an address that were not merged into another: a proven one first, then the oldest.

    They are locked until the transaction ends.
    """
    rows = await tx.lock(
        f"SELECT {GUEST} FROM guest WHERE email = $1 AND merged_into = '' ORDER BY verified DESC, at_us, guest_id",
        email,
    )
    return [_guest(row) for row in rows]


async def with_email(tx: Tx, email: str) -> list[str]:
    """The subjects with an address, at most FOUND_MAX: the person who has proven it first, then the latest; members'
    accounts are among them."""
    rows = await tx.all(
        """SELECT subject_id FROM (
               SELECT guest_id AS subject_id, verified, at_us FROM guest WHERE email = $1 AND merged_into = ''
               UNION ALL SELECT account_id, verified, at_us FROM account WHERE email = $1) AS found
           ORDER BY verified DESC, at_us DESC, subject_id LIMIT $2""",
        email,
        FOUND_MAX,
    )
    return [row[0] for row in rows]


async def names_of(tx: Tx, subject_ids: Sequence[str]) -> list[tuple[str, str]]:
    """The ids and names of those of the given subjects that there are, by id."""
    marks = placeholders(subject_ids)
    rows = await tx.all(
        f"""SELECT guest_id, name FROM guest WHERE guest_id IN ({marks})
            UNION ALL SELECT account_id, name FROM account WHERE account_id IN ({marks}) ORDER BY 1""",
        *subject_ids,
    )
    return [(row[0], row[1]) for row in rows]


async def verify_guest(tx: Tx, guest_id: str) -> None:
    """Marks a guest's address as proven."""
    await tx.run("UPDATE guest SET verified = 1 WHERE guest_id = $1", guest_id)


async def merge_guest(tx: Tx, guest_id: str, into: str) -> None:
    """Records that a guest was merged into another."""
    await tx.run("UPDATE guest SET merged_into = $1 WHERE guest_id = $2", into, guest_id)


async def idle_guests(tx: Tx, after: SortKey, *, until_us: int, now_us: int, limit: int) -> list[SortKey]:
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


async def mark_bought(tx: Tx, guest_ids: Sequence[str]) -> None:
    """Marks guests as buyers, so that orders is not asked about them again."""
    await tx.run(f"UPDATE guest SET bought = 1 WHERE guest_id IN ({placeholders(guest_ids)})", *guest_ids)


async def delete_idle(tx: Tx, guest_ids: Sequence[str], *, now_us: int) -> int:
    """Deletes guests and their sign-ins, except guests who have signed in again or proven their address. Returns the
    number deleted."""
    await tx.lock(
        f"SELECT guest_id FROM guest WHERE guest_id IN ({placeholders(guest_ids)}) ORDER BY guest_id", *guest_ids
    )
    leaving = f"guest_id IN ({placeholders(guest_ids, first=2)}) AND verified = 0 AND NOT {SIGNED_IN}"
    rows = await tx.all(f"DELETE FROM guest WHERE {leaving} RETURNING guest_id", now_us, *guest_ids)
    gone = [row[0] for row in rows]
    if gone:
        await tx.run(f"DELETE FROM refresh_token WHERE subject_id IN ({placeholders(gone)})", *gone)
    return len(gone)


def placeholders(values: Sequence[str], first: int = 1) -> str:
    """The SQL parameters of some values, for example "$1, $2". first: the number of the first."""
    return ", ".join(f"${n}" for n in range(first, len(values) + first))
