"""The text worker writes the public text of each notice. Writing waits for no channel: streams deliver a written notice
while its mail is still on its way."""

import asyncio
from collections.abc import Callable, Sequence

from services.kit.db import Database
from services.kit.observe import Gauge, log
from services.kit.values import Clock
from services.kit.work import DueKey, Runner
from services.notifications import notices, store, texts, transactions
from services.notifications.neighbours import Neighbours
from services.notifications.notices import Notice, NoticeKind, NoticeState
from services.notifications.texts import Event, Text


class TextWorker:
    """Writes texts, and tries again until each is written: until then, its reader's streams have not delivered it."""

    def __init__(
        self, name: str, database: Database, clock: Clock, *, neighbours: Neighbours, then: Callable[[], None]
    ) -> None:
        """name: for the log. database: notifications' own. then: called after each text, when deliveries are due."""
        self.runner = Runner(f"{name} texts", clock, database.shards, due=self._due, do=self._do)
        self._database = database
        self._clock = clock
        self._neighbours = neighbours
        self._then = then
        self._under_way: set[str] = set()
        # The kinds and languages whose templates are compiled.
        self._compiled: set[tuple[NoticeKind, str]] = set()
        self._delayed = 0
        self._log = log.get(name)

    async def gauges(self) -> list[Gauge]:
        """How often a text could not be written yet."""
        return [
            Gauge(
                name="text_delayed", help="Times that a text could not be written yet.", value=self._delayed, total=True
            )
        ]

    async def _due(self, limit: int, shards: Sequence[int]) -> list[DueKey]:
        more = limit + len(self._under_way)
        found = await self._database.read(store.due_texts, shards, now_us=self._clock.now_us(), limit=more)
        return [(key, shard) for key, shard in found if key not in self._under_way][:limit]

    async def _do(self, notification_id: str) -> None:
        self._under_way.add(notification_id)
        try:
            notice = await self._database.read(store.find, notification_id)
            if notice is not None and notice.state is NoticeState.PENDING:
                await self._try(notice)
        finally:
            self._under_way.discard(notification_id)
        self.runner.wake()  # a place is free for the next notice
        self._then()

    async def _try(self, notice: Notice) -> None:
        try:
            await self._write(notice)
        except Exception as error:  # noqa: BLE001 - any error may be gone by the next try
            self._delayed += 1
            self._log.info("text delayed", notification_id=notice.notification_id, **log.error_location(error))
            at_us = notices.next_try_us(notice.tries, now_us=self._clock.now_us())
            await self._database.write(store.put_off_text, notice.notification_id, at_us=at_us)

    async def _write(self, notice: Notice) -> None:
        reader = await self._neighbours.reader(notice, since_us=notice.at_us)
        event = await self._neighbours.event(notice, since_us=notice.at_us)
        text = await self._text(notice, event, reader.language)
        await self._database.write(
            transactions.write_down, notice, subject=text.subject, text=text.body, now_us=self._clock.now_us()
        )

    async def _text(self, notice: Notice, event: Event, language: str) -> Text:
        wanted = notice.kind, language
        if wanted in self._compiled:
            return texts.public_text(notice, event, language)
        # In a thread, because the first text takes up to 50 ms. A later one takes 0.1 ms.
        text = await asyncio.to_thread(texts.public_text, notice, event, language)
        self._compiled.add(wanted)
        return text
