"""WatchSeats under races: the picture of each client is the table of seats at each of its revisions."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.watching import seat_changes
from services.kit.feeds import news
from tests.facts import told
from tests.inventory.streams import FREE, HELD, SEATS, changes, shown, watch_seats
from tests.inventory.world import hld, hold, open_theatre, seats
from tests.stage import PATIENCE_S, Stage

# The position before a message, the message, and the picture after it.
Step = tuple[int, pb.WatchSeatsResponse, dict[str, int]]
# Positions of facts, each with the seats that changed.
History = Sequence[tuple[int, Sequence[nouns.SeatChange]]]


@dataclass(slots=True)
class Seen:
    """A client of WatchSeats that puts the map together. after: the position of its last message."""

    map: dict[str, int] = field(default_factory=dict)
    after: int = 0
    revision: Revision | None = None

    def take(self, answer: pb.WatchSeatsResponse) -> Step:
        """Takes a message in. Returns the position before, the message, and the map after it."""
        before = self.after
        self.map = (shown(answer) if answer.HasField("seats") else self.map) | dict(changes(answer))
        self.after, self.revision = answer.revision.position, answer.revision
        return before, answer, self.map


async def work(stage: Stage, n: int, seat_id: str) -> None:
    """A buyer holds a seat three times, and releases it after each time; every other buyer keeps it in the end."""
    buyer = stage.buyer(f"gst_{n}")
    ticket_type = "tkt_stalls" if seat_id.startswith("A") else "tkt_balcony"
    for turn in range(3):
        await hold(buyer, hld(10 * n + turn), seats(seat_id, ticket_type_id=ticket_type))
        if turn < 2 or n % 2:
            await buyer.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(10 * n + turn)))


def table_at(history: History, now: int) -> dict[str, int]:
    """The states of all seats at a position."""
    table: dict[str, int] = dict.fromkeys(SEATS, FREE)
    for position, changed in history:
        table |= {change.seat_id: change.state for change in changed if position <= now}
    return table


def since(history: History, before: int, now: int) -> set[str]:
    """The seats that changed after a position, up to another."""
    return {change.seat_id for position, changed in history if before < position <= now for change in changed}


@pytest.mark.parametrize(("kept", "pause_s"), [(10_000, 0.0), (10_000, 0.02), (3, 0.0)])
async def test_the_picture_with_the_changes_is_the_table_at_every_revision(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, kept: int, pause_s: float
) -> None:
    """Sixteen buyers work while clients watch and resume many times. After each message, the map of its client is the
    map at the message's revision, and the message tells exactly the seats that changed since the message before."""
    monkeypatch.setattr(news, "CHANGES_MAX", kept)
    monkeypatch.setattr(news, "PAUSE_S", pause_s)
    await open_theatre(stage)
    wanted = SEATS[:16]
    final = dict.fromkeys(SEATS, FREE) | {seat_id: HELD for n, seat_id in enumerate(wanted, start=1) if not n % 2}

    working = asyncio.gather(*(work(stage, n, seat_id) for n, seat_id in enumerate(wanted, start=1)))

    async def put_together(messages_a_stream: int) -> list[Step]:
        seen, messages, client = Seen(), [], stage.anyone()
        while not working.done() or seen.map != final:
            stream = watch_seats(client, seen.revision)
            for _ in range(messages_a_stream):
                messages.append(seen.take(await anext(stream)))
                if working.done() and seen.map == final:
                    break
            await stream.aclose()
        return messages

    async with asyncio.timeout(PATIENCE_S):
        told_to_all = await asyncio.gather(*(put_together(n) for n in (1, 2, 3, 50, 50, 50)))
        await working

    history = [(fact.position, seat_changes(fact)) for fact in await told(stage.platform.contexts[0].database)]
    for before, message, picture in (one for told_to_one in told_to_all for one in told_to_one):
        now = message.revision.position
        assert picture == table_at(history, now)
        assert message.HasField("seats") or {seat_id for seat_id, _ in changes(message)} == since(history, before, now)
