"""The texts for people of the contract's rules."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from protovalidate import Validator

from eventhub import contract
from eventhub.buf.validate import validate_pb2
from eventhub.catalog.v1.catalog_service_pb2 import AddTicketTypeRequest, CreateEventRequest
from eventhub.identity.v1.identity_service_pb2 import RegisterOrganizerRequest, StartGuestRequest
from eventhub.inventory.v1.inventory_service_pb2 import BlockSeatsRequest, HoldItem, HoldRequest
from eventhub.pricing.v1.pricing_service_pb2 import CreateCouponRequest
from services.kit.language import rules

ID = "evt_" + "0" * 26
REGULAR = set(r"^$\[]{}")
CASES: list[tuple[Message, str, str]] = [
    (StartGuestRequest(guest_id="7"), "guest_id", "an id: gst_ and then 26 to 64 lower-case letters or digits"),
    (StartGuestRequest(name="a" * 121), "name", "between 1 and 120 characters"),
    (StartGuestRequest(email="ana"), "email", "an e-mail address, such as ana@example.com"),
    (StartGuestRequest(locale="fr"), "locale", "one of pt-BR, en"),
    (StartGuestRequest(cpf="1"), "cpf", "the 11 digits of a CPF"),
    (RegisterOrganizerRequest(name=""), "name", "between 1 and 120 characters"),
    (HoldRequest(items=[HoldItem(quantity=51)]), "items.quantity", "between 0 and 50"),
    (HoldRequest(), "items", "between 1 and 20 entries"),
    (BlockSeatsRequest(seat_ids=["a", "a"]), "seat_ids", "nothing twice"),
    (BlockSeatsRequest(seat_ids=["a" * 81]), "seat_ids", "between 1 and 80 characters"),
    (AddTicketTypeRequest(kind=77), "kind", "one of TICKET_KIND_"),  # type: ignore[arg-type]  # no such kind
    (CreateEventRequest(duration=Duration(seconds=9_999_999)), "duration", "between 0 and 30 days"),
    (CreateEventRequest(), "duration", "must be given"),
    (CreateCouponRequest(), "discount", "must be given"),
]


@pytest.mark.parametrize(("request_", "field", "looks"), CASES)
def test_a_broken_rule_says_what_the_field_should_look_like(request_: Message, field: str, looks: str) -> None:
    found = dict(rules.violation(broken, request_) for broken in Validator().collect_violations(request_))

    assert found[field].en.startswith(looks)
    assert found[field].rule
    assert found[field].pt


def fields(message: Any, seen: set[str]) -> Iterator[Any]:
    """The fields of a request and of the messages in it."""
    if message.full_name in seen or not message.full_name.startswith("eventhub."):
        return
    seen.add(message.full_name)
    for field in message.fields:
        yield field
        if field.message_type is not None:
            yield from fields(field.message_type, seen)


def test_every_rule_of_a_public_request_has_words() -> None:
    seen: set[str] = set()
    silent = []
    for rpc in contract.by_path().values():
        for field in fields(rpc.request.DESCRIPTOR, seen) if not rpc.internal else ():
            said = field.GetOptions().Extensions[validate_pb2.field]
            for inside, items in ((said, False), (said.repeated.items, True)):
                kind = inside.WhichOneof("type")
                names = [rule.name for rule, _ in getattr(inside, kind).ListFields()] if kind else []
                for rule in names:
                    words = None if rule == "items" else rules.looks(field, f"{kind}.{rule}", in_items=items)
                    if rule != "items" and (words is None or any(REGULAR & set(word) for word in words)):
                        silent.append(f"{field.full_name} {kind}.{rule}")
    assert not silent, "\n".join(silent)
    assert seen
