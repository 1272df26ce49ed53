"""Puts passes on sale. Each step can be repeated: buyers see a pass only once inventory sells it."""

from services.catalog.passes import convert, transactions
from services.catalog.passes.passes import Offer, Wanted
from services.catalog.publishing import Publisher
from services.kit.db import Database
from services.kit.values import Clock


class PassSeller:
    """Adds passes to series, together with inventory."""

    def __init__(self, database: Database, clock: Clock, publisher: Publisher) -> None:
        """publisher: sends inventory what it sells."""
        self._database = database
        self._clock = clock
        self._publisher = publisher

    async def add(self, wanted: Wanted, organizer_id: str, content_hash: str) -> Offer:
        """Adds a pass and puts it on sale, or completes an interrupted attempt. Raises what AddPass refuses with."""
        now_us = self._clock.now_us()
        offer = await self._database.write_long(
            transactions.add_pass, wanted, organizer_id, content_hash, now_us=now_us
        )
        if any(one.on_sale and one.ticket_type.ticket_type_id == wanted.ticket_type_id for one in offer.passes):
            return offer
        # If another call has added a pass meanwhile, inventory knows of both, and takes no earlier state.
        await self._publisher.sell(convert.provision_pb(offer))
        return await self._database.write_long(
            transactions.put_on_sale, offer, wanted.ticket_type_id, now_us=self._clock.now_us()
        )
