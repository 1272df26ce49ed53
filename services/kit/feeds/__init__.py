"""Feeds, by which a context follows the facts of another, and watches, by which clients follow one thing.

For the author of a context: Runtime.follow() makes a Follower, which applies each fact once; its effects are Takes, and
ignore and ignoring() are for facts without an effect. feed.batches() serves the context's own Feed RPC. watch_topic()
tells a watch when to look for news, and check_goes_on() when to end. merges knows the person behind each subject, and
CaughtUp waits until the context knows what identity has told. PacedReads and KeptReads read once for all watchers of
one thing, and SharedNews tells all of them what has changed. positions are for code that compares a snapshot with the
history.
"""

from services.kit.feeds import feed, merges, positions
from services.kit.feeds.caught_up import CaughtUp
from services.kit.feeds.follower import DecodedFact, Follower, Take, ignore, ignoring
from services.kit.feeds.news import SharedNews
from services.kit.feeds.shared import KeptReads, PacedReads
from services.kit.feeds.watch import HEARTBEAT_S, LOOK_S, check_goes_on, resumes, watch_topic

__all__ = [
    "HEARTBEAT_S",
    "LOOK_S",
    "CaughtUp",
    "DecodedFact",
    "Follower",
    "KeptReads",
    "PacedReads",
    "SharedNews",
    "Take",
    "check_goes_on",
    "feed",
    "ignore",
    "ignoring",
    "merges",
    "positions",
    "resumes",
    "watch_topic",
]
