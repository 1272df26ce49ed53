"""Surveys: the taken seats of an event, and their places in another plan."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from eventhub.refusals import EventMoving
from services.catalog.events import Event
from services.catalog.plans import store as plan_store
from services.catalog.plans import transactions as plans
from services.catalog.plans.plan import Seat
from services.catalog.relocation.by_category import by_category
from services.catalog.relocation.mapping import Mapped, Rules, Taken, by_label, mapped
from services.catalog.relocation.neighbours import TakenSeats
from services.catalog.relocation.relocation import Match, Target
from services.kit.db import Database

SEATS_PER_READ = 1_000


@dataclass(frozen=True, slots=True)
class Survey:
    """The taken seats of an event in the order of its plan, and what becomes of them."""

    taken: list[Taken]
    mapped: Mapped


class Surveyor:
    """Makes surveys. The same taken seats give the same survey."""

    def __init__(self, database: Database, taken: TakenSeats) -> None:
        self._database = database
        self._taken = taken

    async def survey(self, event: Event, target: Target) -> Survey:
        """Finds the places of an event's taken seats. Raises EventNotFound if inventory does not sell it, EventMoving
        if it has moved meanwhile."""
        known = await self._taken.find(event.event_id)
        taken = [
            Taken(
                seat=seat,
                hold_id=known[seat.seat_id].hold_id,
                order_id=known[seat.seat_id].order_id,
                of_pass=known[seat.seat_id].of_pass,
            )
            async for seats in self.seats(event.plan_id, event.organizer_id, SEATS_PER_READ)
            for seat in seats
            if seat.seat_id in known
        ]
        if len(taken) < len(known):  # the event has just moved to another plan
            raise EventMoving(event_id=event.event_id)
        places = [
            seat async for seats in self.seats(target.plan_id, event.organizer_id, SEATS_PER_READ) for seat in seats
        ]
        rules = Rules(target.match, dict(target.categories), dict(target.seats))
        return await asyncio.to_thread(surveyed, taken, places, rules)

    async def seats(self, plan_id: str, organizer_id: str, size: int) -> AsyncIterator[list[Seat]]:
        """Yields the seats of a plan in its order, in lists of at most size."""
        plan = await self._database.read(plans.own_plan, plan_id, organizer_id)
        for first in range(0, plan.seat_count, size):
            yield await self._database.read_long(plan_store.seats_from, plan.import_id, first, size)


def surveyed(taken: list[Taken], places: list[Seat], rules: Rules) -> Survey:
    """What becomes of taken seats. It takes a second or two for a stadium. places: all seats of the new plan."""
    find = by_category if rules.match == Match.CATEGORY else by_label
    return Survey(taken, mapped(taken, find(taken, places, rules)))
