"""Relocations as organizers ask for them."""

import asyncio
from typing import Any

from eventhub.refusal import Refusal
from services.catalog.changes import Changer
from services.catalog.events import TICKETED, Admission
from services.catalog.relocation import transactions
from services.catalog.relocation.mapping import Mapped
from services.catalog.relocation.relocation import DECIDED, Relocation, Step, Target
from services.catalog.relocation.survey import Survey, Surveyor
from services.kit.db import Database
from services.kit.values import Clock
from services.kit.work import Runner

# How long a call waits for the decision, in seconds. After that the relocation goes on without the caller.
PATIENCE_S = 6.0


class Relocator:
    """Previews and begins relocations."""

    def __init__(
        self, database: Database, clock: Clock, changer: Changer, surveyor: Surveyor, runner: Runner[Relocation]
    ) -> None:
        """changer: moves events at once whose seats are not for sale. runner: takes the others through their steps."""
        self._database = database
        self._clock = clock
        self._changer = changer
        self._surveyor = surveyor
        self._runner = runner

    async def preview(self, target: Target, organizer_id: str) -> Survey:
        """The taken seats of an event, and their places. Raises what PreviewRelocation refuses with."""
        event = await self._database.read_long(transactions.checked, target, organizer_id, now_us=self._clock.now_us())
        if event.state not in TICKETED or event.admission != Admission.SEATED:
            return Survey([], Mapped({}, []))
        return await self._surveyor.survey(event, target)

    async def relocate(self, relocation_id: str, organizer_id: str, target: Target, content_hash: str) -> Relocation:
        """Begins a relocation, and waits until it is decided, but not for long; a repeat gets it as it is. Raises what
        RelocateEvent refuses with, a repeat too."""
        key = (relocation_id, organizer_id, content_hash)
        known = await self._database.read(transactions.repeated, *key)
        if known is None:
            try:
                await self._begin(relocation_id, organizer_id, target, content_hash)
            except Refusal:
                # An earlier try may have begun it, and may be the reason why this one is refused.
                if await self._database.read(transactions.repeated, *key) is None:
                    raise
        return await self._decided(relocation_id, organizer_id)

    async def _begin(self, relocation_id: str, organizer_id: str, target: Target, content_hash: str) -> None:
        now_us = self._clock.now_us()
        await self._database.read_long(transactions.checked, target, organizer_id, now_us=now_us)
        new = Relocation(
            relocation_id=relocation_id,
            organizer_id=organizer_id,
            target=target,
            step=Step.CHECKING,
            seats=0,
            moved=0,
            created_us=now_us,
            ended_us=0,
            refused=None,
        )
        decide = transactions.moving(new, content_hash, now_us=now_us)
        await self._changer.change(target.event_id, organizer_id, decide)

    async def _decided(self, relocation_id: str, organizer_id: str) -> Relocation:
        """A relocation once it is decided, or after PATIENCE_S. Raises the reason why it was refused."""
        now = await self._database.read(transactions.own_relocation, relocation_id, organizer_id)
        if now.step not in DECIDED:
            task = self._runner.start(relocation_id, DECIDED)
            await asyncio.wait({task}, timeout=PATIENCE_S)
            self._runner.wake()
            now = await self._database.read(transactions.own_relocation, relocation_id, organizer_id)
        if now.refused is not None and now.step == Step.REFUSED:
            facts: dict[str, Any] = dict(now.refused.facts)
            raise Refusal.by_reason[now.refused.reason](**facts)
        return now

    async def find(self, relocation_id: str, organizer_id: str) -> Relocation:
        """An organizer's relocation. Raises RelocationNotFound."""
        return await self._database.read(transactions.own_relocation, relocation_id, organizer_id)
