"""catalog's enums have the contract's values."""

from collections.abc import Iterable

from eventhub.catalog.v1 import catalog_pb2 as nouns
from services.catalog.events import Admission, State, TicketKind
from services.catalog.plans.drawing import Side


def test_numbers_are_those_of_the_contract() -> None:
    assert {f"ADMISSION_{each.name}": each.value for each in Admission} == sent(nouns.Admission.items())
    assert {f"TICKET_KIND_{each.name}": each.value for each in TicketKind} == sent(nouns.TicketKind.items())
    sides = {f"STAGE_SIDE_{each.name}": each.value for each in Side if each is not Side.AS_DRAWN}
    assert sides == sent(nouns.StageSide.items())


def test_publishing_is_the_only_state_that_the_contract_does_not_have() -> None:
    states = {f"EVENT_STATE_{each}" for each in State if each is not State.PUBLISHING}
    assert states == sent(nouns.EventState.items()).keys()


def sent(items: Iterable[tuple[str, int]]) -> dict[str, int]:
    """An enum's values without UNSPECIFIED."""
    return {name: number for name, number in items if number}
