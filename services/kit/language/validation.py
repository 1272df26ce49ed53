"""Holds requests against the rules that the contract gives their fields.

Repetition is counted first: 64 KiB hold 32,000 empty items, and each of them would be looked at and complained of.
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
# Items of a field of another's type, for which the contract cannot say how many there may be.
ITEMS_MAX = 100


@dataclass(frozen=True, slots=True)
class Repeats:
    """What may be repeated in messages of a type. lists: repeated fields, the most items each may have, and what may be
    repeated in an item. parts: fields of one message, and what may be repeated in it."""

    lists: tuple[tuple[str, int, "Repeats | None"], ...]
    parts: tuple[tuple[str, "Repeats"], ...]


@cache
def repeats(descriptor: Descriptor) -> Repeats | None:
    """What may be repeated in messages of a type, which must not contain itself; None if nothing is."""
    lists, parts = [], []
    for field in descriptor.fields:
        inside = repeats(field.message_type) if field.message_type else None
        if field.is_repeated:
            lists.append((field.name, items_max(field), inside))
        elif inside is not None:
            parts.append((field.name, inside))
    return Repeats(tuple(lists), tuple(parts)) if lists or parts else None


def items_max(field: FieldDescriptor) -> int:
    """How many items a repeated field may have."""
    found: int = field.GetOptions().Extensions[validate_pb2.field].repeated.max_items
    return found or ITEMS_MAX


def excess(message: Message, may: Repeats) -> tuple[str, int] | None:
    """The first repeated field of a message that has too many items: its path, which is only then made, and how many it
    may have. None if there is none."""
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


class Validation:
    """The rules on the fields of all requests."""

    def __init__(self) -> None:
        """Each type's rules are read when its first request comes."""
        self._validator = Validator()

    def check(self, request: Message) -> None:
        """Holds a request against the rules on its fields. Raises InvalidRequest."""
        may = repeats(request.DESCRIPTOR)
        if may is not None:
            count(request, may)
        violations = self._validator.collect_violations(request)
        if violations:
            wrong = (rules.violation(broken, request) for broken in violations[:VIOLATIONS_MAX])
            raise InvalidRequest(fields=dict(wrong))
        written = texts.texts_of(request.DESCRIPTOR)
        if written is not None and (unfit := dict(texts.problems(request, written))):
            raise InvalidRequest(fields=unfit)
