"""Shards: the equal parts of a context's background work, which its replicas share.

Each row of such work stores its shard, and each shard has one holder at a time. On PostgreSQL the replicas hold shards
by leases (services.kit.process.replica). On SQLite the one process holds all of them for ever.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.kit.values.shards import SHARDS

# A lease that some work is done under: the database's name, the shard, and the lease's number.
Fence = tuple[str, int, int]
UNFENCED: Fence = ("", 0, 0)


def of_shards(select: str, shards: Sequence[int]) -> str:
    """The rows of some shards. All shards are one SELECT, as if there were none. Others are one SELECT for each, which
    reads its own part of an index in order, and no further than its LIMIT.

    select: with "{in_shard}" for the condition on the column shard. shards: at least one.
    """
    conditions = ["TRUE"] if len(shards) == SHARDS else [f"shard = {shard}" for shard in shards]
    return " UNION ALL ".join(
        f"SELECT * FROM ({select.format(in_shard=condition)}) AS part" for condition in conditions
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a replica holds, and its place among the replicas that are alive.

    numbers: the number of each lease that it holds, by shard. rank: its place in the order of names, from 0. replicas:
    how many are alive, itself included.
    """

    numbers: Mapping[int, int]
    rank: int
    replicas: int

    @property
    def share(self) -> int:
        """How many shards it is to hold. The shares of all replicas sum to SHARDS and differ by at most one."""
        return SHARDS // self.replicas + (self.rank < SHARDS % self.replicas)

    def preferred(self, shards: Iterable[int]) -> list[int]:
        """Shards in the order in which it wants them. Each replica wants others, so that two that look at once seldom
        reach for the same, and loops of neighbouring shards are spread."""
        return sorted(shards, key=lambda shard: (shard % self.replicas != self.rank, shard))

    def surplus(self, leaving: Collection[int]) -> list[int]:
        """The shards that it gives up now. leaving: those that it is giving up already."""
        staying = self.preferred(self.numbers.keys() - set(leaving))
        return staying[self.share :]


class Leases(Protocol):
    """The leases of a context's shards, kept in its database and timed by the database's clock."""

    async def renew(self, replica: str, given: Collection[int]) -> Standing:
        """Notes that a replica is alive, which extends its leases, and takes free shards up to its share. Returns its
        standing after that.

        replica: its name, which no other process ever has. given: shards that it gives up.
        """

    async def leave(self, replica: str) -> None:
        """Gives up all shards of a replica that ends, so that others can take them at once."""


class Shards:
    """The shards of a context that this process holds, and the work under way in each."""

    def __init__(self, database: str, numbers: Mapping[int, int]) -> None:
        """database: the name of the context's database. numbers: the number of each lease that it holds, by shard."""
        self._database = database
        self._numbers = dict(numbers)
        self._leaving: set[int] = set()
        self._under_way: Counter[int] = Counter()
        self._takers: list[Callable[[], None]] = []
        # Set when the last work of a shard has ended.
        self._quiet = asyncio.Event()

    @classmethod
    def all_of(cls, database: str) -> "Shards":
        """All shards, for a database that no other process can use."""
        return cls(database, dict.fromkeys(range(SHARDS), 0))

    def held(self) -> tuple[int, ...]:
        """The shards whose work this process begins now."""
        return tuple(sorted(self._numbers.keys() - self._leaving))

    def fence(self, shard: int) -> Fence | None:
        """The fence for new work of a shard; None if this process begins no work of it now."""
        if shard in self._leaving or shard not in self._numbers:
            return None
        return self._database, shard, self._numbers[shard]

    def hold(self, shard: int, number: int) -> Fence:
        """Begins work of a shard, and returns the fence for it. number: of its lease."""
        self._numbers[shard] = number
        self._leaving.discard(shard)
        for take in self._takers:
            take()
        return self._database, shard, number

    def on_taken(self, take: Callable[[], None]) -> None:
        """Lets a function be called whenever this process has taken a shard."""
        self._takers.append(take)

    def leave(self, shard: int) -> None:
        """Begins no more work of a shard; the work under way goes on."""
        self._leaving.add(shard)

    def drop(self, shard: int) -> None:
        """Forgets a shard. The fence refuses the writes of its work under way."""
        self._numbers.pop(shard, None)
        self._leaving.discard(shard)

    def begun(self, shard: int) -> None:
        """Counts work of a shard that begins."""
        self._under_way[shard] += 1

    def ended(self, shard: int) -> None:
        """Counts work of a shard that has ended."""
        self._under_way[shard] -= 1
        if not self._under_way[shard]:
            self._quiet.set()

    def is_quiet(self, shard: int) -> bool:
        """Whether no work of a shard is under way."""
        return not self._under_way[shard]

    async def quiet(self) -> None:
        """Waits until a shard that is being given up has no work under way; for ever if none is."""
        while not any(self.is_quiet(shard) for shard in self._leaving):
            self._quiet.clear()
            await self._quiet.wait()

    async def all_quiet(self) -> None:
        """Waits until no work is under way in any shard that is being given up."""
        while not all(self.is_quiet(shard) for shard in self._leaving):
            self._quiet.clear()
            await self._quiet.wait()
