"""identity's SQL about sign-ins: codes, refresh tokens, attempts, gates."""

from services.identity.signin.limits import Counter, Trust
from services.identity.signin.signins import DAY_US, KEPT_US, REFRESH_LIFE_US, Code, Gate, RefreshState, RefreshToken
from services.kit.db import Row, Tx

CODE = "code_id, email, expires_us, digits, asked_by, used_for, locale"
REFRESH = "token_hash, family_id, subject_id, organizer_id, expires_us, state, token_id"
GATE = "device_id, organizer_id, event_id, name, secret_hash, revoked"
# Tables whose old rows are deleted: table, key, the column with the time, and how long a row is kept.
DELETED = (
    ("refresh_token", "token_hash", "expires_us", KEPT_US),
    ("access_code", "code_id", "expires_us", KEPT_US),
    ("attempt", "at_us", "at_us", DAY_US),
    ("turn", "about", "at_us", DAY_US),
)
DELETED_AT_ONCE = 1_000
# No address has more valid codes at once.
CODES_MAX = 100


async def serialize_on(tx: Tx, *keys: str, now_us: int) -> None:
    """Makes other transactions with one of these keys wait until this one ends, so that its counts stay true."""
    for each in sorted(keys):
        await tx.run(
            "INSERT INTO turn (about, at_us) VALUES ($1, $2) ON CONFLICT (about) DO UPDATE SET at_us = $2", each, now_us
        )


async def add_code(tx: Tx, code: Code, now_us: int) -> None:
    """Stores an access code."""
    await tx.run(
        f"INSERT INTO access_code ({CODE}, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        code.code_id,
        code.email,
        code.expires_us,
        code.digits,
        code.asked_by,
        code.used_for,
        code.locale,
        now_us,
    )


def _code(row: Row) -> Code:
    code_id, email, expires_us, digits, asked_by, used_for, locale = row
    return Code(
        code_id=code_id,
        email=email,
        expires_us=expires_us,
        digits=digits,
        asked_by=asked_by,
        used_for=used_for,
        locale=locale,
    )


async def find_code(tx: Tx, code_id: str) -> Code | None:
    """The access code of an id."""
    row = await tx.one(f"SELECT {CODE} FROM access_code WHERE code_id = $1", code_id)
    return _code(row) if row else None


async def good_codes(tx: Tx, email: str, now_us: int, family_id: str = "") -> list[Code]:
    """The valid codes of an address, newest first, and those that began the sign-in of a family."""
    rows = await tx.all(
        f"""SELECT {CODE} FROM access_code WHERE email = $1 AND used_for IN ('', $2) AND expires_us > $3
            ORDER BY at_us DESC, code_id DESC LIMIT {CODES_MAX}""",
        email,
        family_id,
        now_us,
    )
    return [_code(row) for row in rows]


async def use_code(tx: Tx, code: Code, family_id: str) -> bool:
    """Uses a code up for a sign-in, and with it all other unused codes of the address.

    False if another sign-in has used the code.
    """
    row = await tx.one(
        "UPDATE access_code SET used_for = $1 WHERE code_id = $2 AND used_for IN ('', $1) RETURNING 1",
        family_id,
        code.code_id,
    )
    if row is None:
        return False
    await tx.run("UPDATE access_code SET used_for = $1 WHERE email = $2 AND used_for = ''", family_id, code.email)
    return True


async def add_refresh_token(tx: Tx, token: RefreshToken) -> None:
    """Stores a token. A repeat changes nothing."""
    await tx.run(
        f"""INSERT INTO refresh_token ({REFRESH}) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (token_hash) DO NOTHING""",
        token.token_hash,
        token.family_id,
        token.subject_id,
        token.organizer_id,
        token.expires_us,
        token.state,
        token.token_id,
    )


def _refresh_token(row: Row) -> RefreshToken:
    token_hash, family_id, subject_id, organizer_id, expires_us, state, token_id = row
    return RefreshToken(
        token_hash=token_hash,
        family_id=family_id,
        subject_id=subject_id,
        organizer_id=organizer_id,
        expires_us=expires_us,
        state=RefreshState(state),
        token_id=token_id,
    )


async def find_refresh_token(tx: Tx, token_hash: str) -> RefreshToken | None:
    """A token by its hash."""
    row = await tx.one(f"SELECT {REFRESH} FROM refresh_token WHERE token_hash = $1", token_hash)
    return _refresh_token(row) if row else None


async def lock_refresh_token(tx: Tx, token_hash: str) -> RefreshToken | None:
    """A token by its hash, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {REFRESH} FROM refresh_token WHERE token_hash = $1", token_hash)
    return _refresh_token(rows[0]) if rows else None


async def use_refresh_token(tx: Tx, token_hash: str, successor_hash: str) -> bool:
    """Uses a fresh token up for its successor. False if it is not fresh and has another successor."""
    row = await tx.one(
        """UPDATE refresh_token SET state = 'USED', successor_hash = $2
           WHERE token_hash = $1 AND (state = 'FRESH' OR (state = 'USED' AND successor_hash = $2)) RETURNING 1""",
        token_hash,
        successor_hash,
    )
    return row is not None


async def revoke_family(tx: Tx, family_id: str) -> None:
    """Revokes the refresh tokens of a sign-in."""
    await tx.run("UPDATE refresh_token SET state = 'REVOKED' WHERE family_id = $1", family_id)


async def revoke_all_of(tx: Tx, subject_id: str) -> None:
    """Revokes all refresh tokens of a person, for every organizer."""
    await tx.run("UPDATE refresh_token SET state = 'REVOKED' WHERE subject_id = $1", subject_id)


async def revoke_of(tx: Tx, subject_id: str, organizer_id: str = "") -> None:
    """Revokes the refresh tokens of a person for an organizer, or of a guest."""
    await tx.run(
        "UPDATE refresh_token SET state = 'REVOKED' WHERE subject_id = $1 AND organizer_id = $2",
        subject_id,
        organizer_id,
    )


async def find_family_access_tokens(tx: Tx, family_id: str, since_us: int) -> list[str]:
    """The ids of a sign-in's access tokens that were given since a time."""
    rows = await tx.all(
        """SELECT token_id FROM refresh_token
           WHERE family_id = $1 AND expires_us > $2 AND token_id <> '' ORDER BY token_id""",
        family_id,
        since_us + REFRESH_LIFE_US,
    )
    return [row[0] for row in rows]


async def find_access_tokens(tx: Tx, subject_id: str, since_us: int, *, organizer_id: str = "") -> list[str]:
    """The ids of a person's access tokens that were given since a time. organizer_id: if given, only those for it."""
    rows = await tx.all(
        """SELECT token_id FROM refresh_token
           WHERE subject_id = $1 AND ($2 = '' OR organizer_id = $2) AND expires_us > $3 AND token_id <> ''
           ORDER BY token_id""",
        subject_id,
        organizer_id,
        since_us + REFRESH_LIFE_US,
    )
    return [row[0] for row in rows]


async def find_attempts(tx: Tx, counter: Counter, now_us: int) -> list[int]:
    """The times of a counter's attempts within its window, oldest first. At most as many as the limit needs."""
    rows = await tx.all(
        "SELECT at_us FROM attempt WHERE counter = $1 AND at_us > $2 ORDER BY at_us DESC, attempt_id LIMIT $3",
        counter.name,
        counter.limit.since_us(now_us),
        counter.limit.most,
    )
    return [row[0] for row in reversed(rows)]


async def add_attempt(tx: Tx, attempt_id: str, counter: Counter, now_us: int) -> None:
    """Adds an attempt to a counter. A repeat changes nothing."""
    await tx.run(
        "INSERT INTO attempt (attempt_id, counter, at_us) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        attempt_id,
        counter.name,
        now_us,
    )


async def clear_attempts(tx: Tx, counter: Counter) -> None:
    """Sets a counter back to zero."""
    await tx.run("DELETE FROM attempt WHERE counter = $1", counter.name)


async def find_trust(tx: Tx, subject_id: str, email: str) -> Trust:
    """The trust that a subject has for an e-mail address."""
    row = await tx.one(
        """SELECT max(verified) FROM (
               SELECT verified FROM account WHERE account_id = $1 AND email = $2
               UNION ALL SELECT verified FROM guest WHERE guest_id = $1 AND email = $2
           ) AS known""",
        subject_id,
        email,
    )
    if row is None or row[0] is None:
        return Trust.NONE
    return Trust.PROVEN if row[0] else Trust.CLAIMS


async def save_gate(tx: Tx, gate: Gate, now_us: int) -> bool:
    """Stores a gate, or gives it a new secret. False if the id names a different gate or a revoked one."""
    row = await tx.one(
        f"""INSERT INTO gate ({GATE}, at_us) VALUES ($1, $2, $3, $4, $5, 0, $6)
            ON CONFLICT (device_id) DO UPDATE SET secret_hash = $5
            WHERE gate.organizer_id = $2 AND gate.event_id = $3 AND gate.name = $4 AND gate.revoked = 0 RETURNING 1""",
        gate.device_id,
        gate.organizer_id,
        gate.event_id,
        gate.name,
        gate.secret_hash,
        now_us,
    )
    return row is not None


def _gate(row: Row) -> Gate:
    device_id, organizer_id, event_id, name, secret_hash, revoked = row
    return Gate(
        device_id=device_id,
        organizer_id=organizer_id,
        event_id=event_id,
        name=name,
        secret_hash=secret_hash,
        revoked=bool(revoked),
    )


async def find_gate(tx: Tx, device_id: str) -> Gate | None:
    """A gate of any organizer: at its sign-in the organizer is not known yet."""
    row = await tx.one(f"SELECT {GATE} FROM gate WHERE device_id = $1", device_id)
    return _gate(row) if row else None


async def revoke_gate(tx: Tx, device_id: str, organizer_id: str) -> bool:
    """Revokes an organizer's gate. False if the organizer has no gate with that id."""
    row = await tx.one(
        "UPDATE gate SET revoked = 1 WHERE device_id = $1 AND organizer_id = $2 RETURNING 1", device_id, organizer_id
    )
    return row is not None


async def delete_old(tx: Tx, now_us: int) -> bool:
    """Deletes some of the rows that are old enough. True if there may be more."""
    most = 0
    for table, key, column, kept_us in DELETED:
        old = f"SELECT {key} FROM {table} WHERE {column} < $1 ORDER BY {column} LIMIT {DELETED_AT_ONCE}"
        most = max(most, await tx.run(f"DELETE FROM {table} WHERE {key} IN ({old})", now_us - kept_us))
    return most >= DELETED_AT_ONCE
