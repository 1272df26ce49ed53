"""Migrations keep the rows of an older database."""

from pathlib import Path

import pytest

from services.catalog import event_store
from services.catalog.details import NO_DETAILS
from services.catalog.events import State
from services.kit.db.database import StatementRefused, Tx
from services.kit.db.migrations import migrate
from tests import databases
from tests.sources import SERVICES

SCHEMA = SERVICES / "catalog" / "schema"
STATES = [State.DRAFT, State.PUBLISHING, State.PUBLISHED]


async def before_details(tx: Tx) -> None:
    for n, state in enumerate(STATES):
        await tx.run(
            """INSERT INTO event
               (event_id, organizer_id, content_hash, title, title_folded, description, kind, admission, venue_id,
                plan_id, starts_local, time_zone, starts_us, ends_us, capacity, currency, tickets_per_order_max,
                online_url, series_id, state, version)
               VALUES ($1, 'org', 'hash', 'Elza', 'elza', '', 3, 3, '', '', '', 'UTC', 1, 2, 5, 'BRL', 10,
                'https://a.example', '', $2, 1)""",
            f"evt_{n}",
            state,
        )


async def test_events_keep_their_states_when_these_can_be_one_more(tmp_path: Path) -> None:
    old = tmp_path / "catalog" / "schema"
    old.mkdir(parents=True)
    for path in SCHEMA.glob("000[1-6]_*.sql"):
        (old / path.name).write_text(path.read_text())
    database = await databases.opened("catalog", tmp_path, old)
    await database.write(before_details)

    await migrate(database, SCHEMA, epoch="epo_1", now_us=2)

    events = [await database.read(event_store.find_event, f"evt_{n}") for n in range(3)]
    assert [event and event.state for event in events] == STATES
    assert all(event and event.details == NO_DETAILS and not event.archived for event in events)
    with pytest.raises(StatementRefused):
        await database.write(lambda tx: tx.run("UPDATE event SET state = 'LOST'"))
    await database.write(lambda tx: tx.run("UPDATE event SET state = 'UNPUBLISHED'"))
    await database.close()
