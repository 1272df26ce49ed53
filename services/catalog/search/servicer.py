"""catalog's RPC by which buyers find events."""

from collections.abc import Mapping

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import event_store
from services.catalog.neighbours import Organizers
from services.catalog.search import store, transactions
from services.catalog.search.convert import terms_of
from services.catalog.search.shown import ShownEvents
from services.catalog.search.store import Found
from services.catalog.search.transactions import Results
from services.catalog.shown_events import is_own, shown_to
from services.kit.db import Database
from services.kit.rpc import Call, Caller, Page, fitting, page_of
from services.kit.values import Clock, to_timestamp


class SearchCalls:
    """The RPC of CatalogService for searching."""

    database: Database
    clock: Clock
    organizers: Organizers
    shown_events: ShownEvents

    async def SearchEvents(self, request: pb.SearchEventsRequest, call: Call) -> pb.SearchEventsResponse:
        terms, page = terms_of(request), page_of(request, request.page, caller="", key=(int, int, str))
        # A buyer changes nothing in catalog, so a list that is some seconds old contradicts nothing that the buyer did.
        # A member may look for the event that the member has just published. A search that is narrowed may look at
        # every entry: the long reads keep that off the event loop.
        if call.caller.is_member:
            read = self.database.read if terms.is_plain else self.database.read_long
        else:
            read = self.database.read_behind if terms.is_plain else self.database.read_behind_long
        results = await read(
            transactions.search,
            terms,
            key_before(page),
            page.size,
            now_us=self.clock.now_us(),
            dialect=self.database.dialect,
        )
        found = results.found
        events = await self._events(results.versions, call.caller)
        kept = [entry for entry in found if entry.event_id in events]
        messages = [complete(events[entry.event_id], entry, results) for entry in kept]
        await self.organizers.introduce(messages, whole=False)
        shown = fitting(messages)
        cut = len(shown) < len(kept)
        last = kept[len(shown) - 1] if cut else found[-1] if found else None
        return pb.SearchEventsResponse(
            events=shown, next_page_token=page.token(found, last.key if last else (), cut=cut)
        )

    async def _events(self, versions: Mapping[str, int], caller: Caller) -> dict[str, nouns.Event]:
        """Events as a caller sees them, by id, without their organizers' profiles. versions: those found, by id."""
        shown = self.shown_events.of(versions)
        if caller.is_member:
            shown = {key: event for key, event in shown.items() if event.organizer_id != caller.organizer_id}
        if missing := [event_id for event_id in versions if event_id not in shown]:
            read = self.database.read_long if caller.is_member else self.database.read_behind_long
            events = await read(event_store.published_events, missing)
            shown |= self.shown_events.keep(events)
            shown |= {event.event_id: shown_to(event, caller) for event in events if is_own(event, caller)}
        return shown


def key_before(page: Page) -> store.Key:
    """The key of the last entry before a page."""
    return (int(page.after[0]), int(page.after[1]), str(page.after[2])) if page.after else store.FIRST_KEY


def complete(shown: nouns.Event, entry: Found, results: Results) -> nouns.Event:
    """Adds to an event what only a search shows: whether it is sold out, and the other nights of its series."""
    shown.sold_out = entry.sold_out
    if entry.series_id in results.more:
        count, nights = results.more[entry.series_id]
        shown.more_nights.count = count
        for night in nights:
            shown.more_nights.nights.add(
                event_id=night.event_id,
                starts_local=night.starts_local,
                starts_at=to_timestamp(night.starts_us),
                sold_out=night.sold_out,
            )
    return shown
