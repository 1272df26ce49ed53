"""Stopping the sale of an event before its seats move, and letting it go on if they do not. All writes about a
relocation lock the event's sale first."""

from collections.abc import Sequence
from dataclasses import replace

from eventhub.refusals import EventMoving, EventState
from services.inventory import provision_transactions
from services.inventory.holds import EventSale, SaleState
from services.inventory.passes import store as pass_store
from services.inventory.relocation import relocations, staged_store
from services.inventory.relocation import store as relocation_store
from services.inventory.relocation.relocations import NextHold, Relocation, Sizes, Step
from services.kit.db import Tx


async def begin(tx: Tx, event_id: str, relocation_id: str) -> None:
    """Stops the sale of an event; a repeat changes nothing. The caller has the event's key: holds that have begun
    before end first. Raises EventNotFound, EventState, EventMoving."""
    sale, _ = await provision_transactions.existing(tx, event_id)
    if await relocation_store.find(tx, event_id, relocation_id) is not None:
        return
    if sale.state != SaleState.OPEN:
        raise EventState(state=sale.state)
    if sale.moving:
        raise EventMoving(event_id=event_id)
    new = Relocation(event_id=event_id, relocation_id=relocation_id, step=Step.FREEZING)
    await relocation_store.save(tx, new)
    await relocation_store.set_moving(tx, event_id, moving=True)


async def freeze_on(tx: Tx, event_id: str, relocation_id: str, sizes: Sizes) -> Relocation:
    """Freezes the next holds of an event whose sale was stopped. Raises EventNotFound, EventState."""
    _, relocation = await locked(tx, event_id, relocation_id)
    relocations.check_freezes(relocation)
    return relocation if relocation.frozen else await freeze_next(tx, relocation, sizes)


async def freeze_next(tx: Tx, relocation: Relocation, sizes: Sizes) -> Relocation:
    """Freezes the next holds of an event."""
    holds = await count_next(tx, relocation, sizes, by=1)
    after = relocations.gone_on(relocation, holds, sizes.holds, then=Step.FROZEN)
    await relocation_store.save(tx, after)
    return after


async def count_next(tx: Tx, relocation: Relocation, sizes: Sizes, *, by: int) -> Sequence[NextHold]:
    """Freezes the next holds of an event and of the series that has passes for it, or lets them go on. Returns all
    that it has come to, also those of passes for other nights. by: 1 or -1."""
    stands_for, series_ids = await pass_store.passes_in(tx, relocation.event_id)
    event_ids = [relocation.event_id, *series_ids]
    holds = await relocation_store.lock_next_holds(tx, event_ids, relocation.reached, sizes.holds)
    await relocation_store.count_frozen(tx, relocations.concerned(holds, relocation.event_id, stands_for), by)
    return holds


async def thaw_on(tx: Tx, event_id: str, relocation_id: str, sizes: Sizes) -> Relocation:
    """Takes back some of the work of a relocation that is given up. One that has not begun is noted, so that a late
    call does not begin it. Raises EventNotFound, EventState."""
    await provision_transactions.existing(tx, event_id)
    relocation = await relocation_store.find(tx, event_id, relocation_id)
    if relocation is None:
        relocation = Relocation(event_id=event_id, relocation_id=relocation_id, step=Step.THAWED)
        await relocation_store.save(tx, relocation)
    relocations.check_thaws(relocation)
    if relocation.ended:
        return relocation
    if relocation.step == Step.FREEZING:  # first all holds are frozen, so that each is thawed once
        return await freeze_next(tx, relocation, sizes)
    after = replace(relocation, step=Step.THAWING)
    if not await staged_store.delete_staged(tx, event_id, sizes.seats):
        after = await thaw_next(tx, after, sizes, then=Step.THAWED)
    await relocation_store.save(tx, after)
    return after


async def thaw_next(tx: Tx, relocation: Relocation, sizes: Sizes, *, then: Step) -> Relocation:
    """A relocation after the next holds go on. After the last of them the event sells. then: the step after that."""
    holds = await count_next(tx, relocation, sizes, by=-1)
    after = relocations.gone_on(relocation, holds, sizes.holds, then=then)
    if after.ended:
        await relocation_store.set_moving(tx, relocation.event_id, moving=False)
    return after


async def locked(tx: Tx, event_id: str, relocation_id: str) -> tuple[EventSale, Relocation]:
    """An event's sale and its relocation, locked. Raises EventNotFound, EventState if it has no such relocation."""
    sale, _ = await provision_transactions.existing(tx, event_id)
    relocation = await relocation_store.find(tx, event_id, relocation_id)
    if relocation is None:
        raise EventState(state=sale.state)
    return sale, relocation
