"""Texts for the contract's rules: the form a field must have, in English and in Portuguese."""

import re
from collections.abc import Iterable
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from eventhub.buf.validate import validate_pb2
from eventhub.refusal import Violation
from eventhub.refusals import InvalidRequest

Words = tuple[str, str]

ID = re.compile(r"\^\(?([a-z]{3})_\[0-9a-z\]\{(\d+),(\d+)\}(\)\?)?\$")
OF_SIGNS = re.compile(r"\^\[A-Za-z0-9_-\]\{(\d+),(\d+)\}\$")
# All other patterns of the contract.
PATTERNS: dict[str, Words] = {
    r"^[^\p{Cc}]*$": ("one line without control characters", "uma linha, sem caracteres de controle"),
    r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$": ("text without control characters", "texto sem caracteres de controle"),
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$": (
        "a day and a time, such as 2026-12-31T20:00",
        "um dia e um horário, como 2026-12-31T20:00",
    ),
    r"^[A-Z]{3}$": ("the three letters of a currency, such as BRL", "as três letras de uma moeda, como BRL"),
    r"^(\+[1-9][0-9]{6,14})?$": (
        "a phone number with + and the country's code, such as +5511912345678",
        "um telefone com + e o código do país, como +5511912345678",
    ),
    r"^([0-9]{11})?$": ("the 11 digits of a CPF", "os 11 dígitos de um CPF"),
    r"^[0-9]{6}([0-9]{4})?$": ("the 6 or 10 digits of the code", "os 6 ou 10 dígitos do código"),
    r"^([^\p{Cc}]{10,128})?$": (
        "10 to 128 characters, none of them a control character",
        "de 10 a 128 caracteres, nenhum deles de controle",
    ),
    **dict.fromkeys(
        (r"^[0-9A-Za-z._/-]{0,40}$", r"^[0-9A-Za-z._/-]{1,40}$"),
        ("up to 40 letters, digits and signs . _ / -", "até 40 letras, algarismos e sinais . _ / -"),
    ),
    r"^[A-Z]+=[A-Z0-9+,-]+(;[A-Z]+=[A-Z0-9+,-]+)*$": (
        "a recurrence rule, such as FREQ=WEEKLY;BYDAY=FR,SA;COUNT=20",
        "uma regra de repetição, como FREQ=WEEKLY;BYDAY=FR,SA;COUNT=20",
    ),
    r"^(https://[^\p{Cc}\s]+)?$": ("an address that begins with https://", "um endereço que começa com https://"),
}
GIVEN: Words = ("must be given", "é obrigatório")
EMAIL: Words = ("an e-mail address, such as ana@example.com", "um e-mail, como ana@example.com")
UNIQUE: Words = ("nothing twice", "nada repetido")
DAY_S = 86_400
# The two rules that limit a kind of field, and the unit of the limits.
LIMITED = {
    "bytes": ("min_len", "max_len"),
    "duration": ("gt", "lte"),
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "double"), ("gte", "lte")),
}
UNIT = {
    **dict.fromkeys(LIMITED, ("", "")),
    "string": ("characters", "caracteres"),
    "bytes": ("bytes", "bytes"),
    "repeated": ("entries", "itens"),
    "duration": ("days", "dias"),
}


def invalid(field: str, rule: str, english: str, portuguese: str) -> InvalidRequest:
    """The refusal of a field for a rule that the contract cannot state.

    rule: id of the rule for programs, such as "positive". english, portuguese: the form that the field must
    have.
    """
    return InvalidRequest(fields={field: Violation(rule, english, portuguese)})


def violation(broken: Any, request: Message) -> tuple[str, Violation]:
    """Translates a violation of protovalidate into the path of the field and the form that it must have."""
    names = [element.field_name for element in broken.proto.field.elements] if broken.proto.field else []
    field = field_of(request, names)
    of = [element.field_name for element in broken.proto.rule.elements] if broken.proto.rule else []
    if field is None:
        words = GIVEN if broken.proto.rule_id == "required" else None
    else:
        words = looks(field, broken.proto.rule_id, in_items=of[:2] == ["repeated", "items"])
    english, portuguese = words or (broken.proto.message, broken.proto.message)
    return ".".join(names) or "request", Violation(broken.proto.rule_id, english, portuguese)


def field_of(request: Message, names: Iterable[str]) -> Any:
    """The field at the end of a path; None if the path names a oneof."""
    inside: Any = request.DESCRIPTOR
    field: Any = None
    for name in names:
        field = inside.fields_by_name.get(name) if inside else None
        inside = field.message_type if field else None
    return field


def looks(field: Any, rule_id: str, *, in_items: bool = False) -> Words | None:
    """The form that a field must have by one of its rules; None for a rule that has no text here.

    in_items: whether the rule applies to each entry of a repeated field.
    """
    rules = field.GetOptions().Extensions[validate_pb2.field]
    if in_items:
        rules = rules.repeated.items
    kind, _, rule = rule_id.partition(".")
    match kind:
        case "required":
            return GIVEN
        case "string":
            return text(rules.string, rule)
        case "repeated":
            return UNIQUE if rule == "unique" else between(kind, rules.repeated, "min_items", "max_items")
        case "enum":
            return one_of(value.name for value in field.enum_type.values if value.number)
    if kind in LIMITED:
        return between(kind, getattr(rules, kind), *LIMITED[kind])
    return None


def text(rules: Any, rule: str) -> Words | None:
    """The form that a string field must have by one of its rules."""
    match rule:
        case "pattern":
            return pattern(rules.pattern)
        case "email" | "email_empty":
            return EMAIL
        case "in":
            return one_of(known for known in getattr(rules, "in") if known)
    return between("string", rules, "min_len", "max_len")


def pattern(expression: str) -> Words | None:
    """Describes a regular expression of the contract; None if it has no text here."""
    if found := ID.fullmatch(expression):
        prefix, least, most, _ = found.groups()
        return (
            f"an id: {prefix}_ and then {least} to {most} lower-case letters or digits",
            f"um id: {prefix}_ e depois de {least} a {most} letras minúsculas ou dígitos",
        )
    if found := OF_SIGNS.fullmatch(expression):
        least, most = found.groups()
        return (
            f"{least} to {most} letters, digits, _ or -, without accents",
            f"de {least} a {most} letras, dígitos, _ ou -, sem acentos",
        )
    return PATTERNS.get(expression)


def between(kind: str, rules: Any, least: str, most: str) -> Words:
    """Describes a range; least and most are the names of the rules that limit it, either of which may be unset."""
    low, high = (limit(getattr(rules, name)) if rules.HasField(name) else None for name in (least, most))
    english, portuguese = (f" {word}".rstrip() for word in UNIT[kind])
    if low is None:
        return f"at most {high}{english}", f"no máximo {high}{portuguese}"
    if high is None:
        return f"at least {low}{english}", f"pelo menos {low}{portuguese}"
    return f"between {low} and {high}{english}", f"entre {low} e {high}{portuguese}"


def limit(value: Any) -> int:
    """A limit in the unit for people: days for a duration."""
    return int(value.seconds // DAY_S if isinstance(value, Duration) else value)


def one_of(values: Iterable[str]) -> Words:
    """Describes a choice between values."""
    listed = ", ".join(values)
    return f"one of {listed}", f"um destes: {listed}"
