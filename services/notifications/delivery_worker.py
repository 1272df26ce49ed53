"""The delivery worker sends the due deliveries of a channel, and tries each until the channel takes it or it is given
up. It knows no channel's details: see channels.py for those."""

import json
from collections.abc import Sequence
from typing import Generic, TypeVar

from eventhub.refusals import CodeExpired
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import SECOND_US, Clock
from services.kit.work import DueKey, Runner
from services.notifications import (
    announcement_store,
    deliveries,
    delivery_store,
    delivery_transactions,
    holder_store,
    notices,
    unproven,
)
from services.notifications.channels import (
    AddressInvalid,
    Channel,
    DeliveryBlocked,
    DeliveryDelayed,
    DeliveryRefused,
    Message,
)
from services.notifications.deliveries import WORDS, ChannelName, Delivery, DeliveryState, Reason
from services.notifications.delivery_metrics import DeliveryMetrics
from services.notifications.delivery_transactions import Admission, Stranger
from services.notifications.neighbours import Neighbours, Reader
from services.notifications.notices import Notice, NoticeKind
from services.notifications.texts import Event
from services.notifications.unproven import Course

T = TypeVar("T")

# How many deliveries other than access codes a channel has under way at once.
PATIENT_AT_ONCE_MAX = 16
# After this time the log repeats that nothing can leave.
SAY_AGAIN_US = 60 * SECOND_US


class LeftOut(Exception):
    """A delivery is left out on purpose, which is no failure."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Withheld(Exception):
    """A delivery waits until the reader's address is proven."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class DeliveryWorker(Generic[T]):
    """Sends the deliveries of one channel."""

    def __init__(
        self,
        name: str,
        database: Database,
        clock: Clock,
        *,
        channel_name: ChannelName,
        channel: Channel[T],
        neighbours: Neighbours,
    ) -> None:
        """name: for the log. database: notifications' own."""
        self.runner = Runner(f"{name} {WORDS[channel_name]}", clock, database.shards, due=self._due, do=self._do)
        self.metrics = DeliveryMetrics(database, clock, channel_name)
        self._database = database
        self._clock = clock
        self._channel_name = channel_name
        self._channel = channel
        self._neighbours = neighbours
        # The ranks of the deliveries under way, by notification id.
        self._under_way: dict[str, int] = {}
        # The words last logged about a blocked channel, and when.
        self._said = ("", 0)
        self._word = WORDS[channel_name]
        self._log = log.get(name)

    async def _due(self, limit: int, shards: Sequence[int]) -> list[DueKey]:
        """Due deliveries of some shards, without those under way. Other deliveries take at most PATIENT_AT_ONCE_MAX
        places, so access codes find a free place even if the channel is slow."""
        codes = await self._due_of(shards, notices.URGENT, limit + len(self._under_way))
        patient = sum(rank > notices.URGENT[1] for rank in self._under_way.values())
        others = await self._due_of(shards, notices.PATIENT, PATIENT_AT_ONCE_MAX + patient)
        first = [(key, shard) for key, shard in codes if key not in self._under_way]
        waiting = [(key, shard) for key, shard in others if key not in self._under_way]
        return (first + waiting[: max(0, PATIENT_AT_ONCE_MAX - patient)])[:limit]

    async def _due_of(self, shards: Sequence[int], ranks: tuple[int, int], limit: int) -> list[DueKey]:
        now_us = self._clock.now_us()
        return await self._database.read(
            delivery_store.due, self._channel_name, shards, ranks, now_us=now_us, limit=limit
        )

    async def _do(self, notification_id: str) -> None:
        """Sends a delivery, unless it has been sent or dropped. A repeat has the same id for the reader's programs."""
        # Before the first await, so that the next look for due deliveries counts it. Until its rank is read it counts
        # as a patient one.
        self._under_way[notification_id] = notices.PATIENT[1]
        try:
            delivery = await self._database.read(delivery_store.find, notification_id, self._channel_name)
            if delivery is not None and delivery.state is DeliveryState.PENDING:
                self._under_way[notification_id] = delivery.notice.rank
                await self._try(delivery)
        finally:
            del self._under_way[notification_id]
        self.runner.wake()  # a place is free for the next delivery

    async def _try(self, delivery: Delivery) -> None:
        try:
            await self._send(delivery)
        except LeftOut as left:
            await self._settle(delivery, left.reason)
        except Withheld as withheld:
            await self._withhold(delivery, withheld.reason)
        except CodeExpired:
            await self._drop(delivery, Reason.CODE_EXPIRED)
        except AddressInvalid:
            await self._drop(delivery, Reason.NO_ADDRESS)
        except DeliveryRefused as refused:
            await self._drop(delivery, Reason.REFUSED, said=str(refused))
        except Exception as error:  # noqa: BLE001 - any other error may be gone by the next try
            await self._put_off(delivery, error)

    async def _send(self, delivery: Delivery) -> None:
        notice, since_us = delivery.notice, delivery.at_us
        reader = await self._neighbours.reader(notice, since_us=since_us)
        event = await self._neighbours.event(notice, since_us=since_us)
        if not reader.addresses.get(self._channel_name):
            await self._drop(delivery, Reason.NO_RECIPIENT)
            return
        await self._check_needed(notice)
        stranger = await self._stranger(notice, reader, event) if reader.mailbox else None
        composed = await self._channel.compose(await self._message(notice, reader, event, stranger))
        # This is a write. If this replica was paused and has lost the shard, the write fails and nothing is sent.
        now_us = self._clock.now_us()
        admission = await self._database.write(delivery_transactions.admit, delivery, stranger, now_us=now_us)
        if admission is Admission.OVER:
            if unproven.waits_for_proof(notice, paid=stranger is not None and stranger.paid):
                raise Withheld(Reason.OVER_BOUND)
            await self._drop(delivery, Reason.OVER_BOUND)
        elif admission is Admission.TOLD:
            raise LeftOut(Reason.TOLD_WITH_TICKETS)
        elif admission is Admission.GRANTED:
            await self._channel.send(composed)
            await self._end(delivery, DeliveryState.SENT)
            self.metrics.sent += 1

    async def _check_needed(self, notice: Notice) -> None:
        """Leaves out a notice of a change if the person has another one of it, which a merged session brought, and a
        notice of tickets that are all revoked."""
        if notice.kind == NoticeKind.TICKETS and not json.loads(notice.payload)["tickets"]:
            raise LeftOut(Reason.NOTHING_TO_SAY)
        if notice.kind == NoticeKind.EVENT_CHANGED:
            first = await self._database.read(announcement_store.first_notice, notice.dedup_key, notice.buyer_id)
            if first != notice.notification_id:
                raise LeftOut(Reason.NOTHING_TO_SAY)

    async def _stranger(self, notice: Notice, reader: Reader, event: Event) -> Stranger:
        holds_paid = False
        if notice.kind == NoticeKind.EVENT_CHANGED:
            holds_paid = await self._database.read(holder_store.holds_paid, notice.event_id, notice.buyer_id)
        paid = unproven.is_paid(notice, holds_paid=holds_paid)
        organizer_id = event.get("organizer_id") or json.loads(notice.payload).get("organizer_id", "")
        return Stranger(reader.mailbox, organizer_id, paid)

    async def _message(self, notice: Notice, reader: Reader, event: Event, stranger: Stranger | None) -> Message:
        private = reader.private
        if stranger is not None:
            course = unproven.course(notice, paid=stranger.paid)
            if course is Course.LEFT_OUT:
                raise LeftOut(Reason.UNPROVEN)
            if course is Course.WITHHELD:
                raise Withheld(Reason.UNPROVEN)
            private, event = unproven.guarded(private, event, paid=stranger.paid)
        return Message(
            notice=notice,
            address=reader.addresses[self._channel_name],
            language=reader.language,
            event=event,
            private=await self._neighbours.with_tickets(notice, private),
            now_us=self._clock.now_us(),
        )

    async def _put_off(self, delivery: Delivery, error: Exception) -> None:
        said = str(error) if isinstance(error, DeliveryDelayed) else ""
        if isinstance(error, DeliveryBlocked):
            self._complain(said)
        self.metrics.delayed += 1
        at_us = deliveries.next_try_us(delivery, now_us=self._clock.now_us())
        if at_us is None:
            await self._drop(delivery, Reason.TRIED_FOR_TOO_LONG, said=said, **log.error_location(error))
            return
        notification_id = delivery.notice.notification_id
        self._log.info(f"{self._word} delayed", notification_id=notification_id, said=said, **log.error_location(error))
        await self._database.write(delivery_store.try_again, delivery, at_us=at_us)

    def _complain(self, said: str) -> None:
        """Logs that nothing can leave, in the words of the other side: once for all deliveries, and again after a
        minute."""
        now_us = self._clock.now_us()
        if said != self._said[0] or now_us >= self._said[1] + SAY_AGAIN_US:
            self._said = said, now_us
            self._log.error(f"{self._word} cannot leave", said=said)

    async def _withhold(self, delivery: Delivery, reason: Reason) -> None:
        now_us = self._clock.now_us()
        if await self._database.write(delivery_transactions.withhold, delivery, now_us=now_us):
            self.metrics.withheld[reason] += 1

    async def _drop(self, delivery: Delivery, reason: Reason, **more: str) -> None:
        notice = delivery.notice
        self._log.warning(
            f"{self._word} dropped", notification_id=notice.notification_id, kind=notice.kind, why=reason, **more
        )
        await self._settle(delivery, reason)

    async def _settle(self, delivery: Delivery, reason: Reason) -> None:
        await self._end(delivery, DeliveryState.DROPPED)
        self.metrics.dropped[reason] += 1

    async def _end(self, delivery: Delivery, state: DeliveryState) -> None:
        now_us = self._clock.now_us()
        told = await self._database.write(delivery_transactions.settle, delivery, state, now_us=now_us)
        self.metrics.dropped[Reason.TOLD_WITH_TICKETS] += told
