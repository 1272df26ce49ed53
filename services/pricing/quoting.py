"""Makes a quote in four steps: the event, the coupon, the participant, then the price."""

from collections.abc import Sequence

from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem
from eventhub.refusals import CouponUnknown
from services.kit.db import Database
from services.kit.rpc import Guesses
from services.kit.values import Clock
from services.pricing import check, convert, coupons, quotes, store
from services.pricing.coupons import Coupon
from services.pricing.neighbours import Events, Participants
from services.pricing.quotes import Event, Quote


class Quoting:
    """Makes quotes for buyers and for orders, by the same rules."""

    def __init__(self, database: Database, clock: Clock, events: Events, participants: Participants) -> None:
        self._database = database
        self._clock = clock
        self._events = events
        self._participants = participants
        self._guesses = Guesses(clock)

    async def quote(
        self,
        event_id: str,
        items: Sequence[QuoteItem],
        coupon_code: str,
        *,
        counted_by: str,
        tried_by: str,
        participant_id: str,
        held_us: int | None = None,
    ) -> Quote:
        """The price of items. counted_by: the person or network address by which wrong codes are counted. tried_by: the
        session or member that tries this code. participant_id: the person whose uses of the coupon are counted; empty
        if none are. held_us: when the items were held; None if they are not, then the prices are those of now. Raises
        the refusals that PricingService.Quote lists."""
        check.items(items)
        event = await self._events.get(event_id)
        wanted = [(item.ticket_type_id, item.quantity) for item in items]
        chosen = quotes.choose(event, wanted, held_us=held_us, now_us=self._clock.now_us())
        coupon = await self._coupon(event, coupon_code, counted_by, tried_by) if coupon_code else None
        if coupon and participant_id:
            await self._check_participant(coupon, participant_id)
        return quotes.price(event, chosen, coupon)

    async def _coupon(self, event: Event, coupon_code: str, counted_by: str, tried_by: str) -> Coupon:
        """The coupon of a code, if it can still be used. Raises a refusal if not."""
        coupon = await self._known(event, coupon_code, counted_by, tried_by)
        now_us = self._clock.now_us()
        coupons.check_time(coupon, now_us=now_us, time_zone=event.time_zone)
        coupons.check_uses(coupon)
        return coupon

    async def _check_participant(self, coupon: Coupon, participant_id: str) -> None:
        """Raises CouponLimitReached, or ContactUnverified if the person has no proven contact to count uses by."""
        if coupon.uses_per_participant_max:
            keys = await self._participants.keys(participant_id)
            uses = await self._database.read(store.participant_uses, coupon.coupon_id, keys)
            coupons.check_participant(coupon, keys, uses)

    async def _known(self, event: Event, coupon_code: str, counted_by: str, tried_by: str) -> Coupon:
        """Looks up a code's coupon in its turn. Raises CouponUnknown, or TooManyRequests after too many wrong codes."""

        async def find() -> Coupon | None:
            return await self._database.read(
                store.find_coupon_by_code, event.event_id, event.series_id, convert.code(coupon_code)
            )

        # Codes of a series can be tried at any of its nights, so its nights count together.
        guessed_at = event.series_id or event.event_id
        coupon = await self._guesses.look_up(guessed_at, find, counted_by=counted_by, tried_by=tried_by)
        if coupon is None:
            raise CouponUnknown
        return coupon
