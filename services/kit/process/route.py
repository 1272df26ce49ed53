"""HTTP routes of a context, independent of the HTTP library."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request for a route."""

    method: str
    # The path after the route's `below`, percent-decoded; it may be anything.
    rest: str = ""
    # Parameters of the URL; of a repeated one the last value.
    query: Mapping[str, str] = field(default_factory=dict)
    # Headers by name in lower case.
    headers: Mapping[str, str] = field(default_factory=dict)
    # The whole body; only read for POST, PUT and PATCH.
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response. headers: ASCII, without Content-Length, which the server adds."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Route:
    """Answers requests with one method ("GET") for all paths that begin with `below` ("/join/")."""

    method: str
    below: str
    answer: Callable[[Request], Awaitable[Answer]]
