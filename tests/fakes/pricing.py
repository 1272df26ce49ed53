"""The pricing that orders sees: prices, and one coupon."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.common.v1.money_pb2 import Money
from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.pricing.v1.pricing_pb2 import Quote, QuoteLine
from eventhub.refusal import Refusal
from eventhub.refusals import CouponExhausted, CouponLimitReached, CouponUnknown, IdInUse, OrderState
from services.kit.rpc.call import Call
from services.kit.values.money import Money as Amount
from tests.fakes.context import FakeContext

COUPON, COUPON_ID = "TEN", "cpn_ten"


@dataclass(slots=True, kw_only=True)
class FakePricing(FakeContext):
    """Prices tickets; the coupon TEN takes 10 % off.

    prices: minor units by ticket type, of a ticket or of a package.
    packages: how many tickets a package has, by ticket type.
    uses_left: how often the coupon can be used.
    exhausted_at_reserve: other buyers take all uses between quote and reservation.
    refuses_coupon: the refusal of quotes with a coupon.
    counted: participants whose uses of the coupon are used up.
    participants: the participants of all quotes.
    held: when the tickets of all quotes were held.
    redemptions: the state of each order's redemption.
    reserved: the requests for the redemptions that were reserved.
    """

    prices: Mapping[str, int]
    organizer_id: str = "org_casa"
    packages: dict[str, int] = field(default_factory=dict)
    uses_left: int = 100
    exhausted_at_reserve: bool = False
    refuses_coupon: Refusal | None = None
    counted: set[str] = field(default_factory=set)
    participants: list[str] = field(default_factory=list)
    held: list[Timestamp] = field(default_factory=list)
    redemptions: dict[str, str] = field(default_factory=dict)
    reserved: dict[str, pb.ReserveRedemptionRequest] = field(default_factory=dict)

    async def QuoteOrder(self, request: pb.QuoteOrderRequest, call: Call) -> pb.QuoteOrderResponse:
        await self.called("QuoteOrder")
        self.participants.append(request.participant_id)
        self.held.append(request.held_at)
        if request.coupon_code:
            self._check_coupon(request.coupon_code, request.participant_id)
        share = 90 if request.coupon_code else 100
        lines = [self._line(item, share) for item in request.items]
        face = sum(line.unit_face.minor * (line.quantity // (line.package_size or 1)) for line in lines)
        total = sum(line.total.minor for line in lines)
        quote = Quote(event_id=request.event_id, organizer_id=self.organizer_id, lines=lines)
        quote.face.CopyFrom(brl(face))
        quote.discount.CopyFrom(brl(face - total))
        quote.total.CopyFrom(brl(total))
        if request.coupon_code:
            quote.coupon_id, quote.coupon_limited = COUPON_ID, True
        return pb.QuoteOrderResponse(quote=quote)

    def _check_coupon(self, code: str, participant_id: str) -> None:
        if self.refuses_coupon is not None:
            raise self.refuses_coupon
        if code.upper() != COUPON:
            raise CouponUnknown
        if not self.uses_left:
            raise CouponExhausted
        if participant_id in self.counted:
            raise CouponLimitReached(limit=1)

    def _line(self, item: pb.OrderItem, share: int) -> QuoteLine:
        face = self.prices[item.ticket_type_id]
        unit, size = face * share // 100, self.packages.get(item.ticket_type_id, 1)
        packages = item.quantity // size
        faces, prices = (
            [part.to_pb() for _ in range(packages) for part in Amount(minor, "BRL").split(size)]
            for minor in (face, unit)
        )
        return QuoteLine(
            ticket_type_id=item.ticket_type_id,
            ticket_type_name=item.ticket_type_id.removeprefix("tkt_").title(),
            quantity=item.quantity,
            unit_face=brl(face),
            unit_prices=prices,
            total=brl(unit * packages),
            package_size=size if size > 1 else 0,
            unit_faces=faces if size > 1 else (),
        )

    async def ReserveRedemption(self, request: pb.ReserveRedemptionRequest, call: Call) -> pb.ReserveRedemptionResponse:
        await self.called("ReserveRedemption")
        known = self.redemptions.get(request.order_id)
        if known == "RELEASED":
            raise OrderState(state=known)
        if known is None:
            self._reserve(request)
        elif terms(self.reserved[request.order_id]) != terms(request):
            raise IdInUse
        return pb.ReserveRedemptionResponse()

    def _reserve(self, request: pb.ReserveRedemptionRequest) -> None:
        if request.coupon_id != COUPON_ID:
            raise CouponUnknown
        if self.exhausted_at_reserve or not self.uses_left:
            raise CouponExhausted
        self.uses_left -= 1
        self.reserved[request.order_id] = request
        self.redemptions[request.order_id] = "RESERVED"

    async def ReleaseRedemption(self, request: pb.ReleaseRedemptionRequest, call: Call) -> pb.ReleaseRedemptionResponse:
        await self.called("ReleaseRedemption")
        self.uses_left += self.redemptions.get(request.order_id) == "RESERVED"
        self.redemptions[request.order_id] = "RELEASED"
        return pb.ReleaseRedemptionResponse()

    async def ReturnRedemption(self, request: pb.ReturnRedemptionRequest, call: Call) -> pb.ReturnRedemptionResponse:
        await self.called("ReturnRedemption")
        if self.redemptions.get(request.order_id) == "RESERVED":
            self.uses_left += 1
            self.redemptions[request.order_id] = "RELEASED"
        return pb.ReturnRedemptionResponse()


def terms(request: pb.ReserveRedemptionRequest) -> tuple[str, int, int]:
    """The parts of a request that its repeats must have too."""
    return request.coupon_id, request.tickets, request.discount.minor


def brl(minor: int) -> Money:
    return Money(minor=minor, currency="BRL")
