"""The RPCs of refunds, for buyers and organizers."""

import asyncio

from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.orders.v1 import orders_service_pb2 as pb
from services.kit.db import Database
from services.kit.feeds import CaughtUp
from services.kit.rpc import Call, Caller, fitting, page_of
from services.kit.values import Clock, fingerprint
from services.kit.work import Runner
from services.orders import convert as order_convert
from services.orders import transactions as order_transactions
from services.orders.orders import Order
from services.orders.refunds import check, convert, rules, store, transactions
from services.orders.refunds.neighbours import RefundSteps
from services.orders.refunds.refund import Refund, RefundGround
from services.orders.refunds.rules import Offer
from services.orders.servicer import LATEST, PATIENCE_S


class RefundsService:
    """Serves the contract's RefundsService."""

    def __init__(self, database: Database, clock: Clock, *, steps: RefundSteps, saga: Runner[Order]) -> None:
        """database: orders' own. steps: asks the other contexts. saga: takes refunds through their saga."""
        self.database = database
        self.clock = clock
        self._steps = steps
        self._saga = saga
        self._identity = CaughtUp(database)

    async def PreviewRefund(self, request: pb.PreviewRefundRequest, call: Call) -> pb.PreviewRefundResponse:
        await self._identity.wait(call.caller)
        order = await self.database.read(order_transactions.visible, request.order_id, call.caller)
        rules.check_refundable(order)
        lines = rules.chosen(order, request.line_ids)
        if is_organizers(order, call.caller):
            price_minor = rules.price_left(order, list(lines.values()))
            return convert.offer_pb(Offer(RefundGround.ORGANIZER, price_minor, 0, 0), order.currency)
        terms = await self._steps.terms(order.event_id)
        offered = rules.offer(order, lines, terms, now_us=self.clock.now_us())
        return convert.offer_pb(offered, order.currency)

    async def RefundOrder(self, request: pb.RefundOrderRequest, call: Call) -> pb.RefundOrderResponse:
        await self._identity.wait(call.caller)
        order = await self.database.read(order_transactions.visible, request.order_id, call.caller)
        known = await self.database.read(store.find, request.refund_id)
        if known is None:
            wanted = await self._wanted(request, order, call)
            order = await self.database.write(transactions.begin, wanted, order, now_us=self.clock.now_us())
        else:
            transactions.check_repeat(known, request.order_id, fingerprint(request))
        return pb.RefundOrderResponse(order=order_convert.order_pb(await self._advanced(request.refund_id)))

    async def _wanted(self, request: pb.RefundOrderRequest, order: Order, call: Call) -> Refund:
        """The refund that a call asks for. Raises as RefundOrder."""
        rules.check_refundable(order)
        rules.check_under_way(order)
        now_us = self.clock.now_us()
        lines = {} if request.money_only else rules.chosen(order, request.line_ids)
        if is_organizers(order, call.caller):
            check.members_request(request, order, box_office=call.caller.role == ROLE_BOX_OFFICE)
            wanted_minor = request.amount.minor if request.HasField("amount") else None
            offered = rules.organizers_offer(order, lines, wanted_minor)
        else:
            check.buyers_request(request, order)
            terms = await self._steps.terms(order.event_id)
            offered = rules.offer(order, lines, terms, now_us=now_us)
            check.expected(request, offered)
        return convert.refund_of(request, order, lines, offered, caller=call.caller, now_us=now_us)

    async def _advanced(self, refund_id: str) -> Order:
        """The order of a refund after its saga has ended or has to wait, or after PATIENCE_S."""
        await asyncio.wait({self._saga.start(refund_id)}, timeout=PATIENCE_S)
        _, order = await self.database.read(transactions.known, refund_id)
        return order

    async def ListRefunds(self, request: pb.ListRefundsRequest, call: Call) -> pb.ListRefundsResponse:
        page = page_of(request, request.page, caller=call.caller.subject_id, key=(int, str))
        before = (int(page.after[0]), str(page.after[1])) if page.after else LATEST
        found = await self.database.read(
            store.page,
            call.caller.organizer_id,
            request.event_id,
            owed_only=request.owed_only,
            before=before,
            limit=page.size,
        )
        shown = fitting([convert.listed_pb(refund, number, currency) for refund, number, currency in found])
        last = (found[len(shown) - 1][0].created_us, found[len(shown) - 1][0].refund_id) if shown else ()
        return pb.ListRefundsResponse(
            refunds=shown, next_page_token=page.token(found, last, cut=len(shown) < len(found))
        )

    async def SettleRefund(self, request: pb.SettleRefundRequest, call: Call) -> pb.SettleRefundResponse:
        refund = await self.database.read(transactions.existing, request.refund_id)
        transactions.check_owed(refund, call.caller.organizer_id)
        await self._steps.settle(request.refund_id)
        order = await self.database.write(
            transactions.settle,
            request.refund_id,
            call.caller.organizer_id,
            request.note,
            now_us=self.clock.now_us(),
        )
        return pb.SettleRefundResponse(order=order_convert.order_pb(order))


def is_organizers(order: Order, caller: Caller) -> bool:
    """Whether a caller gives an order back for its organizer, not as its buyer."""
    return caller.is_member and caller.organizer_id == order.organizer_id
