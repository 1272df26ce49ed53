"""Facts of one context followed by others, and watches of people, which are feeds of one key."""

from services.kit.feeds import feed, positions
from services.kit.feeds.caught_up import CaughtUp
from services.kit.feeds.feed import DecodedFact, Follower, Take, ignore, ignoring
from services.kit.feeds.watch import HEARTBEAT_S, LOOK_S, check_goes_on, resumes, watch_topic

__all__ = [
    "HEARTBEAT_S",
    "LOOK_S",
    "CaughtUp",
    "DecodedFact",
    "Follower",
    "Take",
    "check_goes_on",
    "feed",
    "ignore",
    "ignoring",
    "positions",
    "resumes",
    "watch_topic",
]
