"""Checks requests against the rules that the contract gives for their fields.

The items of repeated fields are counted first: a request of 64 KiB can hold 32,000 empty items, and validating each of
them would take seconds.
"""

from dataclasses import dataclass
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from protovalidate import Validator

from eventhub.buf.validate import validate_pb2
from eventhub.refusals import InvalidRequest
from services.kit.language import rules, texts

VIOLATIONS_MAX = 20
# The limit for repeated fields of foreign message types, for which the contract states none.
ITEMS_MAX = 100


@dataclass(frozen=True, slots=True)
class Repeats:
    """The repeated fields of a message type.

    lists: each repeated field with its largest number of items, and the repeated fields of an item's type.
    parts: each other field that holds a message, with the repeated fields of its type.
    """

    lists: tuple[tuple[str, int, "Repeats | None"], ...]
    parts: tuple[tuple[str, "Repeats"], ...]


@cache
def repeats(descriptor: Descriptor) -> Repeats | None:
    """The repeated fields of a message type; None if there are none. The type must not contain itself."""
    lists, parts = [], []
    for field in descriptor.fields:
        inside = repeats(field.message_type) if field.message_type else None
        if field.is_repeated:
            lists.append((field.name, items_max(field), inside))
        elif inside is not None:
            parts.append((field.name, inside))
    return Repeats(tuple(lists), tuple(parts)) if lists or parts else None


def items_max(field: FieldDescriptor) -> int:
    """The largest number of items that a repeated field may have."""
    found: int = field.GetOptions().Extensions[validate_pb2.field].repeated.max_items
    return found or ITEMS_MAX


def excess(message: Message, may: Repeats) -> tuple[str, int] | None:
    """The first repeated field with too many items: its path and its limit. None if there is none. The path is made
    only when a field is refused, because every message is counted."""
    for name, most, inside in may.lists:
        items = getattr(message, name)
        if len(items) > most:
            return name, most
        if inside is not None:
            for n, item in enumerate(items):
                found = excess(item, inside)
                if found is not None:
                    return f"{name}[{n}].{found[0]}", found[1]
    for name, inside in may.parts:
        if message.HasField(name):
            found = excess(getattr(message, name), inside)
            if found is not None:
                return f"{name}.{found[0]}", found[1]
    return None


def count(message: Message, may: Repeats) -> None:
    """Counts what is repeated in a message. Raises InvalidRequest for the first field that has too many items."""
    found = excess(message, may)
    if found is not None:
        path, most = found
        raise rules.invalid(path, "repeated.max_items", f"at most {most} entries", f"no máximo {most} itens")


@cache
def validator() -> Validator:
    """The validator of this process. It compiles a type's rules, which takes 50 ms, when the first request of the type
    arrives."""
    return Validator()


def check(request: Message) -> None:
    """Checks a request of any type. Raises InvalidRequest, which names the first VIOLATIONS_MAX wrong fields."""
    may = repeats(request.DESCRIPTOR)
    if may is not None:
        count(request, may)
    violations = validator().collect_violations(request)
    if violations:
        wrong = (rules.violation(broken, request) for broken in violations[:VIOLATIONS_MAX])
        raise InvalidRequest(fields=dict(wrong))
    written = texts.texts_of(request.DESCRIPTOR)
    if written is not None and (unfit := dict(texts.problems(request, written))):
        raise InvalidRequest(fields=unfit)
