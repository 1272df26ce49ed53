"""notifications' SQL about mail: what waits, what is counted, what is withheld until an address is proven."""

from collections.abc import Iterable

from services.kit.db import Tx


async def mail_waiting(tx: Tx, now_us: int) -> tuple[int, int]:
    """How many mails could have left by now, and since when the oldest could; 0 if there is none."""
    waiting = """
        SELECT count(*), coalesce(min(CASE WHEN mail_us > at_us THEN mail_us ELSE at_us END), 0) FROM notification
        WHERE mail = 'PENDING' AND at_us <= $1 AND mail_us <= $1
    """
    (row,) = await tx.all(waiting, now_us)
    return row[0], row[1]


async def is_counted(tx: Tx, notification_id: str) -> bool | None:
    """Whether a mail that waits has been counted; None where it does not wait."""
    wanted = "SELECT counted FROM notification WHERE notification_id = $1 AND mail = 'PENDING'"
    row = await tx.one(wanted, notification_id)
    return bool(row[0]) if row else None


async def settle_mail(tx: Tx, notification_id: str, mail: str) -> None:
    """Nothing more is to be sent."""
    await tx.run("UPDATE notification SET mail = $2 WHERE notification_id = $1", notification_id, mail)


async def try_again(tx: Tx, notification_id: str, *, at_us: int) -> None:
    """Notes when mail is tried again."""
    await tx.run(
        "UPDATE notification SET tries = tries + 1, next_try_us = $2 WHERE notification_id = $1", notification_id, at_us
    )


async def count(tx: Tx, day: int, counted_by: Iterable[str]) -> dict[str, int]:
    """Counts one more mail of a day by each of some keys; how many there are by each. Others who count by the same keys
    wait until this one has ended."""
    keys = tuple(counted_by)
    rows = ", ".join(f"($1, ${n}, 1)" for n in range(2, len(keys) + 2))
    counted = f"""
        INSERT INTO mail_count (day, counted_by, mails) VALUES {rows}
        ON CONFLICT (day, counted_by) DO UPDATE SET mails = mail_count.mails + 1 RETURNING counted_by, mails
    """
    mails: dict[str, int] = dict(await tx.all(counted, day, *keys))
    if 1 in mails.values():  # the first of a day by something: a moment to forget the days before
        await tx.defer("DELETE FROM mail_count WHERE day < $1", day)
    return mails


async def take_back(tx: Tx, day: int, counted_by: Iterable[str]) -> None:
    """Counts one mail less by each: it is not sent after all, and takes no other's place."""
    less = "UPDATE mail_count SET mails = mails - 1 WHERE day = $1 AND counted_by = $2"
    for key in counted_by:
        await tx.run(less, day, key)


async def note_counted(tx: Tx, notification_id: str) -> None:
    """Notes that a mail is counted, however often it is tried."""
    await tx.defer("UPDATE notification SET counted = 1 WHERE notification_id = $1", notification_id)


async def is_proven(tx: Tx, person_id: str) -> bool:
    """Whether a person's address is known to be proven."""
    row = await tx.one("SELECT proven FROM merged WHERE subject_id = $1", person_id)
    return row is not None and bool(row[0])


async def note_proven(tx: Tx, person_id: str) -> None:
    """Notes that a person's address is proven."""
    await tx.run("UPDATE merged SET proven = 1 WHERE subject_id = $1", person_id)


async def withhold(tx: Tx, notification_id: str) -> None:
    """Keeps a mail that waits until its reader's address is proven."""
    kept = "UPDATE notification SET mail = 'WITHHELD' WHERE notification_id = $1 AND mail = 'PENDING'"
    await tx.run(kept, notification_id)


async def try_anew(tx: Tx, notification_id: str, now_us: int) -> None:
    """Makes a mail due now, by what is known from now on."""
    await tx.run(
        "UPDATE notification SET at_us = $2, next_try_us = $2 WHERE notification_id = $1", notification_id, now_us
    )


async def release(tx: Tx, person_id: str, now_us: int) -> None:
    """Lets what was withheld from a person go, as if it were due now."""
    released = """
        UPDATE notification SET mail = 'PENDING', at_us = $2, next_try_us = $2, tries = 0
        WHERE buyer_id = $1 AND mail = 'WITHHELD'
    """
    await tx.run(released, person_id, now_us)


async def holds_paid(tx: Tx, event_id: str, buyer_id: str) -> bool:
    """Whether tickets that somebody holds are paid."""
    row = await tx.one("SELECT paid FROM ticket_holder WHERE event_id = $1 AND buyer_id = $2", event_id, buyer_id)
    return row is not None and bool(row[0])
