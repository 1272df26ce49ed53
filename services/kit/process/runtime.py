"""What a context is given to build itself, and what it hands back."""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from eventhub import contract
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.contract import Method
from eventhub.refusals import Overloaded, Unavailable
from services.kit.db.database import Database
from services.kit.db.measured import MeasuredDatabase
from services.kit.db.migrations import is_current, migrate
from services.kit.db.opening import opened
from services.kit.feeds.feed import DecodedFact, Follower, Prepare, Take, unprepared
from services.kit.observe import log
from services.kit.observe.metrics import Gauges, Metrics
from services.kit.process.route import Route
from services.kit.rpc.wrapper import Handler
from services.kit.values.clock import Clock
from services.kit.values.config import Settings
from services.kit.values.ids import Ids

LOOK_EVERY_S = 1.0
# Whether a database can be used now.
Use = Callable[[Database, Path], Awaitable[bool]]


@dataclass(slots=True)
class Runtime:
    """Where contexts live. channel: to the other contexts, for the one named to call from. public_url: how the HTTP
    port is reached, known once it listens. migrates: whether this process brings databases up to date; where several
    do the same work, a job does. databases: those that were asked for."""

    settings: Settings
    clock: Clock
    ids: Ids
    channel: Callable[[str], grpc.aio.Channel]
    draining: Callable[[], bool]
    metrics: Metrics
    public_url: str = ""
    migrates: bool = True
    databases: list[Database] = field(default_factory=list)

    async def database(self, context: str, schema: Path) -> Database:
        """The context's own database; up to date, where this process migrates."""
        database = await opened(self.settings, context, self.ids)
        await self._until_usable(database, self._migrated if self.migrates else is_current, schema)
        self.databases.append(database)
        return MeasuredDatabase(database, self.metrics, self.clock)

    def follow(
        self,
        database: Database,
        producer: str,
        *,
        takes: Mapping[type[Message], Take],
        then: Callable[[], None] = lambda: None,
        condense: Callable[[list[DecodedFact]], list[DecodedFact]] = list,
        prepare: Prepare = unprepared,
    ) -> Follower:
        """A follower of a context's feed, for the context that a database belongs to. takes and the rest: as Follower
        has them."""
        feed = contract.feed_of(producer)
        call: Any = self.channel(database.name).unary_stream(
            feed.path, request_serializer=feed.request.SerializeToString, response_deserializer=feed.response.FromString
        )

        def open_feed(after: Revision) -> AsyncIterable[Any]:
            answers: AsyncIterable[Any] = call(feed.request(consumer=database.name, after=after))
            return answers

        return Follower(
            database,
            self.clock,
            producer=producer,
            open_feed=open_feed,
            takes=takes,
            then=then,
            condense=condense,
            prepare=prepare,
        )

    async def _migrated(self, database: Database, schema: Path) -> bool:
        await migrate(database, schema, epoch=self.ids.new("epo"), now_us=self.clock.now_us())
        return True

    async def _until_usable(self, database: Database, use: Use, schema: Path) -> None:
        """Waits for a database that is away, or not of this version yet."""
        journal, said = log.get(database.name), ""
        while True:
            try:
                if await use(database, schema):
                    return
                waits = "its tables are older than this program, or none: run services.migrate, or restore it"
            except (Overloaded, Unavailable):
                waits = "it cannot be reached"
            if waits != said:
                journal.warning("waiting for the database", why=waits)
                said = waits
            await self.clock.sleep(LOOK_EVERY_S)


@dataclass(slots=True)
class Context:
    """A context, built. servicers: what serves each of its services. loops: what it does by itself, for ever, in one of
    its replicas at a time. everywhere: what each replica does. gauges: figures that are read off every few seconds.
    routes: what it serves over HTTP. stop: awaited before its database closes."""

    name: str
    database: Database
    servicers: dict[ServiceDescriptor, object]
    loops: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    everywhere: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    gauges: list[Gauges] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    stop: Callable[[], Awaitable[None]] | None = None

    def methods(self) -> list[tuple[Method, Handler]]:
        """Every RPC with the method that serves it. Raises TypeError where one is missing."""
        found = []
        for service, servicer in self.servicers.items():
            for method in contract.methods(service):
                handler = getattr(servicer, method.name, None)
                if handler is None:
                    raise TypeError(f"{type(servicer).__name__} does not serve {method.path}")
                found.append((method, handler))
        return found
