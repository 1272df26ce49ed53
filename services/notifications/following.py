"""Effects of other contexts' facts on notices and announcements."""

import json
from typing import Protocol

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.common.v1.feed_pb2 import Fact
from eventhub.identity.v1.identity_events_pb2 import (
    AccessCodeIssued,
    AddressClaimed,
    ContactProven,
    GuestMerged,
    MemberInvited,
)
from eventhub.inventory.v1.inventory_events_pb2 import WaitingOffered, WaitingOfferLapsed
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderRefundChanged
from eventhub.orders.v1.orders_pb2 import (
    ORDER_REFUND_STATE_DONE,
    ORDER_REFUND_STATE_OWED,
    Order,
)
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated, TicketsRevoked
from services.kit.db import Tx
from services.kit.values import Clock, from_timestamp
from services.notifications import changes, convert, delivery_transactions, notices, store, transactions
from services.notifications.notices import Holding, NoticeKind

# The states of a refund that the buyer is told of.
REFUNDS = {
    ORDER_REFUND_STATE_DONE: NoticeKind.ORDER_REFUNDED,
    ORDER_REFUND_STATE_OWED: NoticeKind.REFUND_OWED,
}


class AboutOrder(Protocol):
    """A fact that contains its order."""

    @property
    def order(self) -> Order:
        """The order at the time of the fact."""


class Following:
    """Makes notices and announcements of facts."""

    def __init__(self, clock: Clock, *, changes_wait_us: int) -> None:
        """clock: for the time at which a notice becomes due. changes_wait_us: how long changes of an event are gathered
        for one message."""
        self.clock = clock
        self.changes_wait_us = changes_wait_us

    async def take_paid(self, tx: Tx, message: OrderPaid, fact: Fact) -> None:
        """Notes that the buyer is told of a paid order."""
        await self._note_order(tx, NoticeKind.ORDER_PAID, message)

    async def take_pending(self, tx: Tx, message: OrderPaymentPending, fact: Fact) -> None:
        """Notes that the buyer is told of an order that waits for the payment provider."""
        await self._note_order(tx, NoticeKind.PAYMENT_PENDING, message)

    async def take_failed(self, tx: Tx, message: OrderFailed, fact: Fact) -> None:
        """Notes that the buyer is told of a failed order. The notice mentions places only if they are still held."""
        until_us = from_timestamp(message.held_until) if message.HasField("held_until") else 0
        held_until_us = until_us if until_us > self.clock.now_us() else None
        await self._note_order(tx, NoticeKind.ORDER_FAILED, message, held_until_us=held_until_us)

    async def take_refund(self, tx: Tx, message: OrderRefundChanged, fact: Fact) -> None:
        """Notes that the buyer is told of a refund that is done or owed. One that is under way, refused or paid by hand
        makes no notice."""
        order, kind = message.order, REFUNDS.get(message.refund.state)
        if kind is None or not notices.has_reader(order.buyer_id):
            return
        notice = notices.new_notice(
            kind,
            dedup_key=message.refund.refund_id,
            buyer_id=order.buyer_id,
            payload=convert.refund_payload(message),
            at_us=self.clock.now_us(),
            event_id=order.event_id,
            order_id=order.order_id,
        )
        await transactions.note(tx, notice)

    async def take_issued(self, tx: Tx, message: TicketsIssued, fact: Fact) -> None:
        """Notes that the buyer holds tickets of the event and is told of them."""
        if not notices.has_reader(message.buyer_id):
            return
        order, now_us = message.order, self.clock.now_us()
        since_us = min((from_timestamp(ticket.issued_at) for ticket in message.tickets), default=now_us)
        await transactions.note_holder(
            tx,
            Holding(
                order_id=order.order_id,
                event_id=order.event_id,
                buyer_id=message.buyer_id,
                serials=tuple(ticket.serial for ticket in message.tickets),
                paid=convert.counts_as_paid(order),
                since_us=since_us,
            ),
            now_us=now_us,
        )
        notice = notices.new_notice(
            NoticeKind.TICKETS,
            dedup_key=order.order_id,
            buyer_id=message.buyer_id,
            payload=convert.tickets_payload(message),
            at_us=now_us,
            event_id=order.event_id,
            order_id=order.order_id,
        )
        await store.note_bought(tx, order.session_id or order.buyer_id, order.order_id, order.event_id)
        await transactions.note(tx, notice)

    async def take_reseated(self, tx: Tx, message: TicketsReseated, fact: Fact) -> None:
        """Notes that the buyer is told of other seats, once for each move. Mail about the order that has not left yet,
        such as tickets that wait for the proof of an address, names the new seats."""
        order = message.order
        if not notices.has_reader(message.buyer_id):
            return
        for notice in await store.of_order(tx, order.order_id):
            await store.save_payload(tx, notice.notification_id, convert.with_seats(notice.payload, message))
        payload = convert.moves_payload(message)
        if payload is None:
            return
        notice = notices.new_notice(
            NoticeKind.SEATS_MOVED,
            dedup_key=f"{order.order_id}@{order.version}",
            buyer_id=message.buyer_id,
            payload=payload,
            at_us=self.clock.now_us(),
            event_id=order.event_id,
            order_id=order.order_id,
        )
        await transactions.note(tx, notice)

    async def take_revoked(self, tx: Tx, message: TicketsRevoked, fact: Fact) -> None:
        """Notes that tickets let nobody in any more. Mail that has not left yet does without them."""
        revoked = frozenset(ticket.serial for ticket in message.tickets)
        await transactions.revoke(tx, message.event_id, message.order_id, revoked)

    async def take_changed(self, tx: Tx, message: EventChanged, fact: Fact) -> None:
        """Notes that all holders of an event's tickets are told of its changes. Those of an event that is over concern
        no one."""
        now_us = self.clock.now_us()
        change = convert.change(message, at_us=now_us)
        if changes.concerns_holders(change, ends_us=from_timestamp(message.event.ends_at), now_us=now_us):
            due_us = changes.due_us(change, wait_us=self.changes_wait_us, now_us=now_us)
            await transactions.note_change(tx, change, due_us=due_us)

    async def take_offered(self, tx: Tx, message: WaitingOffered, fact: Fact) -> None:
        """Notes that a person on a waiting list is told of an offer."""
        await self._note_offer(tx, NoticeKind.WAITING_OFFERED, message)

    async def take_offer_lapsed(self, tx: Tx, message: WaitingOfferLapsed, fact: Fact) -> None:
        """Notes that a person is told that the time of an offer is over."""
        await self._note_offer(tx, NoticeKind.WAITING_OFFER_LAPSED, message)

    async def _note_offer(self, tx: Tx, kind: NoticeKind, message: WaitingOffered | WaitingOfferLapsed) -> None:
        notice = notices.new_notice(
            kind,
            dedup_key=message.entry_id,
            buyer_id=message.buyer_id,
            payload=convert.offer_payload(message),
            at_us=self.clock.now_us(),
            event_id=message.event_id,
        )
        await transactions.note(tx, notice)

    async def take_code(self, tx: Tx, message: AccessCodeIssued, fact: Fact) -> None:
        """Notes that an access code is sent."""
        await transactions.note(tx, notices.access_code(message.code_id, at_us=self.clock.now_us()))

    async def take_invited(self, tx: Tx, message: MemberInvited, fact: Fact) -> None:
        """Notes that a member is told of an organizer's invitation."""
        await self._note_account(tx, NoticeKind.MEMBER_INVITED, message, fact)

    async def take_claimed(self, tx: Tx, message: AddressClaimed, fact: Fact) -> None:
        """Notes that an account is told that an organizer was registered with its address."""
        await self._note_account(tx, NoticeKind.ADDRESS_CLAIMED, message, fact)

    async def _note_account(
        self, tx: Tx, kind: NoticeKind, message: MemberInvited | AddressClaimed, fact: Fact
    ) -> None:
        notice = notices.new_notice(
            kind,
            dedup_key=f"{message.organizer_id}@{fact.position}",
            buyer_id=message.account_id,
            payload=json.dumps({"organizer_id": message.organizer_id}),
            at_us=self.clock.now_us(),
        )
        await transactions.note(tx, notice)

    async def take_merged(self, tx: Tx, message: GuestMerged, fact: Fact) -> None:
        """Gives a guest session's notices and tickets to the person that it was merged into."""
        now_us = self.clock.now_us()
        await transactions.merge(tx, message.from_subject_id, message.into_subject_id, now_us=now_us)

    async def take_proven(self, tx: Tx, message: ContactProven, fact: Fact) -> None:
        """Notes that a person's address is proven, and makes withheld deliveries due."""
        await delivery_transactions.prove(tx, message.subject_id, now_us=self.clock.now_us())

    async def _note_order(
        self, tx: Tx, kind: NoticeKind, message: AboutOrder, *, held_until_us: int | None = None
    ) -> None:
        order = message.order
        if not notices.has_reader(order.buyer_id):
            return
        notice = notices.new_notice(
            kind,
            dedup_key=order.order_id,
            buyer_id=order.buyer_id,
            payload=convert.order_payload(order, held_until_us=held_until_us),
            at_us=self.clock.now_us(),
            event_id=order.event_id,
            order_id=order.order_id,
        )
        await store.note_bought(tx, order.session_id or order.buyer_id, order.order_id, order.event_id)
        await transactions.note(tx, notice)
