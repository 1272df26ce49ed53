"""Deliveries: a notice on its way to its reader by one channel, why it may not be sent, and when it is tried again."""

from dataclasses import dataclass
from enum import StrEnum

from services.kit.values import SECOND_US
from services.notifications import notices
from services.notifications.notices import Notice

KEEP_TRYING_US = 24 * 3_600 * SECOND_US
# How long the confirmation of an order waits for the delivery of the order's tickets, which confirms the order too. Ten
# seconds are enough for two failed tries of that delivery, or for a restart of ticketing. A buyer who looks for mail
# waits about as long.
TICKETS_WAIT_US = 10 * SECOND_US


class ChannelName(StrEnum):
    """The channels, as the database spells them. Streams are none of them: they show the stored text."""

    EMAIL = "EMAIL"


# The word for a channel's deliveries in logs and in the names of metrics.
WORDS = {ChannelName.EMAIL: "mail"}


class DeliveryState(StrEnum):
    """The state of a delivery. WITHHELD: it waits until the reader's address is proven."""

    PENDING = "PENDING"
    SENT = "SENT"
    DROPPED = "DROPPED"
    WITHHELD = "WITHHELD"


class Reason(StrEnum):
    """Why a delivery is not sent, as metrics and logs name it."""

    # The channel refused it.
    REFUSED = "refused"
    # The channel cannot send to the reader's address.
    NO_ADDRESS = "no_address"
    # The reader is gone, or has no address for the channel.
    NO_RECIPIENT = "no_recipient"
    CODE_EXPIRED = "code_expired"
    TRIED_FOR_TOO_LONG = "tried_for_too_long"
    # The address is not proven.
    UNPROVEN = "unproven"
    # The address is not proven, and a limit of today is reached.
    OVER_BOUND = "over_bound"
    # Another delivery tells the person the same.
    NOTHING_TO_SAY = "nothing_to_say"
    # The delivery of an order's tickets has confirmed the order.
    TOLD_WITH_TICKETS = "told_with_tickets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A notice on its way by one channel.

    at_us: when it became due.
    tries: how often it has failed.
    counted: whether the limits of unproven addresses have counted it.
    """

    notice: Notice
    channel: ChannelName
    at_us: int
    state: DeliveryState = DeliveryState.PENDING
    tries: int = 0
    counted: bool = False


def deliveries_of(notice: Notice) -> list[Delivery]:
    """The deliveries of a notice: one for each channel that its reader gets notices of this kind by."""
    return [Delivery(notice=notice, channel=channel, at_us=notice.at_us) for channel in ChannelName]


def confirmation_due_us(tickets: DeliveryState | None, *, now_us: int) -> int:
    """When the delivery of an order's confirmation becomes due, which can leave since now. It waits for the delivery of
    the order's tickets unless that has ended or is withheld. tickets: the state of that delivery; None if there is none
    yet."""
    return now_us + TICKETS_WAIT_US if tickets in {None, DeliveryState.PENDING} else now_us


def next_try_us(delivery: Delivery, *, now_us: int) -> int | None:
    """When a delivery that failed now is tried again; None if it is given up."""
    at_us = notices.next_try_us(delivery.tries, now_us=now_us)
    return at_us if at_us < delivery.at_us + KEEP_TRYING_US else None
