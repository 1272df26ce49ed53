"""The items of a repeated field are counted at every depth of a request. A refusal names the field by its path."""

import pytest

from eventhub.inventory.v1.inventory_service_pb2 import BlockSeatsRequest, HoldItem, HoldRequest
from eventhub.refusals import InvalidRequest
from services.kit.language import validation

SEATS = [f"A-{n}" for n in range(201)]


@pytest.mark.parametrize(
    ("request_", "path", "most"),
    [
        (BlockSeatsRequest(seat_ids=SEATS), "seat_ids", 200),
        (HoldRequest(items=[HoldItem()] * 21), "items", 20),
        (HoldRequest(items=[HoldItem(seat_ids=SEATS[:51])]), "items[0].seat_ids", 50),
        (HoldRequest(items=[HoldItem(), HoldItem(seat_ids=SEATS), HoldItem()]), "items[1].seat_ids", 50),
    ],
)
def test_a_field_with_too_many_items_is_named_by_its_path(
    request_: BlockSeatsRequest | HoldRequest, path: str, most: int
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validation.check(request_)

    assert refused.value.fields.keys() == {path}
    assert refused.value.fields[path].en == f"at most {most} entries"
    assert refused.value.fields[path].rule == "repeated.max_items"
