"""The transactions of seating plans and their imports. Each saves all its changes, or none."""

from eventhub.refusals import IdInUse, PlanNotFound
from services.catalog.plans import store
from services.catalog.plans.plan import Seat
from services.catalog.plans.store import StoredPlan
from services.kit.db import Tx

ROWS_PER_DELETE = 1_000


async def own_plan(tx: Tx, plan_id: str, organizer_id: str) -> StoredPlan:
    """An organizer's plan. Raises PlanNotFound."""
    plan = await store.find_plan(tx, plan_id)
    if plan is None or plan.organizer_id != organizer_id:
        raise PlanNotFound
    return plan


async def plan_with_layout(tx: Tx, plan_id: str) -> StoredPlan:
    """The plan of any organizer. Raises PlanNotFound, also if it has no layout."""
    plan = await store.find_plan(tx, plan_id)
    if plan is None or not plan.layout_hash:
        raise PlanNotFound
    return plan


async def repeated_plan(tx: Tx, plan_id: str, import_id: str) -> StoredPlan | None:
    """The plan that an earlier import with the same content created; None if the id is new. Raises IdInUse if the id
    belongs to a plan with other content."""
    known = await store.find_plan(tx, plan_id)
    if known is not None and known.import_id != import_id:
        raise IdInUse
    return known


async def begin_import(tx: Tx, plan_id: str, organizer_id: str, import_id: str) -> bool:
    """Makes this import the only one that may write to the plan. Returns False while rows of an older import have to be
    deleted: call again. Raises IdInUse if an import with other content has already become the plan."""
    writing_id, leftover_id = await store.claim_import(tx, plan_id, organizer_id, import_id)
    await repeated_plan(tx, plan_id, import_id)
    if writing_id == import_id:
        return True
    if leftover_id:
        await delete_leftover(tx, plan_id, leftover_id)
        return False
    await store.replace_import(tx, plan_id, organizer_id, import_id)
    return True


async def clean_up(tx: Tx, plan_id: str, import_id: str) -> bool:
    """Deletes some rows of the import that this one replaced. Returns False while there may be more: call again. Raises
    IdInUse if another import has replaced this one."""
    await check_writing(tx, plan_id, import_id)
    _, leftover_id = await store.writing_import(tx, plan_id)
    if leftover_id:
        await delete_leftover(tx, plan_id, leftover_id)
    return not leftover_id


async def delete_leftover(tx: Tx, plan_id: str, leftover_id: str) -> None:
    """Deletes some rows of a replaced import; when none are left, forgets the import."""
    if not await store.delete_some(tx, leftover_id, ROWS_PER_DELETE):
        await store.forget_leftover(tx, plan_id)


async def add_part(tx: Tx, plan_id: str, import_id: str, n: int, part: str) -> None:
    """Writes the n-th part of an import's file. Raises IdInUse if another import has replaced this one."""
    await check_writing(tx, plan_id, import_id)
    await store.add_part(tx, import_id, n, part)


async def add_seats(tx: Tx, plan_id: str, import_id: str, first: int, seats: list[Seat]) -> None:
    """Writes seats of an import, numbered from first. Raises IdInUse if another import has replaced this one."""
    await check_writing(tx, plan_id, import_id)
    await store.add_seats(tx, import_id, first, seats)


async def add_layout(tx: Tx, plan_id: str, import_id: str, first: int, parts: list[str]) -> None:
    """Writes parts of an import's layout, numbered from first. Raises IdInUse if another import has replaced this
    one."""
    await check_writing(tx, plan_id, import_id)
    for n, part in enumerate(parts, start=first):
        await store.add_layout_part(tx, import_id, n, part)


async def complete_import(tx: Tx, plan: StoredPlan) -> StoredPlan:
    """Turns an import, whose file and seats are written, into a plan; a repeat returns it. Raises IdInUse."""
    if await store.claim_plan(tx, plan):
        await check_writing(tx, plan.plan_id, plan.import_id)
        return plan
    known = await repeated_plan(tx, plan.plan_id, plan.import_id)
    assert known is not None, "its id is taken"
    return known


async def check_writing(tx: Tx, plan_id: str, import_id: str) -> None:
    """Raises IdInUse if another import of the same plan has replaced this one."""
    writing_id, _ = await store.writing_import(tx, plan_id)
    if writing_id != import_id:
        raise IdInUse
