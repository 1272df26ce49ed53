"""Events as a search shows them to buyers, kept by their versions: most searches show the same few events, and to read
an event and its ticket types costs more than to find it."""

from collections.abc import Iterable, Mapping

from eventhub.catalog.v1 import catalog_pb2 as nouns
from services.catalog import convert
from services.catalog.events import Event
from services.catalog.ticket_types import showing
from services.kit.values import Cache

# Together at most 16 MiB. An event with a long description and many ticket types is larger, and is read at each search.
KEPT_MAX = 2_000
KEPT_BYTES_MAX = 8 * 1024


class ShownEvents:
    """Events as buyers see them, encoded, without their organizers' profiles. An event changes only with its version,
    so one that is kept is never outdated."""

    def __init__(self) -> None:
        self._kept: Cache[tuple[str, int], bytes] = Cache(KEPT_MAX)

    def of(self, versions: Mapping[str, int]) -> dict[str, nouns.Event]:
        """Those among some events that are kept, by id. Each message is the caller's own. versions: by id."""
        kept = {event_id: self._kept.get((event_id, version)) for event_id, version in versions.items()}
        return {event_id: nouns.Event.FromString(shown) for event_id, shown in kept.items() if shown is not None}

    def keep(self, events: Iterable[Event]) -> dict[str, nouns.Event]:
        """Keeps events, and returns their messages by id."""
        messages = {event.event_id: convert.event_pb(showing.for_buyers(event)) for event in events}
        for event_id, message in messages.items():
            encoded = message.SerializeToString()
            if len(encoded) <= KEPT_BYTES_MAX:
                self._kept.put((event_id, message.version), encoded)
        return messages
