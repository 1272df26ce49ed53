"""pricing's RPCs for buyers and organizers."""

from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.refusals import CurrencyMismatch
from services.kit.db import Database
from services.kit.rpc import Call, Caller, page_of
from services.kit.values import Clock, from_timestamp
from services.pricing import check, convert, quotes, store, transactions
from services.pricing.coupons import Coupon
from services.pricing.neighbours import Events, Holds
from services.pricing.quotes import Asked
from services.pricing.quoting import Quoting


class PricingService:
    """Serves PricingService, the RPCs that buyers and organizers call."""

    def __init__(self, database: Database, clock: Clock, events: Events, holds: Holds, quoting: Quoting) -> None:
        self.database = database
        self.clock = clock
        self.events = events
        self.holds = holds
        self.quoting = quoting

    async def Quote(self, request: pb.QuoteRequest, call: Call) -> pb.QuoteResponse:
        caller = call.caller
        sells = caller.is_member and (await self.events.get(request.event_id)).organizer_id == caller.organizer_id
        asked, held_us = await self._asked(request, caller)
        quote = await self.quoting.quote(
            request.event_id,
            asked,
            request.coupon_code,
            counted_by=call.counted_by,
            tried_by=caller.subject_id,
            participant_id="" if sells else caller.subject_id,
            held_us=held_us,
        )
        return pb.QuoteResponse(quote=convert.quote_pb(quote, call.language))

    async def _asked(self, request: pb.QuoteRequest, caller: Caller) -> tuple[list[Asked], int | None]:
        """The tickets of a request, with their lots if a hold has them, and when they were held."""
        asked = convert.asked(request.items)
        check.items(asked)
        if not request.hold_id:
            return asked, None
        hold = await self.holds.get(request.hold_id, caller.subject_id, request.event_id)
        return quotes.as_held(asked, convert.places(hold)), from_timestamp(hold.held_at)

    async def CreateCoupon(self, request: pb.CreateCouponRequest, call: Call) -> pb.CreateCouponResponse:
        check.coupon(request)
        asked = convert.coupon(request, call.caller.organizer_id)
        coupon = await self.database.read(transactions.repeated_coupon, asked)
        if coupon is None:
            # A repeat skips these checks: it must succeed even after the coupon has expired.
            check.future(request.expires_at, now_us=self.clock.now_us())
            await self._check_scope(asked)
            coupon = await self.database.write(transactions.create_coupon, asked)
        return pb.CreateCouponResponse(coupon=convert.coupon_pb(coupon))

    async def _check_scope(self, coupon: Coupon) -> None:
        if convert.is_series(coupon.scope_id):
            terms = await self.events.series(coupon.scope_id, coupon.organizer_id)
            check.names(coupon.ticket_type_names, terms.ticket_type_names)
            currency = terms.currency
        else:
            event = await self.events.own(coupon.scope_id, coupon.organizer_id)
            for ticket_type_id in coupon.ticket_type_ids:
                quotes.type_of(event, ticket_type_id)
            currency = event.currency
        if coupon.amount and coupon.amount.currency != currency:
            raise CurrencyMismatch(expected=currency)

    async def ListCoupons(self, request: pb.ListCouponsRequest, call: Call) -> pb.ListCouponsResponse:
        organizer_id, scope_id = call.caller.organizer_id, request.series_id or request.event_id
        page = page_of(request, request.page, caller=organizer_id, key=(str,))
        after = str(page.after[0]) if page.after else ""
        coupons = await self.database.read(store.coupons_after, scope_id, organizer_id, after, page.size)
        if not coupons:
            await (self.events.series if request.series_id else self.events.own)(scope_id, organizer_id)
            return pb.ListCouponsResponse()
        return pb.ListCouponsResponse(
            coupons=[convert.coupon_pb(coupon) for coupon in coupons],
            next_page_token=page.token(coupons, (coupons[-1].code,)),
        )
