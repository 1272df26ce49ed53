"""notifications' RPCs, with which people read their notifications."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from eventhub.notifications.v1 import notifications_service_pb2 as pb
from services.kit.db import Database
from services.kit.feeds import CaughtUp, feed, merges, resumes, watch_topic
from services.kit.rpc import Call, pages
from services.notifications import convert, store, watching


class NotificationsService:
    """Serves NotificationsService to buyers and organizers' members."""

    def __init__(self, database: Database) -> None:
        """database: notifications' own."""
        self.database = database
        self._identity = CaughtUp(database)

    async def Subscribe(self, request: pb.SubscribeRequest, call: Call) -> AsyncIterator[pb.SubscribeResponse]:
        reader_id = call.caller.subject_id
        await self._identity.wait(call.caller)
        start = await self.database.read(feed.head)
        after = start.position
        if resumes(request.start_revision, start):
            after = request.start_revision.position
        else:
            yield pb.SubscribeResponse(revision=start)
        person_id = await self.database.read(merges.person_of, reader_id)
        while True:
            # The topic that wakes the stream changes when the guest session is merged into a person: then watch anew.
            async with aclosing(watch_topic(self.database, person_id, call)) as heard:
                async for news in heard:
                    more = True
                    while more:
                        update = await self.database.read(watching.read_update, reader_id, after)
                        for notice, revision in update.written:
                            yield pb.SubscribeResponse(notification=convert.notification_pb(notice), revision=revision)
                        after, more = update.revision.position, update.more
                    if update.person_id != person_id:
                        person_id = update.person_id
                        break
                    if not news:
                        yield pb.SubscribeResponse(revision=update.revision)

    async def ListNotifications(self, request: pb.ListNotificationsRequest, call: Call) -> pb.ListNotificationsResponse:
        reader_id = call.caller.subject_id
        await self._identity.wait(call.caller)
        page = pages.page_of(request, request.page, caller=reader_id, key=(int, str))
        after = (int(page.after[0]), str(page.after[1])) if page.after else None
        found = await self.database.read(store.list_of, reader_id, after=after, size=page.size)
        last = (found[-1].written_us or 0, found[-1].notification_id) if found else ()
        return pb.ListNotificationsResponse(
            notifications=[convert.notification_pb(notice) for notice in found],
            next_page_token=page.token(found, last),
        )
