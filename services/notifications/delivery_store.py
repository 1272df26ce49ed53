"""notifications' SQL about deliveries: those that are due, their ends, and the counts of mail to unproven addresses."""

from collections.abc import Iterable, Sequence

from services.kit.db import Tx, of_shards
from services.notifications import store
from services.notifications.deliveries import ChannelName, Delivery, DeliveryState


async def add(tx: Tx, delivery: Delivery) -> None:
    """Writes a new delivery, due as soon as it may leave."""
    await tx.defer(
        """INSERT INTO delivery (notification_id, channel, rank, at_us, next_try_us, shard)
           VALUES ($1, $2, $3, $4, $4, $5)""",
        delivery.notice.notification_id,
        delivery.channel,
        delivery.notice.rank,
        delivery.at_us,
        delivery.notice.shard,
    )


async def find(tx: Tx, notification_id: str, channel: ChannelName) -> Delivery | None:
    """The delivery of a notice by a channel, with the notice."""
    wanted = f"""
        SELECT {store.COLUMNS}, delivery.at_us, delivery.state, delivery.tries, delivery.counted FROM delivery
        JOIN notification ON notification.notification_id = delivery.notification_id
        WHERE delivery.notification_id = $1 AND delivery.channel = $2
    """
    row = await tx.one(wanted, notification_id, channel)
    if row is None:
        return None
    *of_notice, at_us, state, tries, counted = row
    return Delivery(
        notice=store.notice_of(of_notice),
        channel=channel,
        at_us=at_us,
        state=DeliveryState(state),
        tries=tries,
        counted=bool(counted),
    )


async def due(
    tx: Tx, channel: ChannelName, shards: Sequence[int], ranks: tuple[int, int], *, now_us: int, limit: int
) -> list[tuple[str, int]]:
    """(id, shard) of notices with a due delivery of some shards by a channel, the lowest rank first. ranks: the lowest
    and the highest."""
    in_order = "ORDER BY rank, next_try_us LIMIT $5"
    of_shard = f"""
        SELECT notification_id, shard, rank, next_try_us FROM delivery
        WHERE channel = $1 AND {{in_shard}} AND state = 'PENDING' AND rank BETWEEN $2 AND $3
            AND next_try_us <= $4 {in_order}
    """
    wanted = f"SELECT notification_id, shard FROM ({of_shards(of_shard, shards)}) AS due {in_order}"
    return [(row[0], row[1]) for row in await tx.all(wanted, channel, *ranks, now_us, limit)]


async def waiting(tx: Tx, channel: ChannelName, now_us: int) -> tuple[int, int]:
    """How many deliveries by a channel are due and have not left, and when the oldest of them became due; 0 if there
    are none. A notice that still waits for its text counts as one."""
    wanted = """
        SELECT count(*), coalesce(min(at_us), 0) FROM (
            SELECT at_us FROM delivery WHERE channel = $1 AND state = 'PENDING' AND at_us <= $2
            UNION ALL
            SELECT at_us FROM notification WHERE state = 'PENDING' AND at_us <= $2
        ) AS due
    """
    (row,) = await tx.all(wanted, channel, now_us)
    return row[0], row[1]


async def is_counted(tx: Tx, delivery: Delivery) -> bool | None:
    """Whether a waiting delivery has been counted; None if it does not wait any more."""
    wanted = "SELECT counted FROM delivery WHERE notification_id = $1 AND channel = $2 AND state = 'PENDING'"
    row = await tx.one(wanted, delivery.notice.notification_id, delivery.channel)
    return bool(row[0]) if row else None


async def tickets_state(tx: Tx, order_id: str, channel: ChannelName) -> DeliveryState | None:
    """The state of the delivery of an order's tickets by a channel; None if there is none yet."""
    wanted = """
        SELECT state FROM delivery WHERE channel = $2 AND notification_id IN
            (SELECT notification_id FROM notification WHERE dedup_key = $1 AND kind = 'TICKETS')
    """
    row = await tx.one(wanted, order_id, channel)
    return DeliveryState(row[0]) if row else None


async def drop_confirmation(tx: Tx, tickets: Delivery) -> int:
    """Drops the delivery of an order's confirmation, unless it has ended. Returns how many it drops, one or none.
    tickets: the delivery of the order's tickets."""
    dropped = """
        UPDATE delivery SET state = 'DROPPED'
        WHERE channel = $2 AND state IN ('PENDING', 'WITHHELD') AND notification_id IN
            (SELECT notification_id FROM notification WHERE dedup_key = $1 AND kind = 'ORDER_PAID')
    """
    return await tx.run(dropped, tickets.notice.dedup_key, tickets.channel)


async def hurry_confirmation(tx: Tx, tickets: Delivery, now_us: int) -> None:
    """Makes the delivery of an order's confirmation due now if it still waits for its first try. tickets: the delivery
    of the order's tickets."""
    hurried = """
        UPDATE delivery SET at_us = $3, next_try_us = $3
        WHERE channel = $2 AND state = 'PENDING' AND tries = 0 AND next_try_us > $3 AND notification_id IN
            (SELECT notification_id FROM notification WHERE dedup_key = $1 AND kind = 'ORDER_PAID')
    """
    await tx.run(hurried, tickets.notice.dedup_key, tickets.channel, now_us)


async def settle(tx: Tx, delivery: Delivery, state: DeliveryState) -> None:
    """Notes the end of a delivery. state: SENT or DROPPED."""
    await tx.run(
        "UPDATE delivery SET state = $3 WHERE notification_id = $1 AND channel = $2",
        delivery.notice.notification_id,
        delivery.channel,
        state,
    )


async def try_again(tx: Tx, delivery: Delivery, *, at_us: int) -> None:
    """Notes that a try has failed, and when the next one is due."""
    await tx.run(
        "UPDATE delivery SET tries = tries + 1, next_try_us = $3 WHERE notification_id = $1 AND channel = $2",
        delivery.notice.notification_id,
        delivery.channel,
        at_us,
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


async def note_counted(tx: Tx, delivery: Delivery) -> None:
    """Notes that a delivery is counted, so that later tries of it are not."""
    await tx.defer(
        "UPDATE delivery SET counted = 1 WHERE notification_id = $1 AND channel = $2",
        delivery.notice.notification_id,
        delivery.channel,
    )


async def is_proven(tx: Tx, person_id: str) -> bool:
    """Whether a person's address is known to be proven."""
    return await tx.one("SELECT 1 FROM proven_person WHERE person_id = $1", person_id) is not None


async def note_proven(tx: Tx, person_id: str) -> None:
    """Notes that a person's address is proven."""
    await tx.run("INSERT INTO proven_person (person_id) VALUES ($1) ON CONFLICT DO NOTHING", person_id)


async def withhold(tx: Tx, delivery: Delivery) -> None:
    """Withholds a waiting delivery until its reader's address is proven."""
    kept = """
        UPDATE delivery SET state = 'WITHHELD' WHERE notification_id = $1 AND channel = $2 AND state = 'PENDING'
    """
    await tx.run(kept, delivery.notice.notification_id, delivery.channel)


async def make_due(tx: Tx, delivery: Delivery, now_us: int) -> None:
    """Makes a delivery due now. Facts about people and events that were remembered before now are asked for again."""
    await tx.run(
        "UPDATE delivery SET at_us = $3, next_try_us = $3 WHERE notification_id = $1 AND channel = $2",
        delivery.notice.notification_id,
        delivery.channel,
        now_us,
    )


async def release(tx: Tx, person_id: str, *, now_us: int, confirmations_us: int) -> None:
    """Makes all withheld deliveries to a person due now, and those of confirmations at confirmations_us."""
    for operator, due_us in (("<>", now_us), ("=", confirmations_us)):
        released = f"""
            UPDATE delivery SET state = 'PENDING', at_us = $2, next_try_us = $2, tries = 0
            WHERE state = 'WITHHELD' AND notification_id IN
                (SELECT notification_id FROM notification WHERE buyer_id = $1 AND kind {operator} 'ORDER_PAID')
        """
        await tx.run(released, person_id, due_us)
