"""The hours in which tickets let their holders in. Pure."""

from dataclasses import dataclass

from eventhub.refusals import CheckInClosed, JoinClosed
from services.kit.values import SECOND_US, Settings, rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as catalog describes it. starts_us, ends_us: 0 if the event has no times. doors_open_us, doors_close_us:
    0 unless its organizer has set them."""

    organizer_id: str
    title: str
    online: bool
    starts_us: int
    ends_us: int
    time_zone: str
    doors_open_us: int = 0
    doors_close_us: int = 0


@dataclass(frozen=True, slots=True)
class Hours:
    """How long before an event begins and after it ends gates let people in, and how early links open it. The gates'
    hours are the usual ones: an organizer may set when the doors of an event open and close."""

    check_in_before_us: int
    check_in_after_us: int
    join_before_us: int

    def check_in(self, event: Event, now_us: int) -> None:
        """Raises CheckInClosed with the gates' hours if they are closed now. An event without times is always open."""
        opens_us = event.doors_open_us or event.starts_us - self.check_in_before_us
        closes_us = event.doors_close_us or event.ends_us + self.check_in_after_us
        if event.starts_us and not opens_us <= now_us < closes_us:
            raise CheckInClosed(
                opens_at=rfc3339(opens_us), closes_at=rfc3339(closes_us), time_zone=event.time_zone, title=event.title
            )

    def join(self, event: Event, now_us: int) -> None:
        """Raises JoinClosed with the links' hours if they are closed now. An event without times is always open."""
        opens_us = event.starts_us - self.join_before_us
        if event.starts_us and not opens_us <= now_us < event.ends_us:
            raise JoinClosed(
                opens_at=rfc3339(opens_us),
                closes_at=rfc3339(event.ends_us),
                time_zone=event.time_zone,
                title=event.title,
            )


def hours_of(settings: Settings) -> Hours:
    """The hours that the operator has set for this installation."""
    before, after, join = settings.check_in_before_s, settings.check_in_after_s, settings.join_before_s
    return Hours(int(before * SECOND_US), int(after * SECOND_US), int(join * SECOND_US))
