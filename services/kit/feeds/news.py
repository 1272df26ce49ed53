"""The news of topics, shared by all their watchers in this process: one read and one message, however many watch.

A task for each topic reads the facts as they are committed and keeps the latest. A watcher that knows all facts up to
a position gets one message about the kept facts after it. All watchers at the same position get the same bytes. A slow
watcher is told several facts in one message. A watcher that lacks facts which are no longer kept reads them itself.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, takewhile
from typing import Generic, Self, TypeVar

from eventhub.common.v1.feed_pb2 import Fact, FactBatch, Revision
from services.kit.db.database import Database, detached
from services.kit.feeds import feed
from services.kit.feeds.watch import HEARTBEAT_S, LOOK_S, check_goes_on, goes_on
from services.kit.rpc.call import Call
from services.kit.values.cache import Cache

V = TypeVar("V")
Decode = Callable[[Fact], Sequence[V]]
# Makes the message that tells some changes, oldest first, and the revision after them. Without changes: a heartbeat.
Encode = Callable[[Iterable[V], Revision], bytes]

# From the beginning of a read of a topic to the next one. Changes of this time travel together.
PAUSE_S = 0.05
# The messages a second of all topics together: with many watchers, the pause is longer.
MESSAGES_A_S = 10_000
# Watchers that are told at once. Other calls have their turn before the next ones are told.
TOLD_AT_ONCE = 50
# How many changes of a topic are kept for slow watchers.
CHANGES_MAX = 5_000
# How many messages of a topic are kept. Watchers who are up to date share one; a caller may resume from any position.
MESSAGES_MAX = 50


class Tail(Generic[V]):
    """The latest changes of a topic. start: the position after which none is missing. changed: that of the last change.
    end: that of the last fact, with changes or without."""

    def __init__(self, start: int) -> None:
        self.start = self.changed = self.end = start
        self._facts: deque[tuple[int, Sequence[V]]] = deque()
        self._count = 0

    def add(self, position: int, changes: Sequence[V]) -> None:
        """Adds the changes of the next fact, and drops the oldest facts if there are too many changes."""
        self.end = position
        if not changes:
            return
        self.changed = position
        self._facts.append((position, changes))
        self._count += len(changes)
        while self._count > CHANGES_MAX:
            self.start, dropped = self._facts.popleft()
            self._count -= len(dropped)

    def after(self, position: int) -> Iterator[V]:
        """The changes after a position that is not before the start, oldest first."""
        newer = list(takewhile(lambda fact: fact[0] > position, reversed(self._facts)))
        return chain.from_iterable(changes for _, changes in reversed(newer))


class Watcher(Generic[V]):
    """A watch of a topic, as a context manager. position: up to which its caller knows all facts."""

    __slots__ = ("_call", "_news", "_told_at", "_topic", "position")

    def __init__(self, news: "SharedNews[V]", topic: "Topic[V]", position: int, call: Call) -> None:
        self._news = news
        self._topic = topic
        self._call = call
        self._told_at = asyncio.get_running_loop().time()
        self.position = position

    def __enter__(self) -> Self:
        """Counts the watcher, so that its topic is read."""
        self._news.enter(self._topic)
        return self

    def __exit__(self, *exception: object) -> None:
        """Ends the reading of the topic if this was its last watcher."""
        self._news.leave(self._topic)

    async def next(self) -> bytes:
        """Waits for the next message: news, or a heartbeat. Raises the errors of check_goes_on() and of the read."""
        topic = self._topic
        while True:
            check_goes_on(self._call)
            tail = topic.tail
            if tail is not None:
                if self.position < tail.start:
                    message = await self._caught_up()
                    if message is not None:
                        return message
                    continue
                if self.position < tail.changed or self._beats():
                    message = topic.message(self.position)
                    self.position = max(self.position, tail.end)
                    self._told_at = asyncio.get_running_loop().time()
                    return message
            await topic.wait(self)

    def is_due(self) -> bool:
        """Whether the watcher must wake although there is no news: to end, or for a heartbeat."""
        return not goes_on(self._call) or self._beats()

    def _beats(self) -> bool:
        return asyncio.get_running_loop().time() - self._told_at >= HEARTBEAT_S

    async def _caught_up(self) -> bytes | None:
        """Reads facts that are no longer kept. Returns their message; None if they tell no changes."""
        batch = await self._topic.read(self.position)
        changes = self._topic.changes_of(batch)
        self.position = batch.facts[-1].position if batch.facts else max(self.position, batch.head)
        return self._topic.encoded(changes, self.position) if changes else None


class Topic(Generic[V]):
    """A topic with watchers. tail: None until the task has begun to read."""

    def __init__(self, news: "SharedNews[V]", name: str) -> None:
        self.tail: Tail[V] | None = None
        self.watchers = 0
        self._news = news
        self.name = name
        self._epoch = ""
        self._messages: Cache[int, bytes] = Cache(MESSAGES_MAX)
        self._waiting: dict[asyncio.Future[None], Watcher[V]] = {}
        # The task gets its own context, because it outlives the watcher that begins it.
        self.task = asyncio.create_task(self._follow(), name=f"news of {name}", context=detached())
        self.task.add_done_callback(self._ended)

    async def read(self, after: int) -> FactBatch:
        """The topic's next facts after a position."""
        return await self._news.database.read(feed.facts_after, after, self.name)

    def message(self, position: int) -> bytes:
        """The message for the watchers that know all facts up to a position. It is made once."""
        assert self.tail is not None, "watchers wait until it is there"
        message = self._messages.get(position)
        if message is None:
            message = self.encoded(self.tail.after(position), max(position, self.tail.end))
            self._messages.put(position, message)
        return message

    def changes_of(self, batch: FactBatch) -> list[V]:
        """The changes that facts tell."""
        return [change for fact in batch.facts for change in self._news.decode(fact)]

    def encoded(self, changes: Iterable[V], position: int) -> bytes:
        """A message that tells changes up to a position."""
        return self._news.encode(changes, Revision(epoch=self._epoch, position=position))

    async def wait(self, watcher: Watcher[V]) -> None:
        """Waits until there is news, or the watcher is due. Raises the error of the read."""
        if self.task.done():
            await self.task
        woken = asyncio.get_running_loop().create_future()
        self._waiting[woken] = watcher
        try:
            await woken
        finally:
            self._waiting.pop(woken, None)

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        with self._news.database.listen(self.name) as listener:
            now = await self._news.database.read(feed.head)
            self._epoch, self.tail = now.epoch, Tail(now.position)
            await self._wake(list(self._waiting))
            looked_at = loop.time()
            while True:
                if await listener.wait(LOOK_S):
                    begun_at = loop.time()
                    if await self._read_on(self.tail):
                        await self._wake(list(self._waiting))
                    await asyncio.sleep(begun_at + self._news.pause_s - loop.time())
                if loop.time() - looked_at >= LOOK_S:
                    looked_at = loop.time()
                    await self._wake([woken for woken, watcher in self._waiting.items() if watcher.is_due()])

    async def _read_on(self, tail: Tail[V]) -> bool:
        """Reads the facts after the tail. False if they tell no changes."""
        before = tail.changed
        while (batch := await self.read(tail.end)).facts:
            for fact in batch.facts:
                tail.add(fact.position, self._news.decode(fact))
            self._messages.clear()
        return tail.changed > before

    @staticmethod
    async def _wake(sleeping: list[asyncio.Future[None]]) -> None:
        """Wakes watchers, some at a time."""
        rest = iter(sleeping)
        while some := list(islice(rest, TOLD_AT_ONCE)):
            for woken in some:
                if not woken.done():
                    woken.set_result(None)
            await asyncio.sleep(0)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Tells the watchers of a failure of the read."""
        self._news.drop(self)
        error = None if task.cancelled() else task.exception()
        for woken in list(self._waiting):
            if error is not None and not woken.done():
                woken.set_exception(error)


class SharedNews(Generic[V]):
    """The news of topics of one database, for all watchers of this process."""

    def __init__(self, database: Database, decode: Decode[V], encode: Encode[V]) -> None:
        """decode: the changes that a fact tells. encode: see Encode."""
        self.database = database
        self.decode = decode
        self.encode = encode
        self._topics: dict[str, Topic[V]] = {}
        self._watchers = 0

    @property
    def pause_s(self) -> float:
        """From the beginning of a read of a topic to the next one, in seconds."""
        return max(PAUSE_S, self._watchers / MESSAGES_A_S)

    def watch(self, topic: str, position: int, call: Call) -> Watcher[V]:
        """Watches a topic while a with statement runs, which must begin at once. position: up to which the caller knows
        all facts."""
        shared = self._topics.get(topic)
        if shared is None:
            shared = self._topics[topic] = Topic(self, topic)
        return Watcher(self, shared, position, call)

    def enter(self, topic: Topic[V]) -> None:
        """Counts a watcher of a topic."""
        topic.watchers += 1
        self._watchers += 1

    def leave(self, topic: Topic[V]) -> None:
        """Counts a watcher less. The last one ends the reading."""
        topic.watchers -= 1
        self._watchers -= 1
        if not topic.watchers:
            self.drop(topic)
            topic.task.cancel()

    def drop(self, topic: Topic[V]) -> None:
        """Forgets a topic, unless a later one has taken its place."""
        if self._topics.get(topic.name) is topic:
            del self._topics[topic.name]
