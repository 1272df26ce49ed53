"""pricing's RPCs."""

from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.refusals import CurrencyMismatch
from services.kit.db import Database
from services.kit.rpc import Call, page_of
from services.kit.values import Clock
from services.pricing import check, convert, quotes, store, transactions
from services.pricing.coupons import Coupon
from services.pricing.neighbours import Events, Participants
from services.pricing.quoting import Quoting


class Pricing:
    """Serves PricingService."""

    def __init__(self, database: Database, clock: Clock, events: Events, quoting: Quoting) -> None:
        """database: pricing's own."""
        self.database = database
        self.clock = clock
        self.events = events
        self.quoting = quoting

    async def Quote(self, request: pb.QuoteRequest, call: Call) -> pb.QuoteResponse:
        """What the caller would pay; at the counter, what a customer would."""
        caller = call.caller
        sells = caller.is_member and (await self.events.get(request.event_id)).organizer_id == caller.organizer_id
        quote = await self.quoting.quote(
            request.event_id,
            request.items,
            request.coupon_code,
            counted_by=call.counted_by,
            tried_by=caller.subject_id,
            participant_id="" if sells else caller.subject_id,
        )
        return pb.QuoteResponse(quote=convert.quote_pb(quote, call.language))

    async def CreateCoupon(self, request: pb.CreateCouponRequest, call: Call) -> pb.CreateCouponResponse:
        """A coupon for an event of the caller's."""
        check.coupon(request)
        asked = convert.coupon(request, call.caller.organizer_id)
        coupon = await self.database.read(transactions.repeated_coupon, asked)
        if coupon is None:
            # Only a new coupon has to fit today's event and time: a repeat answers whatever has passed since.
            check.still_to_come(request.expires_at, now_us=self.clock.now_us())
            await self._check_event(asked)
            coupon = await self.database.write(transactions.create_coupon, asked)
        return pb.CreateCouponResponse(coupon=convert.coupon_pb(coupon))

    async def _check_event(self, coupon: Coupon) -> None:
        event = await self.events.own(coupon.event_id, coupon.organizer_id)
        for ticket_type_id in coupon.ticket_type_ids:
            quotes.type_of(event, ticket_type_id)
        if coupon.amount and coupon.amount.currency != event.currency:
            raise CurrencyMismatch(expected=event.currency)

    async def ListCoupons(self, request: pb.ListCouponsRequest, call: Call) -> pb.ListCouponsResponse:
        """The coupons of an event of the caller's."""
        organizer_id = call.caller.organizer_id
        page = page_of(request, request.page, caller=organizer_id, key=(str,))
        after = str(page.after[0]) if page.after else ""
        coupons = await self.database.read(store.coupons_after, request.event_id, organizer_id, after, page.size)
        if not coupons:
            await self.events.own(request.event_id, organizer_id)
            return pb.ListCouponsResponse()
        return pb.ListCouponsResponse(
            coupons=[convert.coupon_pb(coupon) for coupon in coupons],
            next_page_token=page.token(coupons, (coupons[-1].code,)),
        )


class Mesh:
    """Serves PricingMesh."""

    def __init__(self, database: Database, clock: Clock, participants: Participants, quoting: Quoting) -> None:
        """database: pricing's own."""
        self.database = database
        self.clock = clock
        self.participants = participants
        self.quoting = quoting

    async def QuoteOrder(self, request: pb.QuoteOrderRequest, call: Call) -> pb.QuoteOrderResponse:
        """What an order of the buyer would cost."""
        quote = await self.quoting.quote(
            request.event_id,
            request.items,
            request.coupon_code,
            counted_by=request.counted_by or request.buyer_id,
            tried_by=request.buyer_id,
            participant_id=request.participant_id,
        )
        return pb.QuoteOrderResponse(quote=convert.quote_pb(quote))

    async def ReserveRedemption(self, request: pb.ReserveRedemptionRequest, call: Call) -> pb.ReserveRedemptionResponse:
        """Counts an order's use of a coupon."""
        check.redemption(request)
        use = convert.redemption(request)
        if await self.database.read(transactions.is_reserved, use):
            return pb.ReserveRedemptionResponse()
        coupon = await self.database.read(transactions.existing_coupon, use.coupon_id)
        limited = coupon.uses_per_participant_max > 0
        keys = await self.participants.keys(use.buyer_id) if limited else ()
        await self.database.write(transactions.reserve, use, coupon, keys, now_us=self.clock.now_us())
        return pb.ReserveRedemptionResponse()

    async def ReleaseRedemption(self, request: pb.ReleaseRedemptionRequest, call: Call) -> pb.ReleaseRedemptionResponse:
        """Gives an order's use of a coupon back."""
        await self.database.write(transactions.release, request.order_id, now_us=self.clock.now_us())
        return pb.ReleaseRedemptionResponse()
