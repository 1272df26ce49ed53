"""How notifications is put together."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import grpc
from google.protobuf.message import Message

from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.catalog.v1.catalog_events_pb2 import EventPublished, EventRescheduled
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.identity.v1 import identity_service_pb2 as identity
from eventhub.identity.v1.identity_events_pb2 import (
    AccessCodeIssued,
    AddressClaimed,
    ContactProven,
    GuestMerged,
    MemberInvited,
    TokensRevoked,
)
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.notifications.v1 import notifications_service_pb2
from eventhub.orders.v1 import orders_service_pb2 as orders
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from eventhub.ticketing.v1 import ticketing_service_pb2 as ticketing
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketUsed
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshStub
from services.kit.clock import SECOND_US
from services.kit.config import Settings
from services.kit.db import Database
from services.kit.feed import Follower, Take, ignore, ignoring
from services.kit.host import Context, Host
from services.kit.runner import Runner
from services.notifications.announcer import Announcer
from services.notifications.envelopes import sender_of
from services.notifications.figures import Figures
from services.notifications.following import Following
from services.notifications.mailbox import Outlet
from services.notifications.neighbours import Neighbours
from services.notifications.postman import Postman
from services.notifications.servicer import Notifications
from services.notifications.smtp import outlet_for

NAME = "notifications"

Wake = Callable[[], None]


def check(settings: Settings) -> None:
    """Raises BadSetting where no mail could be sent as it is set. For a platform that has not made anything yet."""
    outlet_for(settings)
    sender_of(settings)


async def build(host: Host) -> Context:
    """notifications, ready to serve. Raises BadSetting where no mail could be sent as it is set."""
    return await build_with(host, outlet_for(host.settings))


async def build_with(host: Host, outlet: Outlet) -> Context:
    """notifications, ready to serve, with an outlet for its mail."""
    sender = sender_of(host.settings)
    database = await host.database(NAME, Path(__file__).parent / "schema")
    channel = host.channel(NAME)
    counted = Figures(database, host.clock)
    postman = Postman(
        database,
        host.clock,
        neighbours=Neighbours(host.clock, channel),
        outlet=outlet,
        sender=sender,
        counted=counted,
    )

    async def write(notification_id: str) -> None:
        await postman.write(notification_id)
        wake()  # a place is free for the next one

    async def deliver(notification_id: str) -> None:
        await postman.deliver(notification_id)
        mail.wake()

    texts = Runner(f"{NAME} texts", host.clock, due=postman.due_texts, do=write)
    mail = Runner(f"{NAME} mail", host.clock, due=postman.due_mail, do=deliver)
    announcer = Announcer(database, host.clock, then=texts.wake)
    announcements = Runner(f"{NAME} announcements", host.clock, due=announcer.due, do=announcer.carry)

    def wake() -> None:
        texts.wake()
        mail.wake()

    following = Following(host.clock, changes_wait_us=round(host.settings.mail_changes_wait_s * SECOND_US))
    follow = partial(Follower, database, host.clock)
    followers = followers_of(following, follow, channel, wake=wake, announce=announcements.wake)
    return context_of(database, (announcements, texts, mail), followers, counted)


def context_of(
    database: Database, runners: Sequence[Runner], followers: Sequence[Follower], counted: Figures
) -> Context:
    """notifications, put together."""
    service = notifications_service_pb2.DESCRIPTOR.services_by_name["NotificationsService"]

    async def stop() -> None:
        for runner in runners:
            await runner.stop()

    return Context(
        NAME,
        database,
        servicers={service: Notifications(database)},
        loops=[*(runner.run for runner in runners), *(follower.run for follower in followers)],
        gauges=[
            *(counted.gauges, *(runner.gauges for runner in runners)),
            *(follower.lag.gauges for follower in followers),
        ],
        stop=stop,
    )


def followers_of(
    following: Following, follow: Callable[..., Follower], channel: grpc.aio.Channel, *, wake: Wake, announce: Wake
) -> list[Follower]:
    """Who takes in the facts of the other contexts. follow: makes a follower for notifications' database. wake,
    announce: look for notices or announcements."""
    of_orders, of_identity = OrdersMeshStub(channel), IdentityMeshStub(channel)
    of_ticketing, of_catalog = TicketingMeshStub(channel), CatalogMeshStub(channel)
    return [
        follow(
            producer="orders",
            open_feed=lambda after: of_orders.Feed(orders.FeedRequest(consumer=NAME, after=after)),
            takes={
                OrderPlaced: ignore,
                OrderPaid: following.take_paid,
                OrderPaymentPending: following.take_pending,
                OrderFailed: following.take_failed,
            },
            then=wake,
        ),
        follow(
            producer="ticketing",
            open_feed=lambda after: of_ticketing.Feed(ticketing.FeedRequest(consumer=NAME, after=after)),
            takes={TicketsIssued: following.take_issued, TicketUsed: ignore},
            then=wake,
        ),
        follow(
            producer="catalog",
            open_feed=lambda after: of_catalog.Feed(catalog.FeedRequest(consumer=NAME, after=after)),
            takes={EventPublished: ignore, EventRescheduled: following.take_rescheduled},
            then=announce,
        ),
        follow(
            producer="identity",
            open_feed=lambda after: of_identity.Feed(identity.FeedRequest(consumer=NAME, after=after)),
            takes=about_people(following),
            then=wake,
        ),
    ]


def about_people(following: Following) -> dict[type[Message], Take]:
    """What becomes of identity's facts."""
    return {
        AccessCodeIssued: following.take_code,
        GuestMerged: following.take_merged,
        ContactProven: following.take_proven,
        MemberInvited: following.take_invited,
        AddressClaimed: following.take_claimed,
        **ignoring(TokensRevoked),
    }
