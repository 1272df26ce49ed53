"""Wires notifications together: its channels, workers, followers and RPCs."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged, EventPublished
from eventhub.identity.v1.identity_events_pb2 import (
    AccessCodeIssued,
    AddressClaimed,
    ContactProven,
    GuestMerged,
    MemberInvited,
    TokensRevoked,
)
from eventhub.inventory.v1.inventory_events_pb2 import (
    PlacesMoved,
    StockChanged,
    StockOpened,
    WaitingOffered,
    WaitingOfferLapsed,
)
from eventhub.notifications.v1 import notifications_service_pb2
from eventhub.orders.v1.orders_events_pb2 import (
    OrderDisputed,
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderRefundChanged,
    OrderReseated,
)
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated, TicketsRevoked, TicketUsed
from services.kit.db import Database
from services.kit.feeds import Follower, Take, ignore, ignoring
from services.kit.process import Context, Runtime
from services.kit.values import SECOND_US, Settings
from services.notifications.announcement_worker import AnnouncementWorker
from services.notifications.channels import Channel
from services.notifications.deliveries import ChannelName
from services.notifications.delivery_worker import DeliveryWorker
from services.notifications.email_channel import EmailChannel, Outlet
from services.notifications.emails import sender_of
from services.notifications.following import Following
from services.notifications.mail_folder import MailFolder
from services.notifications.neighbours import Neighbours
from services.notifications.servicer import NotificationsService
from services.notifications.smtp import Smtp
from services.notifications.text_worker import TextWorker

NAME = "notifications"

Channels = Mapping[ChannelName, Channel[Any]]
Wake = Callable[[], None]


def outlet_for(settings: Settings) -> Outlet:
    """The outlet for mail: the mail server of the settings, or a folder if none is set. Raises BadSetting."""
    return Smtp(settings) if settings.smtp_host else MailFolder(settings.data_dir / "mail")


def channels_for(settings: Settings) -> Channels:
    """The channels of an installation. This function alone names them. Raises BadSetting."""
    return {ChannelName.EMAIL: EmailChannel(outlet_for(settings), sender_of(settings))}


def check(settings: Settings) -> None:
    """Raises BadSetting if no mail can be sent with the settings. The platform calls this before it makes anything."""
    channels_for(settings)


async def build(runtime: Runtime) -> Context:
    """Builds notifications, ready to serve. Raises BadSetting if no mail can be sent with the settings."""
    return await build_with(runtime, channels_for(runtime.settings))


async def build_with(runtime: Runtime, channels: Channels) -> Context:
    """Builds notifications, ready to serve, with given channels."""
    database, clock = await runtime.database(NAME, Path(__file__).parent / "schema"), runtime.clock
    neighbours = Neighbours(clock, runtime.channel(NAME))
    senders = [
        DeliveryWorker(NAME, database, clock, channel_name=name, channel=channel, neighbours=neighbours)
        for name, channel in channels.items()
    ]

    def wake_senders() -> None:
        for sender in senders:
            sender.runner.wake()

    writer = TextWorker(NAME, database, clock, neighbours=neighbours, then=wake_senders)
    announcer = AnnouncementWorker(NAME, database, clock, then=writer.runner.wake)

    def wake() -> None:
        writer.runner.wake()
        wake_senders()

    following = Following(clock, changes_wait_us=round(runtime.settings.changes_wait_s * SECOND_US))
    follow = partial(runtime.follow, database)
    followers = followers_of(following, follow, wake=wake, announce=announcer.runner.wake)
    return context_of(database, announcer, writer, senders, followers)


def context_of(
    database: Database,
    announcer: AnnouncementWorker,
    writer: TextWorker,
    senders: Sequence[DeliveryWorker[Any]],
    followers: Sequence[Follower],
) -> Context:
    """Makes the context that the process runs: its RPCs, its loops and its gauges."""
    runners = (announcer.runner, writer.runner, *(sender.runner for sender in senders))
    service = notifications_service_pb2.DESCRIPTOR.services_by_name["NotificationsService"]

    async def stop() -> None:
        for runner in runners:
            await runner.stop()

    return Context(
        name=NAME,
        own_database=database,
        servicers={service: NotificationsService(database)},
        loops=[follower.loop for follower in followers],
        everywhere=[runner.run for runner in runners],
        gauges=[
            writer.gauges,
            *(sender.metrics.gauges for sender in senders),
            *(runner.gauges for runner in runners),
            *(follower.lag.gauges for follower in followers),
        ],
        stop=stop,
    )


def followers_of(
    following: Following, follow: Callable[..., Follower], *, wake: Wake, announce: Wake
) -> list[Follower]:
    """The followers of the other contexts' facts. follow: makes a follower for notifications' database. wake: called
    after facts that make notices. announce: called after facts that make announcements."""
    return [
        follow(
            "orders",
            takes={
                OrderPaid: following.take_paid,
                OrderPaymentPending: following.take_pending,
                OrderFailed: following.take_failed,
                OrderRefundChanged: following.take_refund,
                **ignoring(OrderPlaced, OrderReseated, OrderDisputed),
            },
            then=wake,
        ),
        follow(
            "ticketing",
            takes={
                TicketsIssued: following.take_issued,
                TicketsReseated: following.take_reseated,
                TicketsRevoked: following.take_revoked,
                TicketUsed: ignore,
            },
            then=wake,
        ),
        follow(
            "catalog",
            takes={
                EventPublished: ignore,
                EventChanged: following.take_changed,
            },
            then=announce,
        ),
        follow("inventory", takes=about_stock(following), then=wake, only_taken=True),
        follow("identity", takes=about_people(following), then=wake),
    ]


def about_stock(following: Following) -> dict[type[Message], Take]:
    """The function that takes in each kind of inventory's facts."""
    return {
        WaitingOffered: following.take_offered,
        WaitingOfferLapsed: following.take_offer_lapsed,
        **ignoring(StockOpened, StockChanged, PlacesMoved),
    }


def about_people(following: Following) -> dict[type[Message], Take]:
    """The function that takes in each kind of identity's facts."""
    return {
        AccessCodeIssued: following.take_code,
        GuestMerged: following.take_merged,
        ContactProven: following.take_proven,
        MemberInvited: following.take_invited,
        AddressClaimed: following.take_claimed,
        **ignoring(TokensRevoked),
    }
