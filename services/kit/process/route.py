"""What a context answers over HTTP, in words of its own."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. headers: ASCII; its length is told without being named here."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Route:
    """Requests of one method ("GET") for what lies below a path ("/join/"). answer: is given the rest of the path,
    which may be anything."""

    method: str
    below: str
    answer: Callable[[str], Awaitable[Answer]]
