"""Splits long lists."""

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(items: list[T], size: int) -> Iterator[list[T]]:
    """Splits items into lists of at most size, in order. For statements with one parameter per item, and for requests
    with a limit of items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
