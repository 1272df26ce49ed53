"""notifications' SQL about mail: the mail that waits, counts of mail, and mail withheld until an address is proven."""

from collections.abc import Iterable

from services.kit.db import Tx


async def mail_waiting(tx: Tx, now_us: int) -> tuple[int, int]:
    """How many mails are due and have not left, and when the oldest of them became due; 0 if there are none."""
    waiting = """
        SELECT count(*), coalesce(min(CASE WHEN mail_us > at_us THEN mail_us ELSE at_us END), 0) FROM notification
        WHERE mail = 'PENDING' AND at_us <= $1 AND mail_us <= $1
    """
    (row,) = await tx.all(waiting, now_us)
    return row[0], row[1]


async def is_counted(tx: Tx, notification_id: str) -> bool | None:
    """Whether a waiting mail has been counted; None if the mail does not wait any more."""
    wanted = "SELECT counted FROM notification WHERE notification_id = $1 AND mail = 'PENDING'"
    row = await tx.one(wanted, notification_id)
    return bool(row[0]) if row else None


async def settle_mail(tx: Tx, notification_id: str, mail: str) -> None:
    """Notes the end of a notice's mail. mail: SENT or DROPPED."""
    await tx.run("UPDATE notification SET mail = $2 WHERE notification_id = $1", notification_id, mail)


async def try_again(tx: Tx, notification_id: str, *, at_us: int) -> None:
    """Notes that a try has failed, and when the next one is due."""
    await tx.run(
        "UPDATE notification SET tries = tries + 1, next_try_us = $2 WHERE notification_id = $1", notification_id, at_us
    )


async def count(tx: Tx, day: int, counted_by: Iterable[str]) -> dict[str, int]:
    """Adds one to a day's count of mail by each key, and returns the counts. Another transaction that counts by the
    same keys waits until this one has ended."""
    keys = tuple(counted_by)
    rows = ", ".join(f"($1, ${n}, 1)" for n in range(2, len(keys) + 2))
    counted = f"""
        INSERT INTO mail_count (day, counted_by, mails) VALUES {rows}
        ON CONFLICT (day, counted_by) DO UPDATE SET mails = mail_count.mails + 1 RETURNING counted_by, mails
    """
    mails: dict[str, int] = dict(await tx.all(counted, day, *keys))
    if 1 in mails.values():  # a key's first mail of the day: delete the counts of earlier days
        await tx.defer("DELETE FROM mail_count WHERE day < $1", day)
    return mails


async def take_back(tx: Tx, day: int, counted_by: Iterable[str]) -> None:
    """Subtracts one from a day's count by each key, for a mail that was counted but is not sent."""
    less = "UPDATE mail_count SET mails = mails - 1 WHERE day = $1 AND counted_by = $2"
    for key in counted_by:
        await tx.run(less, day, key)


async def note_counted(tx: Tx, notification_id: str) -> None:
    """Notes that a mail is counted, so that later tries of it are not."""
    await tx.defer("UPDATE notification SET counted = 1 WHERE notification_id = $1", notification_id)


async def is_proven(tx: Tx, person_id: str) -> bool:
    """Whether a person's address is known to be proven."""
    return await tx.one("SELECT 1 FROM proven_person WHERE person_id = $1", person_id) is not None


async def note_proven(tx: Tx, person_id: str) -> None:
    """Notes that a person's address is proven."""
    await tx.run("INSERT INTO proven_person (person_id) VALUES ($1) ON CONFLICT DO NOTHING", person_id)


async def withhold(tx: Tx, notification_id: str) -> None:
    """Withholds a waiting mail until its reader's address is proven."""
    kept = "UPDATE notification SET mail = 'WITHHELD' WHERE notification_id = $1 AND mail = 'PENDING'"
    await tx.run(kept, notification_id)


async def try_anew(tx: Tx, notification_id: str, now_us: int) -> None:
    """Makes a mail due now. Facts about people and events that were remembered before now are asked for again."""
    await tx.run(
        "UPDATE notification SET at_us = $2, next_try_us = $2 WHERE notification_id = $1", notification_id, now_us
    )


async def release(tx: Tx, person_id: str, now_us: int) -> None:
    """Makes all withheld mail of a person due now."""
    released = """
        UPDATE notification SET mail = 'PENDING', at_us = $2, next_try_us = $2, tries = 0
        WHERE buyer_id = $1 AND mail = 'WITHHELD'
    """
    await tx.run(released, person_id, now_us)


async def holds_paid(tx: Tx, event_id: str, buyer_id: str) -> bool:
    """Whether any of a holder's tickets of an event are paid."""
    row = await tx.one("SELECT paid FROM ticket_holder WHERE event_id = $1 AND buyer_id = $2", event_id, buyer_id)
    return row is not None and bool(row[0])
