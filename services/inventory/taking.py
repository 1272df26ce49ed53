"""Taking a hold although an expired hold may have its seats and places until it is lapsed."""

from collections.abc import Awaitable, Callable

from eventhub.refusals import SeatTaken, SoldOut
from services.inventory import claim_transactions, transactions
from services.inventory.holds import Hold, Wish
from services.kit.db import Database
from services.kit.values import Clock


async def take(database: Database, clock: Clock, wish: Wish, place: Callable[[], Awaitable[Hold]]) -> Hold:
    """Takes a hold, and tries again after each few expired holds that it lapses. If none is left, the sweeper may have
    lapsed one since the last try: then it tries once more. Places that people wait for are theirs, so no try follows.
    Raises what place raises.

    wish: what the hold is for. place: tries to take it.
    """
    last_try = False
    while True:
        try:
            return await place()
        except (SeatTaken, SoldOut) as refused:
            if last_try or "waiting" in refused.facts:
                raise
            if not await database.write(transactions.lapse_due, now_us=clock.now_us()):
                last_try = True
                if not await database.read(claim_transactions.came_back, wish.event_id, refused):
                    raise
