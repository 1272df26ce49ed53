"""Puts notifications together: its postman, its announcer, its followers and its RPCs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from google.protobuf.message import Message

from eventhub.catalog.v1.catalog_events_pb2 import EventPublished, EventRescheduled
from eventhub.identity.v1.identity_events_pb2 import (
    AccessCodeIssued,
    AddressClaimed,
    ContactProven,
    GuestMerged,
    MemberInvited,
    TokensRevoked,
)
from eventhub.notifications.v1 import notifications_service_pb2
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketUsed
from services.kit.db import Database
from services.kit.feeds import Follower, Take, ignore, ignoring
from services.kit.process import Context, Runtime
from services.kit.values import SECOND_US, Settings
from services.kit.work import Runner
from services.notifications.announcer import Announcer
from services.notifications.envelopes import sender_of
from services.notifications.figures import Figures
from services.notifications.following import Following
from services.notifications.mailbox import Outlet
from services.notifications.neighbours import Neighbours
from services.notifications.postman import Postman
from services.notifications.servicer import NotificationsService
from services.notifications.smtp import outlet_for

NAME = "notifications"

Wake = Callable[[], None]


def check(settings: Settings) -> None:
    """Raises BadSetting if no mail can be sent with the settings. The platform calls this before it makes anything."""
    outlet_for(settings)
    sender_of(settings)


async def build(runtime: Runtime) -> Context:
    """Builds notifications, ready to serve. Raises BadSetting if no mail can be sent with the settings."""
    return await build_with(runtime, outlet_for(runtime.settings))


async def build_with(runtime: Runtime, outlet: Outlet) -> Context:
    """Builds notifications, ready to serve, with a given outlet for its mail. Raises BadSetting."""
    sender = sender_of(runtime.settings)
    database = await runtime.database(NAME, Path(__file__).parent / "schema")
    channel = runtime.channel(NAME)
    counted = Figures(database, runtime.clock)
    postman = Postman(
        database,
        runtime.clock,
        neighbours=Neighbours(runtime.clock, channel),
        outlet=outlet,
        sender=sender,
        counted=counted,
    )

    async def write(notification_id: str) -> None:
        await postman.write(notification_id)
        wake()  # a place is free for the next notice

    async def deliver(notification_id: str) -> None:
        await postman.deliver(notification_id)
        mail.wake()

    texts = Runner(f"{NAME} texts", runtime.clock, due=postman.due_texts, do=write)
    mail = Runner(f"{NAME} mail", runtime.clock, due=postman.due_mail, do=deliver)
    announcer = Announcer(database, runtime.clock, then=texts.wake)
    announcements = Runner(f"{NAME} announcements", runtime.clock, due=announcer.due, do=announcer.carry)

    def wake() -> None:
        texts.wake()
        mail.wake()

    following = Following(runtime.clock, changes_wait_us=round(runtime.settings.mail_changes_wait_s * SECOND_US))
    follow = partial(runtime.follow, database)
    followers = followers_of(following, follow, wake=wake, announce=announcements.wake)
    return context_of(database, (announcements, texts, mail), followers, counted)


def context_of(
    database: Database, runners: Sequence[Runner], followers: Sequence[Follower], counted: Figures
) -> Context:
    """Makes the context that the process runs: its RPCs, its loops and its gauges."""
    service = notifications_service_pb2.DESCRIPTOR.services_by_name["NotificationsService"]

    async def stop() -> None:
        for runner in runners:
            await runner.stop()

    return Context(
        NAME,
        database,
        servicers={service: NotificationsService(database)},
        loops=[*(runner.run for runner in runners), *(follower.run for follower in followers)],
        gauges=[
            *(counted.gauges, *(runner.gauges for runner in runners)),
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
                OrderPlaced: ignore,
                OrderPaid: following.take_paid,
                OrderPaymentPending: following.take_pending,
                OrderFailed: following.take_failed,
            },
            then=wake,
        ),
        follow(
            "ticketing",
            takes={TicketsIssued: following.take_issued, TicketUsed: ignore},
            then=wake,
        ),
        follow(
            "catalog",
            takes={EventPublished: ignore, EventRescheduled: following.take_rescheduled},
            then=announce,
        ),
        follow(
            "identity",
            takes=about_people(following),
            then=wake,
        ),
    ]


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
