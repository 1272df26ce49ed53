"""Changes of an event within ten minutes are one mail, from what was before the first to what the last has brought."""

import asyncio
import json
from pathlib import Path

import pytest

from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from services.kit.db.database import Row, Tx
from services.kit.values.config import Settings
from services.notifications import mail_store, notices, store, transactions
from services.notifications.mailbox import MailDelayed
from services.notifications.notices import Announcement, Notice
from tests.fakes.clock import START_US
from tests.notifications.bought import ANA, RUI, SHOW, issued
from tests.notifications.lobby import ROUND_S, Lobby, part
from tests.stage import Stage, until

EIGHT, NINE, TEN = "2026-12-01T20:00", "2026-12-01T21:00", "2026-12-01T22:00"


async def sold(lobby: Lobby, *holders: str) -> None:
    """Tickets of the show are there, and mailed."""
    lobby.ticketing.tell(*(issued(f"ord_{holder}", holder=holder) for holder in holders))
    await lobby.quiet()


async def moved(lobby: Lobby, *times: str, version: int = 2) -> None:
    """The show moves, again and again."""
    for n, time in enumerate(times, version):
        lobby.catalog.tell(lobby.catalog.move(SHOW, time, version=n))
        await lobby.quiet()


def told(lobby: Lobby) -> list[str]:
    """The texts of mails about moves."""
    return [part(mail, "plain") for mail in lobby.mails() if "horário" in str(mail["Subject"])]


async def test_many_changes_are_told_at_once_and_mailed_as_one(lobby: Lobby) -> None:
    await sold(lobby, ANA)
    await moved(lobby, NINE, TEN, NINE, TEN)

    assert len(await lobby.listed(ANA)) == 5, "tickets and each move, in the session"
    assert told(lobby) == []
    lobby.defer(ROUND_S)
    await lobby.quiet()
    (text,) = told(lobby)
    assert ("20:00" in text, "22:00" in text, "21:00" in text) == (True, True, False)


async def test_what_ends_where_it_began_is_not_mailed(lobby: Lobby) -> None:
    await sold(lobby, ANA)
    await moved(lobby, NINE, EIGHT)
    lobby.defer(ROUND_S)
    await lobby.quiet()

    assert told(lobby) == []
    assert await lobby.rows("SELECT 1 FROM notification WHERE mail = 'PENDING'") == []


async def test_a_change_after_ten_minutes_is_a_mail_of_its_own(lobby: Lobby) -> None:
    await sold(lobby, ANA)
    await moved(lobby, NINE)
    lobby.defer(ROUND_S - 1)
    await moved(lobby, TEN, version=3)
    lobby.defer(1)
    await lobby.quiet()
    await moved(lobby, NINE, version=4)
    lobby.defer(ROUND_S)
    await lobby.quiet()

    assert ["22:00" in text and "20:00" in text for text in told(lobby)].count(True) == 1
    assert ["22:00" in text and "21:00" in text for text in told(lobby)].count(True) == 1
    assert len(told(lobby)) == 2


async def test_who_comes_between_two_changes_hears_of_the_one_they_do_not_know(lobby: Lobby) -> None:
    await sold(lobby, RUI)
    await moved(lobby, NINE)
    late = issued("ord_late")
    late.tickets[0].issued_at.FromMicroseconds(START_US + 60_000_000)
    lobby.defer(60)
    lobby.ticketing.tell(late)
    await lobby.quiet()
    await moved(lobby, TEN, version=3)
    lobby.defer(ROUND_S)
    await lobby.quiet()

    (text,) = told(lobby)
    assert ("20:00" in text, "21:00" in text, "22:00" in text) == (False, True, True)


@pytest.mark.parametrize("later", [(), (TEN,)])
async def test_a_guest_who_turns_out_to_be_known_gets_one_mail(lobby: Lobby, later: tuple[str, ...]) -> None:
    await sold(lobby, "gst_new", ANA)
    await moved(lobby, NINE)
    lobby.identity.tell(GuestMerged(from_subject_id="gst_new", into_subject_id=ANA))
    await moved(lobby, *later, version=3)
    await lobby.quiet()
    lobby.defer(ROUND_S)
    await lobby.quiet()

    assert len(told(lobby)) == 1


async def test_a_mail_that_is_tried_again_says_the_same(lobby: Lobby) -> None:
    await sold(lobby, ANA)
    await moved(lobby, NINE, TEN)
    lobby.postbox.refuses = MailDelayed("451 later")
    before = lobby.postbox.tries
    lobby.defer(ROUND_S)
    await until(lambda: lobby.postbox.tries == before + 1)
    await lobby.quiet()
    lobby.postbox.refuses = None
    await moved(lobby, NINE, version=4)
    lobby.defer(1)
    await lobby.quiet()

    (text,) = told(lobby)
    assert ("20:00" in text, "22:00" in text) == (True, True)


async def due(tx: Tx) -> list[Row]:
    """Mail that waits."""
    return await tx.all("SELECT notification_id FROM notification WHERE mail = 'PENDING' ORDER BY dedup_key")


async def test_what_is_announced_while_mail_leaves_is_in_it_or_has_its_own(stage: Stage) -> None:
    """By clocks that differ: one replica still takes a change in while another sends what the round has brought."""
    database = await stage.platform.runtime.database("hall", Path(transactions.__file__).parent / "schema")

    def change(version: int) -> Announcement:
        event = {"starts_local": str(version), "time_zone": "UTC"}
        payload = json.dumps({"event": event, "old": {**event, "starts_local": str(version - 1)}})
        return Announcement(f"evt_show@{version}", SHOW, payload, START_US + version, version, START_US + 9 + version)

    async def announced(version: int) -> None:
        await database.write(transactions.note_announcement, change(version))
        while await database.write(transactions.announce_page, f"evt_show@{version}", now_us=START_US):
            pass

    async def mailed() -> list[tuple[str, str]]:
        said = []
        for (notification_id,) in await database.read(due):
            notice = await database.read(store.find, notification_id)
            assert isinstance(notice, Notice)
            gathered = await database.write(transactions.gather, notice)
            await database.write(mail_store.settle_mail, notification_id, notices.SENT)
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
