"""Who listens to which topic in this process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Listener:
    """Hears of commits on one topic."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self.event = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Waits for news."""
        if not self.event.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self.event.wait()
            except TimeoutError:
                return False
        self.event.clear()
        return True


class Listeners:
    """Everybody who listens to one database. Belongs to the event loop."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._by_topic: dict[str, set[Listener]] = defaultdict(set)

    def __bool__(self) -> bool:
        """Whether anybody listens."""
        return bool(self._by_topic)

    @contextmanager
    def listen(self, topic: str) -> Iterator[Listener]:
        """Listens to a topic; "" hears of every one."""
        listener = Listener()
        self._by_topic[topic].add(listener)
        try:
            yield listener
        finally:
            self._by_topic[topic].discard(listener)
            if not self._by_topic[topic]:
                del self._by_topic[topic]

    def tell(self, topics: Iterable[str]) -> None:
        """Tells of news on some topics."""
        heard = set(topics)
        if not heard:
            return
        for topic in (*heard, ""):
            for listener in self._by_topic.get(topic, ()):
                listener.event.set()

    def tell_all(self) -> None:
        """Tells everybody that there may be news."""
        self.tell(list(self._by_topic))
