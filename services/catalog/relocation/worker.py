"""Takes relocations through their steps. Each step can be repeated, by this process or another one."""

from contextlib import suppress

from eventhub.refusal import Refusal, TransientRefusal
from eventhub.refusals import EventMoving, EventNotFound, RelocationIncomplete
from services.catalog import event_store, transactions
from services.catalog.events import Event
from services.catalog.neighbours import Inventory
from services.catalog.plans import transactions as plans
from services.catalog.relocation import store
from services.catalog.relocation import transactions as steps
from services.catalog.relocation.neighbours import TakenSeats
from services.catalog.relocation.relocation import ENDED, Refused, Relocation, Step
from services.catalog.relocation.survey import Surveyor
from services.kit.db import Database
from services.kit.values import SECOND_US, Clock
from services.kit.work import Runner, undivided

NAME = "catalog.relocations"
# When inventory is unavailable, or another process is at work.
RETRY_US = 2 * SECOND_US
STAGED_AT_ONCE = 400


class RelocationWorker:
    """Stops the sale of an event, finds the places of its taken seats, moves them, and saves the event."""

    def __init__(
        self, database: Database, clock: Clock, inventory: Inventory, taken: TakenSeats, surveyor: Surveyor
    ) -> None:
        self._database = database
        self._clock = clock
        self._inventory = inventory
        self._taken = taken
        self._surveyor = surveyor
        self.runner = Runner(NAME, clock, database.shards, due=undivided(NAME, self._due), do=self.advance)

    async def _due(self, limit: int) -> list[str]:
        """Ids of relocations to go on with now."""
        return await self._database.read(store.due, self._clock.now_us(), limit)

    async def advance(self, relocation_id: str, until: frozenset[Step] = ENDED) -> Relocation:
        """Takes a relocation to one of some steps, and returns it as it is then. If inventory is unavailable, a later
        attempt goes on."""
        # This is a write. If this replica was paused and has lost its lease, it fails and nothing is sent.
        now = await self._database.write(steps.take, relocation_id, now_us=self._clock.now_us())
        while now.step not in until:
            try:
                now = await self._take_step(now)
            except TransientRefusal:
                due_us = self._clock.now_us() + RETRY_US
                return await self._database.write(steps.put_off, relocation_id, due_us=due_us)
        return now

    async def _take_step(self, now: Relocation) -> Relocation:
        match now.step:
            case Step.CHECKING:
                return await self._check(now)
            case Step.THAWING:
                return await self._thaw(now)
            case Step.STAGING:
                return await self._stage(now)
            case _:
                return await self._move(now)

    async def _check(self, now: Relocation) -> Relocation:
        """Stops the sale, and decides whether the event moves."""
        try:
            seats = await self._accepted(now)
        except TransientRefusal:
            raise
        except Refusal as refused:
            why = Refused(refused.reason, refused.facts)
            return await self._database.write(steps.refuse, now, why, now_us=self._clock.now_us())
        return await self._database.write(steps.accept, now, seats, now_us=self._clock.now_us())

    async def _accepted(self, now: Relocation) -> int:
        """Stops the sale, and tells inventory what the event sells on its new plan. Returns how many taken seats move.
        Raises RelocationIncomplete, CapacityBelowSold."""
        await self._taken.freeze(now)
        survey = await self._surveyor.survey(await self._event(now), now.target)
        if survey.mapped.stuck:
            raise RelocationIncomplete(seats=len(survey.mapped.stuck))
        told = await self._database.write(steps.numbered, now)
        if told is not None:
            event, number = told
            seats = await self._database.read(transactions.seat_counts, event)
            if not await self._inventory.provision(event, seats, number):
                raise EventMoving(event_id=event.event_id)  # another process is at work
        return len(survey.taken)

    async def _thaw(self, now: Relocation) -> Relocation:
        with suppress(EventNotFound):  # inventory does not sell it
            await self._taken.thaw(now)
        return await self._database.write(steps.end_thawing, now, now_us=self._clock.now_us())

    async def _stage(self, now: Relocation) -> Relocation:
        """Sends inventory all seats of the new plan. No seat has moved yet, so the survey is that of the decision."""
        event, position = await self._event(now), 0
        survey = await self._surveyor.survey(event, now.target)
        sources = {target: source for source, target in survey.mapped.targets.items()}
        async for seats in self._surveyor.seats(now.target.plan_id, event.organizer_id, STAGED_AT_ONCE):
            await self._taken.stage(now, seats, position, sources)
            position += len(seats)
        return await self._database.write(steps.end_staging, now, now_us=self._clock.now_us())

    async def _move(self, now: Relocation) -> Relocation:
        """Moves all seats, and then saves the event."""
        plan = await self._database.read(plans.own_plan, now.target.plan_id, now.organizer_id)
        done = False
        while not done and now.step not in ENDED:
            done, moved = await self._taken.move(now, plan.seat_count)
            now_us = self._clock.now_us()
            now = await self._database.write(steps.note_moved, now.relocation_id, moved, now_us=now_us)
        return await self._database.write(steps.finish, now, now_us=self._clock.now_us())

    async def _event(self, now: Relocation) -> Event:
        event = await self._database.read(event_store.find_event, now.target.event_id)
        assert event is not None, "an event that moves stays"
        return event
