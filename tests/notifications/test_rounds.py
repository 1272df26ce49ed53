"""Changes of an event within ten minutes are one mail, with the time before the first and the time after the last."""

import asyncio
import json
from pathlib import Path

import pytest

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.catalog.v1.catalog_pb2 import FieldChange
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from services.kit.db.database import Row, Tx
from services.kit.values.config import Settings
from services.kit.values.shards import SHARDS
from services.notifications import delivery_store, store, transactions
from services.notifications.channels import DeliveryDelayed
from services.notifications.deliveries import ChannelName, Delivery, DeliveryState
from services.notifications.notices import Announcement
from tests.fakes.clock import START_US
from tests.notifications.world import ANA, ROUND_S, RUI, SHOW, World, issued, part
from tests.stage import Stage, until

EIGHT, NINE, TEN = "2026-12-01T20:00", "2026-12-01T21:00", "2026-12-01T22:00"


async def sold(world: World, *holders: str) -> None:
    """Issues tickets of the show, and waits until they are mailed."""
    world.ticketing.tell(*(issued(f"ord_{holder}", holder=holder) for holder in holders))
    await world.idle()


async def moved(world: World, *times: str, version: int = 2) -> None:
    """Moves the show to one time after the other. version: the event's after the first change."""
    for n, time in enumerate(times, version):
        world.catalog.tell(world.catalog.reschedule(SHOW, time, version=n))
        await world.idle()


def told(world: World) -> list[str]:
    """The texts of the mails about a new time."""
    return [part(mail, "plain") for mail in world.mails() if "horário" in str(mail["Subject"])]


async def test_streams_tell_each_change_and_one_mail_tells_all(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE, TEN, NINE, TEN)

    assert len(await world.listed(ANA)) == 5, "the tickets and each change"
    assert told(world) == []
    world.advance(ROUND_S)
    await world.idle()
    (text,) = told(world)
    assert ("20:00" in text, "22:00" in text, "21:00" in text) == (True, True, False)


async def test_a_change_of_something_else_tells_nobody(world: World) -> None:
    await sold(world, ANA)
    tags = FieldChange(field="tags", old_value="", new_value="samba")
    world.catalog.tell(EventChanged(event=world.catalog.events[SHOW], changes=[tags]))
    await world.idle()
    world.advance(ROUND_S)
    await world.idle()

    assert told(world) == []
    assert len(await world.listed(ANA)) == 1, "the tickets"


async def test_changes_that_end_at_the_first_time_are_not_mailed(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE, EIGHT)
    world.advance(ROUND_S)
    await world.idle()

    assert told(world) == []
    assert await world.rows("SELECT 1 FROM delivery WHERE state = 'PENDING'") == []


async def test_a_change_after_ten_minutes_has_its_own_mail(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE)
    world.advance(ROUND_S - 1)
    await moved(world, TEN, version=3)
    world.advance(1)
    await world.idle()
    await moved(world, NINE, version=4)
    world.advance(ROUND_S)
    await world.idle()

    assert ["22:00" in text and "20:00" in text for text in told(world)].count(True) == 1
    assert ["22:00" in text and "21:00" in text for text in told(world)].count(True) == 1
    assert len(told(world)) == 2


async def test_a_buyer_between_two_changes_is_told_of_the_second(world: World) -> None:
    await sold(world, RUI)
    await moved(world, NINE)
    late = issued("ord_late")
    late.tickets[0].issued_at.FromMicroseconds(START_US + 60_000_000)
    world.advance(60)
    world.ticketing.tell(late)
    await world.idle()
    await moved(world, TEN, version=3)
    world.advance(ROUND_S)
    await world.idle()

    (text,) = told(world)
    assert ("20:00" in text, "21:00" in text, "22:00" in text) == (False, True, True)


@pytest.mark.parametrize("later", [(), (TEN,)])
async def test_a_merged_guest_gets_one_mail(world: World, later: tuple[str, ...]) -> None:
    await sold(world, "gst_new", ANA)
    await moved(world, NINE)
    world.identity.tell(GuestMerged(from_subject_id="gst_new", into_subject_id=ANA))
    await moved(world, *later, version=3)
    await world.idle()
    world.advance(ROUND_S)
    await world.idle()

    assert len(told(world)) == 1


async def test_a_mail_that_is_tried_again_has_the_same_text(world: World) -> None:
    await sold(world, ANA)
    await moved(world, NINE, TEN)
    world.outlet.error = DeliveryDelayed("451 later")
    before = world.outlet.tries
    world.advance(ROUND_S)
    await until(lambda: world.outlet.tries == before + 1)
    await world.idle()
    world.outlet.error = None
    await moved(world, NINE, version=4)
    world.advance(1)
    await world.idle()

    (text,) = told(world)
    assert ("20:00" in text, "22:00" in text) == (True, True)


async def write_all(tx: Tx) -> None:
    """Gives all notices a text, which makes their deliveries."""
    for notification_id, _ in await store.due_texts(tx, range(SHARDS), now_us=START_US, limit=9):
        notice = await store.find(tx, notification_id)
        assert notice is not None
        await transactions.write_down(tx, notice, subject="", text="", now_us=START_US)


async def due(tx: Tx) -> list[Row]:
    """The ids of notices whose deliveries are not sent, oldest first."""
    return await tx.all(
        """SELECT notification_id FROM notification JOIN delivery USING (notification_id)
           WHERE delivery.state = 'PENDING' ORDER BY dedup_key"""
    )


def change(version: int) -> Announcement:
    """An announcement whose old and new time are the numbers of the versions."""
    event = {"starts_local": str(version), "time_zone": "UTC"}
    payload = json.dumps({"event": event, "old": {**event, "starts_local": str(version - 1)}})
    return Announcement(
        announcement_id=f"evt_show@{version}",
        event_id=SHOW,
        payload=payload,
        at_us=START_US + version,
        version=version,
        deliver_us=START_US + 9 + version,
    )


async def test_a_change_announced_while_mail_leaves_is_in_it_or_has_its_own(stage: Stage) -> None:
    """The clocks of two replicas differ: one takes in a change while the other sends the round's mail."""
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")

    async def announced(version: int) -> None:
        await database.write(transactions.note_announcement, change(version))
        while await database.write(transactions.announce_page, f"evt_show@{version}", now_us=START_US):
            pass

    async def mailed() -> list[tuple[str, str]]:
        said = []
        await database.write(write_all)
        for (notification_id,) in await database.read(due):
            delivery = await database.read(delivery_store.find, notification_id, ChannelName.EMAIL)
            assert isinstance(delivery, Delivery)
            gathered = await database.write(transactions.gather, delivery.notice)
            await database.write(delivery_store.settle, delivery, DeliveryState.SENT)
            if gathered is not None:
                payload = json.loads(gathered.payload)
                said.append((payload["old"]["starts_local"], payload["event"]["starts_local"]))
        return said

    await database.write(transactions.note_holder, SHOW, ANA, since_us=START_US, now_us=START_US)
    await announced(1)
    first, _ = await asyncio.gather(mailed(), announced(2))
    said = first + await mailed()
    await database.close()

    assert said in ([("0", "2")], [("0", "1"), ("1", "2")])


def test_a_round_is_ten_minutes() -> None:
    assert Settings().mail_changes_wait_s == ROUND_S == 600
