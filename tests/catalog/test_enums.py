"""catalog's enums have the contract's values."""

from collections.abc import Iterable

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.inventory.v1 import inventory_pb2 as inventory
from services.catalog.events import Admission, State, TicketKind
from services.catalog.plans.accessible import Accessible
from services.catalog.plans.drawing import RowNumbers, Side
from services.catalog.relocation.convert import STATES
from services.catalog.relocation.mapping import Reason
from services.catalog.relocation.relocation import Match, Step


def test_numbers_are_those_of_the_contract() -> None:
    assert {f"ADMISSION_{each.name}": each.value for each in Admission} == sent(nouns.Admission.items())
    assert {f"TICKET_KIND_{each.name}": each.value for each in TicketKind} == sent(nouns.TicketKind.items())
    sides = {f"STAGE_SIDE_{each.name}": each.value for each in Side if each is not Side.AS_DRAWN}
    assert sides == sent(nouns.StageSide.items())
    ends = {f"ROW_NUMBERS_{each.name}": each.value for each in RowNumbers if each is not RowNumbers.NONE}
    assert ends == sent(nouns.RowNumbers.items())
    made_for = {f"ACCESSIBILITY_{each.name}": each.value for each in Accessible if each is not Accessible.EVERYONE}
    assert made_for == sent(inventory.Accessibility.items())
    assert {f"SEAT_MATCH_{each.name}": each.value for each in Match} == sent(pb.SeatMatch.items())
    assert {f"STUCK_REASON_{each.name}": each.value for each in Reason} == sent(pb.StuckReason.items())


def test_publishing_is_the_only_state_that_the_contract_does_not_have() -> None:
    states = {f"EVENT_STATE_{each}" for each in State if each is not State.PUBLISHING}
    assert states == sent(nouns.EventState.items()).keys()


def test_each_state_of_a_relocation_is_shown() -> None:
    assert set(STATES) == set(Step)
    assert set(STATES.values()) == set(sent(pb.RelocationState.items()).values())


def sent(items: Iterable[tuple[str, int]]) -> dict[str, int]:
    """An enum's values without UNSPECIFIED."""
    return {name: number for name, number in items if number}
