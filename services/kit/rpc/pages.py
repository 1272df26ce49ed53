"""Pages of lists: sizes and opaque tokens (AIP-158)."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import Message

from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.refusals import PageTokenInvalid

# An answer holds 4 MiB at the most.
PAGE_BYTES_MAX = 3 * 1024 * 1024
DEFAULT_SIZE = 50
SIZE_MAX = 200
ITEM_OVERHEAD = 8

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be read. after: the sort key of the last item before it, empty for the first page."""

    size: int
    after: tuple[int | str, ...]
    binding: str

    def token(self, items: Sequence[object], last: tuple[int | str, ...], *, cut: bool = False) -> str:
        """The token of the next page: empty where fewer items were found than the page holds, unless it was cut short.
        last: the sort key of the last item on the page."""
        if len(items) < self.size and not cut:
            return ""
        return base64.urlsafe_b64encode(json.dumps([self.binding, *last]).encode()).decode().rstrip("=")


def page_of(request: Message, page: PageRequest, *, caller: str, key: tuple[type, ...]) -> Page:
    """The page a list request asks for, its field `page` given apart. A token is bound to the rest of the request and
    to the caller. key: what the list's sort key is made of, int and str. Raises PageTokenInvalid."""
    same = type(request)()
    same.CopyFrom(request)
    same.ClearField("page")
    binding = hashlib.sha256(f"{caller}:".encode() + same.SerializeToString(deterministic=True)).hexdigest()[:16]
    size = min(page.size or DEFAULT_SIZE, SIZE_MAX)
    if not page.token:
        return Page(size, (), binding)
    try:
        bound, *after = json.loads(base64.urlsafe_b64decode(page.token + "=" * (-len(page.token) % 4)))
    except (ValueError, TypeError):
        raise PageTokenInvalid from None
    if bound != binding or tuple(map(type, after)) != key or not all(map(is_sort_key, after)):
        raise PageTokenInvalid
    return Page(size, tuple(after), binding)


def fitting(items: Sequence[M], bytes_max: int = PAGE_BYTES_MAX) -> list[M]:
    """As many of the first items as so many bytes hold, at least one."""
    fit: list[M] = []
    size = 0
    for item in items:
        size += item.ByteSize() + ITEM_OVERHEAD
        if fit and size > bytes_max:
            break
        fit.append(item)
    return fit


def is_sort_key(key: object) -> bool:
    """Whether a value can stand in a column: an integer of 64 bits, or text without NUL and lone surrogates."""
    if isinstance(key, int):
        return -(2**63) <= key < 2**63
    return isinstance(key, str) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in key)
