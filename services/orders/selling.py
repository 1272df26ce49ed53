"""Selling at the counter in one call: find the clerk's till, hold the places, then make the order of them."""

from contextlib import suppress

from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_HELD, HOLD_STATE_LAPSED, HOLD_STATE_RELEASED, Hold
from eventhub.orders.v1.orders_service_pb2 import SellAtBoxOfficeRequest
from eventhub.refusal import Refusal, TransientRefusal
from eventhub.refusals import HoldExpired
from services.kit.db import Database
from services.kit.rpc import Call
from services.kit.values import Clock, from_timestamp
from services.orders import convert, counter, store
from services.orders.neighbours import CheckoutQuestions
from services.orders.orders import Order
from services.orders.placing import Placing

# How many holds the repeats of one sale may take, each after the one before has ended without an order.
HOLDS_MAX = 5


class Selling:
    """Makes orders at the counter, each with a hold of its own."""

    def __init__(self, database: Database, clock: Clock, questions: CheckoutQuestions, placing: Placing) -> None:
        """database: orders' own. placing: makes orders of holds."""
        self._database = database
        self._clock = clock
        self._ask = questions
        self._placing = placing

    async def sell(self, request: SellAtBoxOfficeRequest, call: Call, content_hash: str) -> Order:
        """Makes the order of a sale. If the sale is refused, its places are free again. Raises the refusals that
        OrdersService.SellAtBoxOffice names."""
        caller = call.caller
        till = await self._ask.open_till(caller, request.event_id)
        hold = await self._held(request, call, content_hash)
        checkout = convert.checkout_of(request, hold.hold_id)
        try:
            order = await self._placing.order_of(checkout, hold, call, content_hash, till=till)
        except TransientRefusal:
            raise  # the clerk repeats the call, and the hold is still there
        except Refusal:
            # Not the hold of the order that a repeat of this call is making.
            if await self._database.read(store.find, request.order_id) is None:
                await self._give_back(hold, request.order_id)
            raise
        if order.hold_id != hold.hold_id:
            await self._give_back(hold, request.order_id)
        return order

    async def _held(self, request: SellAtBoxOfficeRequest, call: Call, content_hash: str) -> Hold:
        """The hold of a sale: the one that an earlier try took, unless that has ended. Raises as HoldAtCounter."""
        for n in range(HOLDS_MAX):
            hold_id = counter.hold_id(request.order_id, call.caller.subject_id, content_hash, n)
            hold = await self._ask.hold_at_counter(request, hold_id, call.caller)
            expired = hold.state == HOLD_STATE_HELD and from_timestamp(hold.expires_at) <= self._clock.now_us()
            if not expired and hold.state not in (HOLD_STATE_LAPSED, HOLD_STATE_RELEASED):
                return hold
        raise HoldExpired

    async def _give_back(self, hold: Hold, order_id: str) -> None:
        """Frees the places of a sale that was refused. If inventory is away, the hold lapses by itself."""
        with suppress(Refusal):
            await self._ask.give_back(hold.hold_id, order_id)
