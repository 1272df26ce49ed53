"""Pages of lists: page sizes and opaque page tokens, after AIP-158."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import Message

from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.refusals import PageTokenInvalid
from services.kit.values.messages import fingerprint

# A response may have 4 MiB; the rest is left for the fields around the list.
PAGE_BYTES_MAX = 3 * 1024 * 1024
DEFAULT_SIZE = 50
SIZE_MAX = 200
ITEM_OVERHEAD = 8

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be read.

    size: number of items at most. after: the sort key of the last item before the page; empty for the first page.
    binding: fingerprint of the caller and the request, which the next token must match.
    """

    size: int
    after: tuple[int | str, ...]
    binding: str

    def token(self, items: Sequence[object], last: tuple[int | str, ...], *, cut: bool = False) -> str:
        """The token for the next page; empty if this is the last page.

        items: the items found; fewer than size means that there are no more. last: the sort key of the last item on the
        page. cut: whether fitting() has left out items, so that there is a next page in any case.
        """
        if len(items) < self.size and not cut:
            return ""
        return base64.urlsafe_b64encode(json.dumps([self.binding, *last]).encode()).decode().rstrip("=")


def page_of(request: Message, page: PageRequest, *, caller: str, key: tuple[type, ...]) -> Page:
    """The page that a list request asks for. Raises PageTokenInvalid if the token is not one that this caller got for
    the same request: a token for the orders of one event does not continue the list of another.

    page: the request's field `page`. caller: id of the caller. key: types of the list's sort key, int and str.
    """
    same = type(request)()
    same.CopyFrom(request)
    same.ClearField("page")
    binding = fingerprint(same, caller=caller)[:16]
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
    """The first items that fit into an answer of bytes_max bytes; at least one item."""
    fit: list[M] = []
    size = 0
    for item in items:
        size += item.ByteSize() + ITEM_OVERHEAD
        if fit and size > bytes_max:
            break
        fit.append(item)
    return fit


def is_sort_key(key: object) -> bool:
    """Whether a database column can hold the value: a 64-bit integer, or text without NUL and lone surrogates. A client
    can put anything into a token, and a driver's error would be reported as our bug."""
    if isinstance(key, int):
        return -(2**63) <= key < 2**63
    return isinstance(key, str) and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in key)
