"""Changes of an event within ten minutes are one message, from the first old value to the last new one."""

import asyncio
import json
from pathlib import Path

import pytest

from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from services.kit.db.database import Tx
from services.kit.values.config import Settings
from services.notifications import announcement_store, transactions
from services.notifications.changes import Change
from services.notifications.transactions import CHANGES_MAX
from tests.fakes.clock import START_US
from tests.notifications.returns import holding
from tests.notifications.world import ANA, ROUND_S, RUI, SHOW, World, changed, issued, part
from tests.stage import Stage

EIGHT, NINE, TEN = "2026-12-01T20:00", "2026-12-01T21:00", "2026-12-01T22:00"
# The clock of the tests starts at nine o'clock in the show's zone.
IN_AN_HOUR, A_MINUTE_LATER = "2026-11-24T10:00", "2026-11-24T10:01"


async def sold(world: World, *holders: str) -> None:
    """Issues tickets of the show, and waits until they are mailed."""
    world.ticketing.tell(*(issued(f"ord_{holder}", holder=holder) for holder in holders))
    await world.idle()


async def moved(world: World, *times: str, version: int = 2) -> None:
    """Moves the show to one time after the other. version: the event's after the first change."""
    for n, time in enumerate(times, version):
        await world.move(time, version=n)


def told(world: World) -> list[str]:
    """The texts of the mails about changes."""
    mails = [mail for mail in world.mails() if str(mail["Subject"]).startswith(("Novo", "Mudan", "New", "Chang"))]
    return [part(mail, "plain") for mail in mails]


async def test_one_mail_and_one_notification_tell_all_changes(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE, TEN, NINE, TEN)
    await world.change(changed("title", "Noite & Dia", "Noite"), version=6)

    assert len(await world.listed(ANA)) == 1, "the tickets alone"
    world.advance(ROUND_S - 1)
    await world.idle()
    assert told(world) == []
    world.advance(1)
    await world.idle()
    (text,) = told(world)
    seen, _ = await world.listed(ANA)
    for said in (text, seen.text):
        assert ("20:00" in said, "22:00" in said, "21:00" in said, "Noite & Dia" in said) == (True, True, False, True)


async def test_a_change_that_is_taken_back_is_told_to_nobody(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE, EIGHT)
    await world.change(changed("title", "Noite & Dia", "Noite"), version=4)
    await world.change(changed("title", "Noite", "Noite & Dia"), version=5)
    await world.pass_round()

    assert told(world) == []
    assert len(await world.listed(ANA)) == 1


async def test_what_is_left_of_the_changes_is_told(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE, EIGHT)
    await world.change(changed("age_rating", "FREE", "18"), version=4)
    await world.pass_round()

    (text,) = told(world)
    assert ("Início" in text, "18 anos" in text) == (False, True)


async def test_a_change_after_ten_minutes_has_its_own_message(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE)
    world.advance(ROUND_S - 1)
    await moved(world, TEN, version=3)
    world.advance(1)
    await world.idle()
    await moved(world, NINE, version=4)
    await world.pass_round()

    assert ["22:00" in text and "20:00" in text for text in told(world)].count(True) == 1
    assert ["22:00" in text and "21:00" in text for text in told(world)].count(True) == 1
    assert len(told(world)) == 2


@pytest.mark.parametrize(
    "field", ["tags", "categories", "pictures", "tickets_per_order_max", "sales_start_at", "capacity", "unheard_of"]
)
async def test_changes_that_do_not_concern_holders_are_not_told(world: World, field: str) -> None:
    await sold(world, ANA)
    await world.change(changed(field, "1", "2"), version=2)
    await world.pass_round()

    assert told(world) == []
    assert await world.rows("SELECT 1 FROM announcement") == []


@pytest.mark.parametrize(
    ("before", "after", "at_once"),
    [
        (EIGHT, IN_AN_HOUR, True),
        (IN_AN_HOUR, EIGHT, True),
        (EIGHT, A_MINUTE_LATER, False),
        (A_MINUTE_LATER, EIGHT, False),
    ],
)
async def test_a_move_within_the_hour_is_told_at_once(world: World, before: str, after: str, *, at_once: bool) -> None:
    world.catalog.events[SHOW].starts_local = before
    await sold(world, ANA)
    await moved(world, after)

    assert len(told(world)) == at_once
    await world.pass_round()
    assert len(told(world)) == 1


async def test_a_change_within_the_hour_takes_the_earlier_ones_with_it(world: World) -> None:
    await sold(world, ANA)
    await world.change(changed("title", "Noite & Dia", "Noite"), version=2)
    assert told(world) == []
    await moved(world, IN_AN_HOUR, version=3)
    (text,) = told(world)
    assert ("Noite & Dia" in text, "10:00" in text) == (True, True)

    await world.change(changed("title", "Noite", "Dia"), version=4)
    assert len(told(world)) == 2, "the event begins within the hour, so each change is told at once"


async def test_changes_of_an_event_that_is_over_are_not_told(world: World) -> None:
    await sold(world, ANA)
    world.catalog.events[SHOW].ends_at.FromMicroseconds(START_US)
    await world.change(changed("title", "Noite & Dia", "Noite"), version=2)
    await world.pass_round()

    assert told(world) == []


async def test_a_buyer_between_two_changes_is_told_of_the_second(world: World) -> None:
    await sold(world, RUI)
    await moved(world, NINE)
    late = issued("ord_late")
    late.tickets[0].issued_at.FromMicroseconds(START_US + 60_000_000)
    world.advance(60)
    world.ticketing.tell(late)
    await world.idle()
    await moved(world, TEN, version=3)
    await world.pass_round()

    in_portuguese, in_english = sorted(told(world), key=lambda text: "Hello" in text)
    assert [hour in in_portuguese for hour in ("20:00", "21:00", "22:00")] == [False, True, True]
    assert [hour in in_english for hour in ("20:00", "21:00", "22:00")] == [True, False, True]


async def test_a_holder_with_more_tickets_is_told_since_the_first(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE)
    more = issued("ord_more")
    more.tickets[0].issued_at.FromMicroseconds(START_US + 60_000_000)
    world.advance(60)
    world.ticketing.tell(more)
    await world.idle()
    await world.pass_round()

    assert len(told(world)) == 1


@pytest.mark.parametrize("later", [(), (TEN,)])
async def test_a_merged_guest_gets_one_mail(world: World, later: tuple[str, ...]) -> None:
    await sold(world, "gst_new", ANA)
    await moved(world, NINE)
    world.identity.tell(GuestMerged(from_subject_id="gst_new", into_subject_id=ANA))
    await moved(world, *later, version=3)
    await world.idle()
    await world.pass_round()

    assert len(told(world)) == 1


async def test_a_guest_merged_after_the_notices_gets_one_mail(world: World) -> None:
    world.identity.people["gst_new"] = world.identity.people[ANA]
    await sold(world, "gst_new", ANA)
    await moved(world, NINE)
    world.outlet.error = RuntimeError("the server is away")
    await world.pass_round()
    world.identity.tell(GuestMerged(from_subject_id="gst_new", into_subject_id=ANA))
    await world.idle()
    world.outlet.error = None
    await world.pass_round()

    assert len(told(world)) == 1


def change(version: int, *, event_id: str = SHOW) -> Change:
    """A change of the show's title from the number of one version to the next."""
    payload = {"event": {"title": str(version)}, "changes": {"title": [str(version - 1), str(version)]}}
    return Change(
        change_id=f"{event_id}@{version}",
        event_id=event_id,
        version=version,
        payload=json.dumps(payload),
        at_us=START_US + version,
    )


async def announced(tx: Tx, announcement_id: str) -> None:
    """Makes all notices of an announcement."""
    while await transactions.announce_page(tx, announcement_id, now_us=START_US):
        pass


async def said(tx: Tx) -> list[list[str]]:
    """The titles before and after that each notice tells."""
    rows = await tx.all("SELECT payload FROM notification ORDER BY dedup_key")
    return [json.loads(row[0])["changes"]["title"] for row in rows]


async def test_a_change_that_comes_while_holders_are_told_is_told_with_the_others_or_by_itself(stage: Stage) -> None:
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")
    await database.write(transactions.note_holder, holding("ord_1", SHOW, ANA), now_us=START_US)
    await database.write(transactions.note_change, change(1), due_us=START_US)

    await asyncio.gather(
        database.write(announced, f"{SHOW}@1"), database.write(transactions.note_change, change(2), due_us=START_US)
    )
    for announcement_id in await database.read(announcement_store.due_announcements, START_US, 9):
        await database.write(announced, announcement_id)
    found = await database.read(said)
    await database.close()

    assert found in ([["0", "2"]], [["0", "1"], ["1", "2"]])


async def test_sixteen_changes_at_once_are_one_announcement(stage: Stage) -> None:
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")
    await database.write(transactions.note_holder, holding("ord_1", SHOW, ANA), now_us=START_US)

    await asyncio.gather(
        *(database.write(transactions.note_change, change(n), due_us=START_US + n) for n in range(1, 17))
    )
    found = await database.read(announcement_store.due_announcements, START_US + 1, 9)
    for announcement_id in found:
        await database.write(announced, announcement_id)
    told_of = await database.read(said)
    await database.close()

    assert (len(found), told_of) == (1, [["0", "16"]])


async def test_a_repeated_change_changes_nothing_and_many_changes_take_little_room(stage: Stage) -> None:
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")
    many = 3 * CHANGES_MAX
    for n in (*range(1, many + 1), 1, 2):
        await database.write(transactions.note_change, change(n), due_us=START_US)
    kept = await database.read(announcement_store.changes_of, f"{SHOW}@1")
    await database.write(transactions.note_holder, holding("ord_1", SHOW, ANA), now_us=START_US)
    await database.write(announced, f"{SHOW}@1")
    found = await database.read(said)
    await database.close()

    assert (len(kept), found) == (CHANGES_MAX, [["0", str(many)]])


def test_changes_are_gathered_for_ten_minutes() -> None:
    assert Settings().changes_wait_s == ROUND_S == 600
