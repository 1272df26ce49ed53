"""A member is removed while they work: each context refuses them within seconds, and their streams end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from eventhub.client import EventHub, new_id
from eventhub.common.v1.options_pb2 import ROLE_MANAGER
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.identity.v1.identity_service_pb2 import (
    AddMemberRequest,
    GetProfileRequest,
    RedeemAccessCodeRequest,
    RemoveMemberRequest,
)
from eventhub.inventory.v1.inventory_service_pb2 import WatchOccupancyRequest
from eventhub.orders.v1.orders_service_pb2 import ListOrdersRequest
from eventhub.reporting.v1.reporting_service_pb2 import GetSalesReportRequest
from eventhub.ticketing.v1.ticketing_service_pb2 import ListTicketsRequest
from tests.mesh.devices import code_of
from tests.mesh.show import Show
from tests.stage import outcome, until

RUI = "rui.membro@example.com"
REFUSED_WITHIN_S = 5.0


async def play(hubs_of: Callable[[], list[EventHub]], owner: EventHub, show: Show, mail: Path) -> None:
    """Signs Rui in, lets him work, and removes him. hubs_of: returns a client for each replica."""
    rui_id = new_id("acc")
    await owner.identity.AddMember(AddMemberRequest(account_id=rui_id, name="Rui", email=RUI, role=ROLE_MANAGER))
    code = await code_of(owner, mail, RUI)
    async with AsyncExitStack() as stack:
        hubs = [await stack.enter_async_context(hub) for hub in hubs_of()]
        redeem = RedeemAccessCodeRequest(email=RUI, code=code, organizer_id=owner.tokens.organizer_id)
        tokens = (await hubs[0].identity.RedeemAccessCode(redeem)).tokens
        for hub in hubs:
            hub.tokens = Tokens(access_token=tokens.access_token)
        assert await asked(hubs, show) == {"done"}
        watched = aiter(hubs[0].inventory.WatchOccupancy(WatchOccupancyRequest(event_id=show.event_id)))
        await anext(watched)
        ending = asyncio.create_task(to_the_end(watched))

        await owner.identity.RemoveMember(RemoveMemberRequest(account_id=tokens.subject_id))

        async def refused_everywhere() -> bool:
            return await asked(hubs, show) == {"TOKEN_REVOKED"}

        await until(refused_everywhere, REFUSED_WITHIN_S)
        assert await ending == "TOKEN_REVOKED"


async def asked(hubs: list[EventHub], show: Show) -> set[str]:
    """Calls several contexts and returns how the calls end."""
    event_id = show.event_id
    questions: list[Awaitable[str]] = []
    for hub in hubs:
        questions += [
            outcome(hub.identity.GetProfile(GetProfileRequest())),
            outcome(hub.orders.ListOrders(ListOrdersRequest(event_id=event_id))),
            outcome(hub.ticketing.ListTickets(ListTicketsRequest(event_id=event_id))),
            outcome(hub.reporting.GetSalesReport(GetSalesReportRequest(event_id=event_id))),
        ]
    return set(await asyncio.gather(*questions))


async def to_the_end(stream: AsyncIterator[object]) -> str:
    """Listens to a stream and returns the reason for its end."""

    async def listen() -> None:
        async for _ in stream:
            pass

    async with asyncio.timeout(REFUSED_WITHIN_S):
        return await outcome(listen())
