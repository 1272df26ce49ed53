"""pricing's RPCs for orders."""

from eventhub.pricing.v1 import pricing_service_pb2 as pb
from services.kit.db import Database
from services.kit.rpc import Call
from services.kit.values import Clock, from_timestamp
from services.pricing import check, convert, transactions
from services.pricing.neighbours import Participants
from services.pricing.quoting import Quoting


class PricingMesh:
    """Serves PricingMesh, the RPCs that orders calls."""

    def __init__(self, database: Database, clock: Clock, participants: Participants, quoting: Quoting) -> None:
        self.database = database
        self.clock = clock
        self.participants = participants
        self.quoting = quoting

    async def QuoteOrder(self, request: pb.QuoteOrderRequest, call: Call) -> pb.QuoteOrderResponse:
        held = convert.held(request.items)
        check.items(held)
        quote = await self.quoting.quote(
            request.event_id,
            held,
            request.coupon_code,
            counted_by=request.counted_by or request.buyer_id,
            tried_by=request.buyer_id,
            participant_id=request.participant_id,
            held_us=from_timestamp(request.held_at) if request.HasField("held_at") else None,
        )
        return pb.QuoteOrderResponse(quote=convert.quote_pb(quote))

    async def ReserveRedemption(self, request: pb.ReserveRedemptionRequest, call: Call) -> pb.ReserveRedemptionResponse:
        check.redemption(request)
        redemption = convert.redemption(request)
        if await self.database.read(transactions.is_reserved, redemption):
            return pb.ReserveRedemptionResponse()
        coupon = await self.database.read(transactions.existing_coupon, redemption.coupon_id)
        limited = coupon.uses_per_participant_max > 0
        keys = await self.participants.keys(redemption.buyer_id) if limited else ()
        await self.database.write(transactions.reserve, redemption, coupon, keys, now_us=self.clock.now_us())
        return pb.ReserveRedemptionResponse()

    async def ReturnRedemption(self, request: pb.ReturnRedemptionRequest, call: Call) -> pb.ReturnRedemptionResponse:
        await self.database.write(transactions.take_back, request.order_id, now_us=self.clock.now_us())
        return pb.ReturnRedemptionResponse()

    async def ReleaseRedemption(self, request: pb.ReleaseRedemptionRequest, call: Call) -> pb.ReleaseRedemptionResponse:
        await self.database.write(transactions.release, request.order_id, now_us=self.clock.now_us())
        return pb.ReleaseRedemptionResponse()
