"""Steps of people on waiting lists, and a sold-out theatre for them to wait for."""

from typing import TYPE_CHECKING

from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_BUYER
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.waiting.worker import LOOK_EVERY_S
from services.inventory.worker import SWEEP_EVERY_S
from services.kit.rpc.call import Caller
from tests.inventory.world import ANA, EVENT, STANDING, hld, hold, open_theatre, places, rows
from tests.stage import Stage, until

if TYPE_CHECKING:
    from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshAsyncStub

# The theatre in which people wait has so many standing places, all of which Ana holds at first.
FEW = 4
OFFER_S = 1_800
# The loops that lapse holds and open reserves both sleep for SWEEP_EVERY_S between two rounds.
SWEEPS = 2


def wai(n: int) -> str:
    """The n-th entry's id."""
    return f"wai_{n:026d}"


def proven(stage: Stage, subject_id: str) -> EventHub:
    """A client of a buyer with a proven address."""
    return stage.client(Caller(kind=ACCESS_BUYER, subject_id=subject_id, proven=True))


async def join(client: EventHub, n: int, quantity: int = 1, ticket_type_id: str = STANDING) -> nouns.WaitingEntry:
    """Joins a list of the theatre."""
    request = pb.JoinWaitingListRequest(
        entry_id=wai(n), event_id=EVENT, ticket_type_id=ticket_type_id, quantity=quantity
    )
    return (await client.inventory.JoinWaitingList(request)).entry


async def leave(client: EventHub, n: int) -> nouns.WaitingEntry:
    return (await client.inventory.LeaveWaitingList(pb.LeaveWaitingListRequest(entry_id=wai(n)))).entry


async def entry(client: EventHub, n: int) -> nouns.WaitingEntry:
    return (await client.inventory.GetWaitingEntry(pb.GetWaitingEntryRequest(entry_id=wai(n)))).entry


def named(state: "nouns.WaitingState.ValueType") -> str:
    """A state without its prefix."""
    return nouns.WaitingState.Name(state).removeprefix("WAITING_STATE_")


async def release(client: EventHub, n: int) -> None:
    await client.inventory.ReleaseHold(pb.ReleaseHoldRequest(hold_id=hld(n)))


async def sold_out(stage: Stage, *, half: int = 4) -> "InventoryMeshAsyncStub":
    """The theatre with FEW standing places, each of which Ana has in a hold of its own. The mesh stub as orders
    calls it."""
    orders = await open_theatre(stage, standing=FEW, half=half)
    for n in range(FEW):
        await hold(stage.buyer(ANA), hld(n + 1), places(1))
    return orders


async def swept(stage: Stage) -> None:
    """Waits until inventory has looked for offers. For a clock that has not jumped before."""
    for _ in range(2):
        stage.clock.advance(SWEEP_EVERY_S)
        await until(lambda: stage.clock.due_in(LOOK_EVERY_S) and stage.clock.due_in(SWEEP_EVERY_S) >= SWEEPS)


async def become(stage: Stage, *wanted: str) -> None:
    """Waits until the entries have these states, in the order of their ids. Time goes on: if the clock has jumped, the
    sweepers first begin anew."""

    async def seen() -> bool:
        stage.clock.advance(SWEEP_EVERY_S)
        return tuple((await states(stage)).values()) == wanted

    await until(seen)


async def states(stage: Stage) -> dict[str, str]:
    """The states in the rows of all entries, by entry id."""
    return dict(await rows(stage, "SELECT entry_id, state FROM waiting_entry ORDER BY entry_id"))
