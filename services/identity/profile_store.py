"""identity's SQL about organizers' public profiles."""

from collections.abc import Sequence
from dataclasses import fields

from services.identity.profiles import Profile
from services.kit.db import Row, Tx

NAMES = tuple(field.name for field in fields(Profile))
COLUMNS = ", ".join(NAMES)


async def profiles(tx: Tx, organizer_ids: Sequence[str]) -> list[Profile]:
    """The profiles of the organizers that exist, by id."""
    placeholders = ", ".join(f"${n}" for n in range(1, len(organizer_ids) + 1))
    chosen = f"SELECT {COLUMNS} FROM organizer WHERE organizer_id IN ({placeholders}) ORDER BY organizer_id"
    return [profile_of(row) for row in await tx.all(chosen, *organizer_ids)]


async def lock_profile(tx: Tx, organizer_id: str) -> Profile | None:
    """An organizer's profile, locked until the transaction ends; None if there is no such organizer."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM organizer WHERE organizer_id = $1", organizer_id)
    return profile_of(rows[0]) if rows else None


async def save_profile(tx: Tx, profile: Profile) -> None:
    """Replaces an organizer's profile."""
    await tx.run(
        """UPDATE organizer SET name = $2, about = $3, picture_url = $4, picture_alt = $5, email = $6, phone = $7,
               site = $8
           WHERE organizer_id = $1""",
        *(getattr(profile, name) for name in NAMES),
    )


def profile_of(row: Row) -> Profile:
    """The profile that a row holds."""
    return Profile(**dict(zip(NAMES, row, strict=True)))
