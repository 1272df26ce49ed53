"""Runtime, from which a context builds itself, and Context, which it returns."""

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
from eventhub.refusal import TransientRefusal
from services.kit.db.database import Database
from services.kit.db.measured import MeasuredDatabase
from services.kit.db.migrations import is_current, migrate
from services.kit.db.opening import opened
from services.kit.feeds.follower import DecodedFact, Follower, Prepare, Take, ignore, unprepared
from services.kit.observe import log
from services.kit.observe.metrics import Gauges, Metrics
from services.kit.process.replica import Loop
from services.kit.process.route import Route
from services.kit.rpc.wrapper import Handler
from services.kit.values.clock import Clock
from services.kit.values.config import Settings
from services.kit.values.ids import Ids

LOOK_EVERY_S = 1.0
# Returns whether a database can be used now.
Use = Callable[[Database, Path], Awaitable[bool]]


def ignored_of(takes: Mapping[type[Message], Take]) -> list[str]:
    """The full names of the facts that a follower knows and ignores."""
    return [fact.DESCRIPTOR.full_name for fact, take in takes.items() if take is ignore]


@dataclass(slots=True, kw_only=True)
class Runtime:
    """The process around a context."""

    settings: Settings
    clock: Clock
    ids: Ids
    # Returns the channel that the named context uses to call others: channel("orders").
    channel: Callable[[str], grpc.aio.Channel]
    # Whether the process is shutting down.
    draining: Callable[[], bool]
    metrics: Metrics
    # URL by which clients reach the HTTP port; known once that port is open.
    public_url: str = ""
    # Whether this process migrates its databases. If a context has several replicas, a job does.
    migrates: bool = True
    # All databases opened so far.
    databases: list[Database] = field(default_factory=list)

    async def database(self, context: str, schema: Path) -> Database:
        """Opens a context's database, and waits until it can be used and its tables are up to date.

        schema: folder of the context's migrations.
        """
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
        only_taken: bool = False,
    ) -> Follower:
        """Makes a Follower of another context's feed. Call and request come from the contract.

        database: the following context's own. only_taken: whether the producer leaves out the facts that this context
        ignores; the others may then come a quarter of a second later. For the others see Follower. Raises TypeError if
        takes leaves out a fact of the producer: the first one would stop the feed.
        """
        feed = contract.feed_of(producer)
        missing = contract.facts_of(producer) - {fact.DESCRIPTOR.full_name for fact in takes}
        if missing:
            raise TypeError(f"{database.name} takes no {', '.join(sorted(missing))} of {producer}: at least ignore it")
        ignored = ignored_of(takes) if only_taken else []
        call: Any = self.channel(database.name).unary_stream(
            feed.path, request_serializer=feed.request.SerializeToString, response_deserializer=feed.response.FromString
        )

        def open_feed(after: Revision) -> AsyncIterable[Any]:
            answers: AsyncIterable[Any] = call(feed.request(consumer=database.name, after=after, ignored_types=ignored))
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
        """Waits while a database cannot be reached or its tables are older than this program."""
        journal, said = log.get(database.name), ""
        while True:
            try:
                if await use(database, schema):
                    return
                waits = "its tables are missing or older than this program: run services.migrate, or restore it"
            except TransientRefusal:
                waits = "it cannot be reached"
            if waits != said:
                journal.warning("waiting for the database", why=waits)
                said = waits
            await self.clock.sleep(LOOK_EVERY_S)


@dataclass(slots=True, kw_only=True)
class Context:
    """A context that has been built. One that keeps nothing, such as web pages over other contexts' data, has no
    database: its readiness depends on none, and its loops run in every replica, since there are no leases."""

    name: str
    # The context's own database; None if it has none.
    own_database: Database | None
    # The object that serves each of the context's services.
    servicers: dict[ServiceDescriptor, object]
    # Work without end that only one replica at a time does, each with a key: loops with the same key run in the same
    # replica, and others are spread. A key stays the same from release to release.
    loops: list[Loop] = field(default_factory=list)
    # Work without end that every replica does. A Runner is such work: it looks at the shards that its replica holds.
    everywhere: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    # Figures to measure every few seconds.
    gauges: list[Gauges] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    # Awaited before the database closes.
    stop: Callable[[], Awaitable[None]] | None = None

    @property
    def database(self) -> Database:
        """The context's own database, for code that knows it has one."""
        assert self.own_database is not None, f"{self.name} has no database"
        return self.own_database

    def methods(self) -> list[tuple[Method, Handler]]:
        """Every RPC of the context with its handler. Raises TypeError if a servicer lacks one."""
        found = []
        for service, servicer in self.servicers.items():
            for method in contract.methods(service):
                handler = getattr(servicer, method.name, None)
                if handler is None:
                    raise TypeError(f"{type(servicer).__name__} does not serve {method.path}")
                found.append((method, handler))
        return found
