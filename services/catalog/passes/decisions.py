"""What an organizer wants of a pass, decided in the transaction that locks its series: see Decide."""

from eventhub.refusals import EventMoving, IdInUse, TicketTypeNotFound
from services.catalog import event_store, type_store
from services.catalog.passes import editing, passes
from services.catalog.passes import store as pass_store
from services.catalog.passes.change_transactions import Decide
from services.catalog.passes.passes import Offer, Pass, Wanted
from services.catalog.relocation import store as relocation_store
from services.catalog.series import store as series_store
from services.catalog.series.rule import NIGHTS_MAX
from services.catalog.series.series import Series
from services.catalog.ticket_types.editing import Edit
from services.kit.db import Tx


def adding(wanted: Wanted, content_hash: str, *, now_us: int) -> Decide:
    """To add a pass, whose id is taken at once; a repeat changes nothing. Raises IdInUse, and as passes.accepted."""

    async def decide(tx: Tx, series: Series, offer: Offer | None) -> Pass | None:
        repeated = await pass_store.pass_hash(tx, wanted.ticket_type_id)
        if repeated == (series.series_id, series.organizer_id, content_hash):
            return None
        if repeated is not None:
            raise IdInUse
        known = offer.passes if offer else ()
        nights = await series_store.nights_after(tx, series.series_id, event_store.FIRST_KEY, NIGHTS_MAX)
        new = passes.accepted(wanted, known, nights, now_us)
        await check_still(tx, new)
        owner = passes.event_of(Offer(series, (new,), tuple(nights)))
        if not await type_store.claim_type(tx, owner, new.ticket_type, content_hash, place=len(known)):
            raise IdInUse
        return new

    return decide


def changing(edit: Edit, *, now_us: int) -> Decide:
    """To change fields of a pass. Raises as editing.edited."""

    async def decide(_tx: Tx, _series: Series, offer: Offer | None) -> Pass | None:
        return editing.edited(existing(offer, edit.wanted.ticket_type_id), edit, now_us)

    return decide


def archiving(ticket_type_id: str, *, restore: bool, now_us: int) -> Decide:
    """To end the sale of a pass, or to sell it again. Raises as editing.archived."""

    async def decide(tx: Tx, _series: Series, offer: Offer | None) -> Pass | None:
        wanted = editing.archived(existing(offer, ticket_type_id), ticket_type_id, now_us, restore=restore)
        if wanted is not None and restore:
            await check_still(tx, wanted)
        return wanted

    return decide


async def check_still(tx: Tx, sold: Pass) -> None:
    """Raises EventMoving while a night of a pass that is to be sold moves to another plan."""
    for night in sold.nights:
        if await relocation_store.is_moving(tx, night.event_id):
            raise EventMoving(event_id=night.event_id)


def existing(offer: Offer | None, ticket_type_id: str) -> Offer:
    """A series with its passes. Raises TicketTypeNotFound if it has none."""
    if offer is None:
        raise TicketTypeNotFound(ticket_type_id=ticket_type_id)
    return offer
