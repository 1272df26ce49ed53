"""Waiting lists: joining, leaving, and what the list of a ticket type means for all others."""

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE
from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.inventory.v1 import inventory_pb2 as nouns
from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.inventory.waiting.entries import OPEN_ENTRIES_MAX, EntryState
from tests.inventory.lists import FEW, become, entry, join, leave, named, proven, release, sold_out, swept, wai
from tests.inventory.world import (
    ANA,
    BALCONY,
    EVENT,
    HALF,
    SALES_LAST_S,
    STALLS,
    STANDING,
    available,
    hld,
    hold,
    open_theatre,
    places,
    rows,
    seats,
)
from tests.stage import Stage


async def test_a_person_joins_the_list_of_a_type_that_is_sold_out(stage: Stage) -> None:
    await sold_out(stage)
    leo, mia = proven(stage, "gst_leo"), proven(stage, "gst_mia")

    first, second = await join(leo, 1), await join(mia, 2, quantity=3)

    assert (named(first.state), first.ahead, first.quantity) == ("WAITING", 0, 1)
    assert (named(second.state), second.ahead, second.quantity) == ("WAITING", 1, 3)
    assert (await entry(mia, 2)) == second
    assert first.joined_at.ToMicroseconds() == stage.clock.now_us()


async def test_a_repeat_gets_the_entry_and_other_content_is_refused(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")
    first = await join(leo, 1)

    assert await join(leo, 1) == first
    with pytest.raises(refusals.IdInUse):
        await join(leo, 1, quantity=2)
    with pytest.raises(refusals.IdInUse):
        await join(proven(stage, "gst_mia"), 1)
    assert await rows(stage, "SELECT entries, tickets FROM waiting_type") == [(1, 1)]


async def test_the_offer_is_sent_so_the_contact_must_be_proven(stage: Stage) -> None:
    await sold_out(stage)

    with pytest.raises(refusals.ContactUnverified):
        await join(stage.buyer("gst_leo"), 1)


async def test_a_type_that_can_be_held_has_no_list(stage: Stage) -> None:
    await open_theatre(stage, standing=FEW)

    with pytest.raises(refusals.NotSoldOut) as refused:
        await join(proven(stage, "gst_leo"), 1, quantity=FEW + 1)

    assert refused.value.facts == {"ticket_type_id": STANDING, "available": str(FEW)}
    assert await rows(stage, "SELECT 1 FROM waiting_entry") == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"event_id": "evt_none"}, refusals.EventNotFound),
        ({"ticket_type_id": "tkt_none"}, refusals.TicketTypeNotFound),
        ({"quantity": 11}, refusals.OrderLimit),
    ],
)
async def test_an_entry_is_refused_as_a_hold_is(
    stage: Stage, changed: dict[str, str | int], reason: type[Exception]
) -> None:
    await sold_out(stage)
    request = pb.JoinWaitingListRequest(entry_id=wai(1), event_id=EVENT, ticket_type_id=STANDING, quantity=1)
    request.MergeFrom(pb.JoinWaitingListRequest(**changed))  # type: ignore[arg-type] # of its fields

    with pytest.raises(reason):
        await proven(stage, "gst_leo").inventory.JoinWaitingList(request)


async def test_a_person_has_one_open_entry_for_a_type(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")
    await join(leo, 1)

    with pytest.raises(refusals.AlreadyWaiting) as refused:
        await join(leo, 2)
    await leave(leo, 1)

    assert refused.value.facts == {"entry_id": wai(1)}
    assert named((await join(leo, 3)).state) == "WAITING"


async def test_a_person_has_five_open_entries(stage: Stage) -> None:
    await sold_out(stage)
    open_now = "INSERT INTO waiting_entry SELECT '{0}', event_id, '{0}', 'gst_leo', 1, 'WAITING', 0, '' FROM event_sale"
    for n in range(OPEN_ENTRIES_MAX):
        await rows_written(stage, open_now.format(f"other_{n}"))

    with pytest.raises(refusals.WaitingLimit):
        await join(proven(stage, "gst_leo"), 1)


async def rows_written(stage: Stage, sql: str) -> None:
    await stage.platform.contexts[0].database.write(lambda tx: tx.run(sql))


async def test_the_public_cannot_hold_a_type_that_people_wait_for(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1, quantity=2)
    await release(stage.buyer(ANA), 1)

    for client in (stage.buyer("gst_mia"), stage.member(role=ROLE_BOX_OFFICE)):
        with pytest.raises(refusals.SoldOut) as refused:
            await hold(client, hld(20), places(1))
        assert refused.value.facts == {"ticket_type_id": STANDING, "available": "0", "waiting": "true"}
    await swept(stage)  # one place is not enough for two tickets
    with pytest.raises(refusals.SoldOut):
        await hold(stage.buyer("gst_mia"), hld(20), places(1))
    assert (await available(stage.buyer()))[STANDING] == 0


async def test_other_types_are_sold_on(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1)
    mia = stage.buyer("gst_mia")

    taken = await hold(mia, hld(20), seats("A-05"))

    assert await hold(mia, hld(20), seats("A-05")) == taken
    assert (await available(mia))[STALLS] == 9


async def test_a_hold_before_the_list_can_be_repeated(stage: Stage) -> None:
    await sold_out(stage)
    first = await hold(stage.buyer(ANA), hld(1), places(1))
    await join(proven(stage, "gst_leo"), 1)

    assert await hold(stage.buyer(ANA), hld(1), places(1)) == first


async def test_a_list_for_half_price_leaves_full_price_on_sale_until_a_half_comes_back(stage: Stage) -> None:
    """The pool of half price is sold out and 1 of 4 places is free: that place is no use to the list."""
    await open_theatre(stage, standing=FEW, half=2)
    ana, mia = stage.buyer(ANA), stage.buyer("gst_mia")
    await hold(ana, hld(1), places(1, HALF))
    await hold(ana, hld(2), places(1, HALF))
    await join(proven(stage, "gst_leo"), 1, ticket_type_id=HALF)

    await hold(mia, hld(20), places(2))
    await release(ana, 1)

    with pytest.raises(refusals.SoldOut):
        await hold(mia, hld(21), places(1, HALF))
    assert (await available(mia)) == {STANDING: 0, HALF: 0, STALLS: 10, BALCONY: 10}
    with pytest.raises(refusals.SoldOut):
        await hold(mia, hld(22), places(1))


async def test_free_seats_are_not_proposed_while_people_wait_for_them(stage: Stage) -> None:
    await open_theatre(stage)
    ana = stage.buyer(ANA)
    await hold(ana, hld(1), seats(*(f"A-{n:02d}" for n in range(1, 11))))
    await join(proven(stage, "gst_leo"), 1, quantity=10, ticket_type_id=STALLS)

    with pytest.raises(refusals.NoSuchSeats):
        await ana.inventory.FindBestSeats(pb.FindBestSeatsRequest(event_id=EVENT, ticket_type_id=STALLS, quantity=1))


async def test_availability_says_which_types_have_a_list(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1)

    answer = await stage.buyer().inventory.GetAvailability(pb.GetAvailabilityRequest(event_id=EVENT))

    assert [one.ticket_type_id for one in answer.types if one.waiting_list] == [STANDING]


async def test_when_the_last_person_leaves_the_public_can_hold_again(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")
    await join(leo, 1)
    with pytest.raises(refusals.SoldOut):
        await hold(stage.buyer("gst_mia"), hld(20), places(1))
    await release(stage.buyer(ANA), 1)

    assert named((await leave(leo, 1)).state) == "LEFT"
    assert named((await leave(leo, 1)).state) == "LEFT"
    await hold(stage.buyer("gst_mia"), hld(20), places(1))


async def test_an_entry_is_its_persons_alone(stage: Stage) -> None:
    await sold_out(stage)
    await join(proven(stage, "gst_leo"), 1)

    for call in (entry, leave):
        with pytest.raises(refusals.WaitingEntryNotFound):
            await call(proven(stage, "gst_mia"), 1)


async def test_entries_expire_when_sales_end(stage: Stage) -> None:
    await sold_out(stage)
    leo = proven(stage, "gst_leo")
    await join(leo, 1)
    stage.clock.pass_unseen(SALES_LAST_S)

    assert named((await entry(proven(stage, "gst_leo"), 1)).state) == "EXPIRED"
    await become(stage, "EXPIRED")

    assert await rows(stage, "SELECT waiting FROM event_sale") == [(0,)]
    with pytest.raises(refusals.EventNotOnSale):
        await join(proven(stage, "gst_mia"), 2)


async def test_a_person_lists_own_entries_newest_first(stage: Stage) -> None:
    await open_theatre(stage, standing=1, half=1)
    await hold(stage.buyer(ANA), hld(1), places(1))
    leo = proven(stage, "gst_leo")
    await join(leo, 1)
    await join(proven(stage, "gst_mia"), 2)
    stage.clock.pass_unseen(1)
    await join(leo, 3, ticket_type_id=HALF)

    one = await leo.inventory.ListMyWaitingEntries(pb.ListMyWaitingEntriesRequest(page=PageRequest(size=1)))
    two = await leo.inventory.ListMyWaitingEntries(
        pb.ListMyWaitingEntriesRequest(page=PageRequest(size=1, token=one.next_page_token))
    )

    assert [found.entry_id for found in (*one.entries, *two.entries)] == [wai(3), wai(1)]


async def test_the_organizer_sees_and_counts_all_entries_of_an_event(stage: Stage) -> None:
    await sold_out(stage)
    for n, quantity in enumerate((1, 3, 2), start=1):
        await join(proven(stage, f"gst_{n}"), n, quantity)
        stage.clock.pass_unseen(1)
    await leave(proven(stage, "gst_2"), 2)
    member = stage.member(role=ROLE_BOX_OFFICE)

    one = await member.inventory.ListWaitingEntries(
        pb.ListWaitingEntriesRequest(event_id=EVENT, page=PageRequest(size=2))
    )
    two = await member.inventory.ListWaitingEntries(
        pb.ListWaitingEntriesRequest(event_id=EVENT, page=PageRequest(size=2, token=one.next_page_token))
    )

    found = [(shown.entry_id, named(shown.state)) for shown in (*one.entries, *two.entries)]
    assert found == [(wai(1), "WAITING"), (wai(2), "LEFT"), (wai(3), "WAITING")]
    assert list(one.counts) == [nouns.WaitingCount(ticket_type_id=STANDING, entries=2, tickets=3)]
    with pytest.raises(refusals.EventNotFound):
        await stage.member("org_other").inventory.ListWaitingEntries(pb.ListWaitingEntriesRequest(event_id=EVENT))


def test_the_states_are_the_contracts() -> None:
    contract = [name.removeprefix("WAITING_STATE_") for name, _ in nouns.WaitingState.items()]
    assert contract == ["UNSPECIFIED", *EntryState]
