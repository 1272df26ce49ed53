"""The work of relocations: each call does several small transactions, so that other writes come between them."""

from collections.abc import Awaitable, Callable

from services.inventory.relocation import freeze_transactions, move_transactions
from services.inventory.relocation.relocations import Move, Relocation, Sizes, Step
from services.kit.db import Database
from services.kit.values import Clock


class Mover:
    """Freezes events, moves their seats and thaws them. It keeps nothing in memory: any process continues."""

    def __init__(self, database: Database, clock: Clock, sizes: Sizes | None = None) -> None:
        """database: inventory's own. sizes: how much is done at once; as Sizes says by default."""
        self._database = database
        self._clock = clock
        self._sizes = sizes or Sizes()

    async def freeze(self, event_id: str, relocation_id: str) -> bool:
        """Freezes some of the holds of an event whose sale it stops. Returns whether all are frozen. Raises
        EventNotFound, EventState, EventMoving."""
        await self._database.write_long_serialized((event_id,), freeze_transactions.begin, event_id, relocation_id)

        async def next_part() -> Relocation:
            return await self._database.write_long(freeze_transactions.freeze_on, event_id, relocation_id, self._sizes)

        return (await self._several(next_part, lambda now: now.frozen)).frozen

    async def thaw(self, event_id: str, relocation_id: str) -> bool:
        """Takes back some of the work of a relocation. Returns whether its event sells as before. Raises EventNotFound,
        EventState."""

        async def next_part() -> Relocation:
            return await self._database.write_long(freeze_transactions.thaw_on, event_id, relocation_id, self._sizes)

        return (await self._several(next_part, lambda now: now.ended)).ended

    async def move(self, move: Move) -> Relocation:
        """Does a part of a move. Raises EventNotFound, EventState, EventIncomplete."""

        async def next_part() -> Relocation:
            return await self._database.write_long(
                move_transactions.move_on, move, self._sizes, now_us=self._clock.now_us()
            )

        return await self._several(next_part, lambda now: now.step == Step.DONE)

    async def _several(
        self, next_part: Callable[[], Awaitable[Relocation]], over: Callable[[Relocation], bool]
    ) -> Relocation:
        now = await next_part()
        for _ in range(1, self._sizes.transactions):
            if over(now):
                break
            now = await next_part()
        return now
