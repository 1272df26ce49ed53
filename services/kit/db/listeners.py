"""The listeners of one database in this process, by topic."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Listener:
    """Implements the Listener port with an event, which Listeners sets."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Waits for news; see the port."""
        if not self.event.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self.event.wait()
            except TimeoutError:
                return False
        self.event.clear()
        return True


class Listeners:
    """All listeners of one database. Use it on the event loop only."""

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Listener]] = defaultdict(set)

    def __bool__(self) -> bool:
        """Whether there is any listener."""
        return bool(self._by_topic)

    @contextmanager
    def listen(self, topic: str) -> Iterator[Listener]:
        """Adds a listener to a topic while the with statement runs; "" means every topic."""
        listener = Listener()
        self._by_topic[topic].add(listener)
        try:
            yield listener
        finally:
            self._by_topic[topic].discard(listener)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def tell(self, topics: Iterable[str]) -> None:
        """Wakes the listeners of these topics, and those of all topics."""
        heard = set(topics)
        if not heard:
            return
        for topic in (*heard, ""):
            for listener in self._by_topic.get(topic, ()):
                listener.event.set()

    def tell_all(self) -> None:
        """Wakes every listener: there may be news on any topic."""
        self.tell(list(self._by_topic))
