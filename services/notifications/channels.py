"""The port to a channel: a way to deliver notices to their readers, such as e-mail.

To add a channel: name it in ChannelName and WORDS of deliveries.py, and let deliveries_of leave it out if it is not set
up. Give its readers an address in neighbours.py, implement Channel in a module <name>_channel.py, with short texts in
texts.py and templates/ if the mail's do not fit, enter it in channels_for of wiring.py, give it its settings in
kit/values/config.py and its way out in deploy/k8s/overlays/prod/policies.yaml, and run
tests/notifications/test_channels.py over it.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from services.notifications.notices import Notice
from services.notifications.texts import Event, Private

T = TypeVar("T")


class DeliveryRefused(Exception):
    """A permanent error: the channel will never take this message, so it is not tried again. Its text: the words of the
    other side, without addresses."""


class AddressInvalid(DeliveryRefused):
    """The channel cannot send to this address."""


class DeliveryDelayed(Exception):
    """A temporary error: the message could not be handed over now and is tried again. Its text: the words of the other
    side, without addresses."""


class DeliveryBlocked(DeliveryDelayed):
    """No message can be handed over until an operator acts: EventHub's, or the other side's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notice for one reader. A channel makes its texts of it, with services/notifications/texts.py.

    address: the reader's address for the channel.
    event: empty if the notice is not about one.
    now_us: the time of this try.
    """

    notice: Notice
    address: str
    language: str
    event: Event
    private: Private
    now_us: int


class Channel(Protocol[T]):
    """Takes messages. T: a message in the form in which the channel sends it."""

    async def compose(self, message: Message) -> T:
        """Makes the form to send. A repeat has the same id, so that its reader's programs can tell. Raises
        AddressInvalid."""

    async def send(self, composed: T) -> None:
        """Hands a message over. When this returns, the other side has stored it. Raises DeliveryRefused or
        DeliveryDelayed."""
