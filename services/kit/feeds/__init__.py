"""Facts of one context followed by others, and watches of people, which are feeds of one key."""

from services.kit.feeds import feed, positions
from services.kit.feeds.caught_up import CaughtUp
from services.kit.feeds.feed import Follower, Take, Told, ignore, ignoring
from services.kit.feeds.watch import HEARTBEAT_S, LOOK_S, beats, check_goes_on, resumes

__all__ = [
    "HEARTBEAT_S",
    "LOOK_S",
    "CaughtUp",
    "Follower",
    "Take",
    "Told",
    "beats",
    "check_goes_on",
    "feed",
    "ignore",
    "ignoring",
    "positions",
    "resumes",
]
