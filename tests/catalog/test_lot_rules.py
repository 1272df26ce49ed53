"""Lots that are refused, and types that cannot have them."""

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_pb2 as nouns
from tests.catalog.lots import FIRST, LAST, MEIA, NEXT, USUAL, lot, ready, set_lots
from tests.catalog.requests import an_id, half, ticket
from tests.stage import Stage, outcome

BAD: dict[str, tuple[list[nouns.Lot], str]] = {
    "no end but the last": ([lot(FIRST, 1), lot(LAST, 2)], "lots"),
    "an end of the last": ([lot(FIRST, 1, 5), lot(LAST, 2, 3, ends_s=60)], "lots"),
    "ends that go back": ([lot(FIRST, 1, ends_s=60), lot(NEXT, 1, ends_s=60), lot(LAST, 2)], "lots"),
    "one id": ([lot(FIRST, 1, 5), lot(FIRST, 2, name="Other")], "lots"),
    "one name": ([lot(FIRST, 1, 5, name="Único"), lot(LAST, 2, name="UNICO")], "lots"),
    "two currencies": ([lot(FIRST, 1, 5), lot(LAST, 1, price={"minor": 1, "currency": "EUR"})], "lots"),
    "no name": ([lot(FIRST, 1, name="")], "lots.name"),
    "no price": ([lot(FIRST, 1, price=None)], "lots.price"),
    "a bad id": ([lot("lot_1", 1)], "lots.lot_id"),
    "thirteen": ([lot(an_id("lot", n), 1, 1, name=str(n)) for n in range(13)], "lots"),
}


@pytest.mark.parametrize("case", BAD)
async def test_lots_that_make_no_sense_are_refused(stage: Stage, case: str) -> None:
    world = await ready(stage, *USUAL)
    before = await world.get()
    wanted, field = BAD[case]

    with pytest.raises(refusals.InvalidRequest) as refused:
        await set_lots(world, *wanted)
    assert set(refused.value.fields) == {field}
    with pytest.raises(refusals.InvalidRequest) as refused:
        await world.type(ticket(an_id("tkt", 3), lots=wanted, price=None))
    assert set(refused.value.fields) == {field}

    assert await world.get() == before


async def test_types_that_cannot_have_these_lots(stage: Stage) -> None:
    world = await ready(stage, *USUAL)
    with pytest.raises(refusals.InvalidRequest) as refused:
        await set_lots(world, lot(LAST, 1), type_id=MEIA)
    assert set(refused.value.fields) == {"ticket_type_id"}
    for request, field in (
        (ticket(an_id("tkt", 3), lots=[lot(an_id("lot", 9), 1)]), "price"),
        (half(an_id("tkt", 3), lots=[lot(an_id("lot", 9), 1)]), "lots"),
        (ticket(an_id("tkt", 3), lots=[lot(LAST, 1)], price=None), "lots.lot_id"),
    ):
        with pytest.raises(refusals.InvalidRequest) as refused:
            await world.type(request)
        assert set(refused.value.fields) == {field}
    assert await outcome(set_lots(world, lot(LAST, 1), type_id="tkt_no")) == "TICKET_TYPE_NOT_FOUND"
    assert await outcome(set_lots(world, lot(LAST, 1, 101))) == "TICKET_TYPE_TOO_LARGE"
    euros = lot(LAST, 1, price={"minor": 1, "currency": "EUR"})
    assert await outcome(set_lots(world, euros)) == "CURRENCY_MISMATCH"
