"""The one bounded cache. Pure: the caller passes the time in, in microseconds, if the age of values matters."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Keeps values by key. If there are too many, the least recently used is dropped."""

    def __init__(self, kept_max: int) -> None:
        """kept_max: number of values to keep."""
        self._kept_max = kept_max
        self._kept: OrderedDict[K, tuple[int, V]] = OrderedDict()

    def __contains__(self, key: K) -> bool:
        return key in self._kept

    def get(self, key: K, *, since_us: int = 0) -> V | None:
        """The value for a key; None if there is none, or only one from before since_us."""
        kept = self._kept.get(key)
        if kept is None or kept[0] < since_us:
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def put(self, key: K, value: V, *, at_us: int = 0) -> None:
        """Keeps a value, which replaces an earlier one. at_us: the time that it is from."""
        self._kept[key] = at_us, value
        self._kept.move_to_end(key)
        while len(self._kept) > self._kept_max:
            self._kept.popitem(last=False)

    def drop(self, key: K) -> None:
        """Drops the value for a key, if there is one."""
        self._kept.pop(key, None)

    def drop_before(self, at_us: int) -> None:
        """Drops values from before a time, if each value was put at the time that it is from and never got since."""
        while self._kept and next(iter(self._kept.values()))[0] < at_us:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Drops all values, whatever their age."""
        self._kept.clear()
