"""A night keeps its plan while passes with numbered seats are on sale: they have the same seat in each night."""

import pytest

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusals import NightNotForPass, PassKeepsPlan
from tests.catalog.relocation.world import DONE, Relocations, draft
from tests.catalog.requests import EVENT, TYPE, an_id, brl
from tests.stage import Stage, outcome

SERIES, PASS, AGAIN = an_id("ser"), an_id("tkt", 8), an_id("tkt", 9)


async def with_pass(stage: Stage) -> tuple[Relocations, list[str]]:
    """Two nights in the hall on sale, with a pass for a seat in both. Returns their ids, too."""
    moves = await draft(stage)
    catalog = moves.world.hub.catalog
    await catalog.CreateSeries(
        pb.CreateSeriesRequest(series_id=SERIES, from_event_id=EVENT, title="Verão", rule="FREQ=DAILY;COUNT=2")
    )
    await catalog.PublishSeries(pb.PublishSeriesRequest(series_id=SERIES))
    await add(moves)
    nights = (await catalog.GetSeries(pb.GetSeriesRequest(series_id=SERIES))).nights
    return moves, [night.event_id for night in nights]


async def add(moves: Relocations, ticket_type_id: str = PASS, name: str = "Passe") -> None:
    await moves.world.hub.catalog.AddPass(
        pb.AddPassRequest(
            ticket_type_id=ticket_type_id,
            series_id=SERIES,
            name=name,
            price=brl(9000),
            ticket_type_name=f"Inteira {TYPE}",
            capacity=4,
        )
    )


async def archive(moves: Relocations, *, restore: bool = False) -> None:
    request = pb.ArchivePassRequest(series_id=SERIES, ticket_type_id=PASS, restore=restore)
    await moves.world.hub.catalog.ArchivePass(request)


async def test_a_night_of_passes_on_sale_keeps_its_plan(stage: Stage) -> None:
    moves, nights = await with_pass(stage)
    with pytest.raises(PassKeepsPlan) as refused:
        await moves.relocate(event_id=nights[1])
    assert refused.value.facts == {"ticket_type_id": PASS}
    assert await outcome(moves.preview(event_id=nights[1])) == "PASS_KEEPS_PLAN"


async def test_a_night_moves_after_the_sale_of_passes_has_ended_and_no_pass_has_both_halls(stage: Stage) -> None:
    moves, nights = await with_pass(stage)
    await archive(moves)
    await moves.relocate(event_id=nights[1])
    assert (await moves.ended()).state == DONE
    with pytest.raises(NightNotForPass) as refused:
        await archive(moves, restore=True)
    assert refused.value.facts == {"event_id": nights[1]}
    assert await outcome(add(moves, AGAIN, "Outro passe")) == "NIGHT_NOT_FOR_PASS"


async def test_no_pass_is_sold_while_one_of_its_nights_moves(stage: Stage) -> None:
    moves, nights = await with_pass(stage)
    await archive(moves)
    moves.inventory.away = True
    moved = moves.relocate(event_id=nights[1])
    assert await outcome(moved) in ("done", "UNAVAILABLE")
    moves.inventory.away = False
    for sold in (add(moves, AGAIN, "Outro passe"), archive(moves, restore=True)):
        assert await outcome(sold) == "EVENT_MOVING"
    assert (await moves.ended(put_off=True)).state == DONE
