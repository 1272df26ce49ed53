"""identity's SQL about sign-ins: refresh tokens and wrong tries."""

from dataclasses import dataclass

from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token that was given. state: FRESH, USED or REVOKED."""

    token_hash: str
    family_id: str
    subject_id: str
    organizer_id: str
    expires_us: int
    state: str


COLUMNS = "token_hash, family_id, subject_id, organizer_id, expires_us, state"


async def add(tx: Tx, token: Refresh) -> None:
    """Notes a token that is given."""
    await tx.run(
        f"INSERT INTO refresh_token ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6)",
        token.token_hash,
        token.family_id,
        token.subject_id,
        token.organizer_id,
        token.expires_us,
        token.state,
    )


async def find(tx: Tx, token_hash: str) -> Refresh | None:
    """A token by its hash, held until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM refresh_token WHERE token_hash = $1", token_hash)
    return Refresh(*rows[0]) if rows else None


async def use(tx: Tx, token_hash: str) -> bool:
    """Uses a fresh token up. False if it is not fresh."""
    row = await tx.one(
        "UPDATE refresh_token SET state = 'USED' WHERE token_hash = $1 AND state = 'FRESH' RETURNING 1", token_hash
    )
    return row is not None


async def revoke_family(tx: Tx, family_id: str) -> None:
    """Ends a sign-in."""
    await tx.run("UPDATE refresh_token SET state = 'REVOKED' WHERE family_id = $1", family_id)


async def revoke_of(tx: Tx, subject_id: str, organizer_id: str) -> None:
    """Ends every sign-in of a person for an organizer."""
    await tx.run(
        "UPDATE refresh_token SET state = 'REVOKED' WHERE subject_id = $1 AND organizer_id = $2",
        subject_id,
        organizer_id,
    )


async def wrong_tries(tx: Tx, tried_for: str, since_us: int) -> list[int]:
    """When something was tried in vain, oldest first."""
    rows = await tx.lock(
        "SELECT at_us FROM wrong_try WHERE tried_for = $1 AND at_us > $2 ORDER BY at_us, n", tried_for, since_us
    )
    return [row[0] for row in rows]


async def note_wrong_try(tx: Tx, tried_for: str, now_us: int, keep_since_us: int) -> None:
    """Notes a try in vain and forgets old ones."""
    await tx.run("DELETE FROM wrong_try WHERE tried_for = $1 AND at_us <= $2", tried_for, keep_since_us)
    await tx.run(
        """INSERT INTO wrong_try (tried_for, at_us, n)
           VALUES ($1, $2, (SELECT coalesce(max(n), 0) + 1 FROM wrong_try WHERE tried_for = $1))""",
        tried_for,
        now_us,
    )


async def forget_wrong_tries(tx: Tx, tried_for: str) -> None:
    """Forgets tries after one that was right."""
    await tx.run("DELETE FROM wrong_try WHERE tried_for = $1", tried_for)
