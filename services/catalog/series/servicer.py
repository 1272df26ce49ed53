"""catalog's RPCs for series."""

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import convert, event_store
from services.catalog.changes import Changer
from services.catalog.neighbours import Organizers
from services.catalog.passes.convert import pass_pb
from services.catalog.passes.transactions import passes_of
from services.catalog.series import creating, store, transactions
from services.catalog.series.publishing import SeriesPublisher
from services.catalog.series.series import Series
from services.catalog.series.updating import SeriesUpdater
from services.catalog.shown_events import shown_to
from services.catalog.ticket_types.showing import is_shown
from services.kit.db import Database
from services.kit.rpc import Call, fitting, page_of
from services.kit.values import Clock, fingerprint


class SeriesCalls:
    """The RPCs of CatalogService for series."""

    database: Database
    clock: Clock
    changer: Changer
    organizers: Organizers
    series_publisher: SeriesPublisher
    series_updater: SeriesUpdater

    async def CreateSeries(self, request: pb.CreateSeriesRequest, call: Call) -> pb.CreateSeriesResponse:
        wanted = Series(
            series_id=request.series_id,
            organizer_id=call.caller.organizer_id,
            title=request.title,
            description="",
            model_id=request.from_event_id,
            rule=request.rule,
        )
        series, nights = await creating.create(self.database, self.clock, self.changer, wanted, fingerprint(request))
        return pb.CreateSeriesResponse(series=series_pb(series), nights=nights)

    async def AddNight(self, request: pb.AddNightRequest, call: Call) -> pb.AddNightResponse:
        night = await self.database.write(
            transactions.add_night,
            request.series_id,
            call.caller.organizer_id,
            request.event_id,
            starts_local=request.starts_local,
            content_hash=fingerprint(request),
            now_us=self.clock.now_us(),
        )
        shown = convert.event_pb(night)
        await self.organizers.introduce([shown], whole=True)
        return pb.AddNightResponse(event=shown)

    async def PublishSeries(self, request: pb.PublishSeriesRequest, call: Call) -> pb.PublishSeriesResponse:
        published, remaining = await self.series_publisher.publish(request.series_id, call.caller.organizer_id)
        return pb.PublishSeriesResponse(published=published, remaining=remaining)

    async def UpdateSeries(self, request: pb.UpdateSeriesRequest, call: Call) -> pb.UpdateSeriesResponse:
        series, changed = await self.series_updater.update(
            request.series_id,
            call.caller.organizer_id,
            title=request.title if request.HasField("title") else None,
            description=request.description if request.HasField("description") else None,
        )
        return pb.UpdateSeriesResponse(series=series_pb(series), nights_changed=changed)

    async def GetSeries(self, request: pb.GetSeriesRequest, call: Call) -> pb.GetSeriesResponse:
        caller = call.caller
        page = page_of(request, request.page, caller=caller.organizer_id, key=(int, str))
        series, own = await self.database.read(
            transactions.shown_series, request.series_id, caller.organizer_id if caller.is_member else ""
        )
        found = await self.database.read(
            store.nights_after,
            series.series_id,
            (int(page.after[0]), str(page.after[1])) if page.after else event_store.FIRST_KEY,
            page.size,
            open_after_us=None if own else self.clock.now_us(),
        )
        passes, currency = await self.database.read(passes_of, series.series_id)
        messages = [shown_to(night, caller) for night in found]
        await self.organizers.introduce(messages, whole=False)
        shown = fitting(messages)
        last = (found[len(shown) - 1].starts_us, found[len(shown) - 1].event_id) if found else ()
        return pb.GetSeriesResponse(
            series=series_pb(series),
            nights=shown,
            next_page_token=page.token(shown, last, cut=len(shown) < len(found)),
            passes=[pass_pb(one, currency) for one in passes if own or is_shown(one.ticket_type)],
        )

    async def ListSeries(self, request: pb.ListSeriesRequest, call: Call) -> pb.ListSeriesResponse:
        organizer_id = call.caller.organizer_id
        page = page_of(request, request.page, caller=organizer_id, key=(str,))
        after = str(page.after[0]) if page.after else ""
        found = await self.database.read(store.series_after, organizer_id, after, page.size)
        last = (found[-1].series_id,) if found else ()
        return pb.ListSeriesResponse(
            series=[series_pb(series) for series in found], next_page_token=page.token(found, last)
        )


def series_pb(series: Series) -> nouns.Series:
    """The contract's Series."""
    return nouns.Series(
        series_id=series.series_id,
        organizer_id=series.organizer_id,
        title=series.title,
        description=series.description,
        model_event_id=series.model_id,
        rule=series.rule,
    )
