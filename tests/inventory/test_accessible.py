"""Accessible seats are sold to everyone who asks; a companion's seat goes with the accessible one beside it."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from tests.inventory.halls import BOXES, HALL, open_hall, propose
from tests.inventory.world import ANA, ORDER, ORGANIZER, confirm, give_back, hld, hold, lock, rows, seats
from tests.stage import Stage, outcome

ROW = "oooWcooo"
WHEELCHAIR, COMPANION = "0-03", "0-04"


def of_hall(*seat_ids: str) -> pb.HoldItem:
    return seats(*seat_ids, ticket_type_id=HALL)


def need(kind: str, quantity: int = 1, *, companion: bool = True) -> pb.AccessibleSeats:
    return pb.AccessibleSeats(
        kind=nouns.Accessibility.Value(f"ACCESSIBILITY_{kind}"), quantity=quantity, with_companion=companion
    )


async def held_seats(stage: Stage) -> list[str]:
    return [row[0] for row in await rows(stage, "SELECT seat_id FROM seat WHERE state <> 'FREE' ORDER BY seat_id")]


async def test_a_companions_seat_is_held_with_the_accessible_one(stage: Stage) -> None:
    await open_hall(stage, ROW)

    with pytest.raises(refusals.CompanionSeat) as refused:
        await hold(stage.buyer(), hld(1), of_hall(COMPANION, "0-05"))
    assert (refused.value.seat_id, refused.value.beside_id) == (COMPANION, WHEELCHAIR)
    assert refused.value.seat == "Zone 0 0-4"
    assert refused.value.for_people == (
        "O lugar Zone 0 0-4 é para acompanhar quem usa o lugar Zone 0 0-3. Escolha os dois juntos."
    )
    assert await held_seats(stage) == []
    assert await rows(stage, "SELECT * FROM hold") == []

    await hold(stage.buyer(), hld(1), of_hall(COMPANION, WHEELCHAIR))
    assert await held_seats(stage) == [WHEELCHAIR, COMPANION]


async def test_an_accessible_seat_is_sold_to_everyone(stage: Stage) -> None:
    await open_hall(stage, ROW)

    await hold(stage.buyer(), hld(1), of_hall(WHEELCHAIR, "0-02"))

    assert await held_seats(stage) == ["0-02", WHEELCHAIR]


async def test_the_companion_of_a_bought_seat_may_come_later(stage: Stage) -> None:
    orders = await open_hall(stage, ROW)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), of_hall(WHEELCHAIR))
    await orders.LockHold(lock())
    with pytest.raises(refusals.CompanionSeat):  # until it is bought, it might be given back alone
        await hold(ana, hld(2), of_hall(COMPANION))
    await orders.ConfirmHold(confirm())

    with pytest.raises(refusals.CompanionSeat):
        await hold(stage.buyer("gst_rui"), hld(2), of_hall(COMPANION))
    await hold(ana, hld(2), of_hall(COMPANION))

    assert await held_seats(stage) == [WHEELCHAIR, COMPANION]


async def test_a_seat_that_was_not_paid_brings_no_companion(stage: Stage) -> None:
    orders = await open_hall(stage, ROW)
    await hold(stage.buyer(ANA), hld(1), of_hall(WHEELCHAIR))
    await orders.LockHold(lock())
    await orders.ConfirmHold(confirm())
    await orders.ReturnSold(give_back(ORDER))

    with pytest.raises(refusals.CompanionSeat):
        await hold(stage.buyer(ANA), hld(2), of_hall(COMPANION))


async def test_the_counter_sells_a_companions_seat_by_itself(stage: Stage) -> None:
    await open_hall(stage, ROW)

    with pytest.raises(refusals.CompanionSeat):
        await hold(stage.member("org_rival"), hld(1), of_hall(COMPANION))
    await hold(stage.member(ORGANIZER), hld(1), of_hall(COMPANION))

    assert await held_seats(stage) == [COMPANION]


async def test_of_sixteen_pairs_one_is_held_whole(stage: Stage) -> None:
    await open_hall(stage, ROW)
    wishes = [of_hall(WHEELCHAIR, COMPANION) if n % 2 else of_hall(COMPANION) for n in range(16)]

    answers = await asyncio.gather(
        *(outcome(hold(stage.buyer(f"gst_{n}"), hld(n), wish)) for n, wish in enumerate(wishes))
    )

    assert answers[1::2].count("done") == 1
    assert set(answers[::2]) <= {"COMPANION_SEAT", "SEAT_TAKEN"}
    assert await held_seats(stage) == [WHEELCHAIR, COMPANION]


async def test_proposals_leave_accessible_seats_to_those_who_ask(stage: Stage) -> None:
    await open_hall(stage, ROW)
    anyone = stage.anyone()

    assert await propose(anyone, 3) == [["0-05", "0-06", "0-07"]]
    with pytest.raises(refusals.NoSuchSeats) as refused:
        await propose(anyone, 7)
    assert refused.value.available == "6"


@pytest.mark.parametrize(
    ("quantity", "needs", "chosen"),
    [
        (1, [need("WHEELCHAIR", companion=False)], ["1-02"]),
        (2, [need("WHEELCHAIR")], ["1-01", "1-02"]),
        (4, [need("WHEELCHAIR", 2)], ["2-02", "2-03", "2-04", "2-05"]),
        (3, [need("OBESE", 2, companion=False)], ["2-00", "2-01", "2-07"]),
        (4, [need("WHEELCHAIR")], ["1-00", "1-01", "1-02", "1-03"]),
        (3, [need("WHEELCHAIR", companion=False), need("OBESE", companion=False)], ["1-02", "1-03", "2-01"]),
    ],
)
async def test_accessible_seats_are_proposed_with_companions_and_friends_near_them(
    stage: Stage, quantity: int, needs: list[pb.AccessibleSeats], chosen: list[str]
) -> None:
    await open_hall(stage, "oooooo", "ocWo..", "oBWccWoB")

    assert await propose(stage.anyone(), quantity, accessible=needs) == [chosen]


async def test_a_proposal_says_for_whom_its_seats_are_made(stage: Stage) -> None:
    await open_hall(stage, ROW)
    request = pb.FindBestSeatsRequest(
        event_id="evt_theatre", ticket_type_id=HALL, quantity=2, accessible=[need("WHEELCHAIR")]
    )

    first, second = (await stage.anyone().inventory.FindBestSeats(request)).seats

    assert (first.accessible, first.companion_of) == (nouns.ACCESSIBILITY_WHEELCHAIR, "")
    assert (second.accessible, second.companion_of) == (nouns.ACCESSIBILITY_UNSPECIFIED, WHEELCHAIR)


async def test_accessible_seats_that_are_gone_are_not_proposed(stage: Stage) -> None:
    await open_hall(stage, ROW, "oRx")
    await hold(stage.member(ORGANIZER), hld(1), of_hall(COMPANION))

    with pytest.raises(refusals.NoSuchSeats) as refused:
        await propose(stage.anyone(), 2, accessible=[need("WHEELCHAIR")])
    assert refused.value.available == "0"
    with pytest.raises(refusals.NoSuchSeats):
        await propose(stage.anyone(), 1, BOXES, accessible=[need("REDUCED_MOBILITY", companion=False)])
    assert await propose(stage.anyone(), 1, accessible=[need("WHEELCHAIR", companion=False)]) == [[WHEELCHAIR]]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "quantity"),
        ({"quantity": 2, "groups": [2]}, "quantity"),
        ({"quantity": 1, "accessible": [need("WHEELCHAIR")]}, "quantity"),
        ({"quantity": 4, "accessible": [need("WHEELCHAIR"), need("WHEELCHAIR")]}, "accessible.kind"),
        ({"groups": [2, 2], "accessible": [need("WHEELCHAIR")]}, "quantity"),
        ({"groups": [30, 21]}, "groups"),
        ({"groups": [0]}, "groups"),
        ({"groups": [1] * 11}, "groups"),
    ],
)
async def test_wishes_that_cannot_be_are_refused(stage: Stage, wish: dict[str, object], field: str) -> None:
    await open_hall(stage, ROW)

    with pytest.raises(refusals.InvalidRequest) as refused:
        await propose(stage.anyone(), **wish)  # type: ignore[arg-type] # the test knows the fields

    assert list(refused.value.fields) == [field]
