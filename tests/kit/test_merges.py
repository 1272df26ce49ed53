"""Contexts know the person behind each subject, and keep what they knew when the kit's table replaces their own."""

from pathlib import Path

import pytest

from services.kit.db.database import Tx
from services.kit.db.migrations import migrate
from services.kit.feeds import merges
from services.notifications import delivery_store
from tests import databases
from tests.sources import SERVICES

ORDERS = SERVICES / "orders" / "schema"
# By context: its last migration before the kit's table, and the statement that recorded a merge then.
BEFORE = {
    "orders": ("0004", "INSERT INTO guest_merge (from_subject_id, into_subject_id) VALUES ($1, $2)"),
    "ticketing": ("0003", "INSERT INTO holder (subject_id, person_id) VALUES ($1, $2)"),
    "notifications": ("0004", "INSERT INTO merged (subject_id, person_id) VALUES ($1, $2)"),
}


async def people(tx: Tx) -> dict[str, str]:
    """The person behind each subject that is known."""
    return {subject: await merges.person_of(tx, subject) for subject in ("gst_1", "gst_2", "gst_3", "acc_ana")}


async def test_a_subject_is_its_own_person_until_it_is_merged(tmp_path: Path) -> None:
    database = await databases.opened("orders", tmp_path, ORDERS)

    assert await database.read(merges.person_of, "gst_1") == "gst_1"
    assert await database.write(merges.person_behind, "gst_1") == "gst_1"
    assert await database.write(merges.record, "gst_1", "acc_ana") == "acc_ana"

    assert await database.read(merges.person_of, "gst_1") == "acc_ana"
    assert await database.write(merges.person_behind, "gst_1") == "acc_ana"
    await database.close()


@pytest.mark.parametrize("told", [["gst_1 gst_2", "gst_2 acc_ana"], ["gst_2 acc_ana", "gst_1 gst_2"]])
async def test_merges_after_each_other_lead_to_one_person_in_any_order(tmp_path: Path, told: list[str]) -> None:
    database = await databases.opened("orders", tmp_path, ORDERS)

    for merge in (*told, *told):
        await database.write(merges.record, *merge.split())

    expected = {"gst_1": "acc_ana", "gst_2": "acc_ana", "gst_3": "gst_3", "acc_ana": "acc_ana"}
    assert await database.read(people) == expected
    await database.close()


async def test_a_merge_back_changes_nothing(tmp_path: Path) -> None:
    database = await databases.opened("orders", tmp_path, ORDERS)
    await database.write(merges.record, "gst_1", "acc_ana")

    assert await database.write(merges.record, "acc_ana", "gst_1") == "acc_ana"

    assert (await database.read(people))["gst_1"] == "acc_ana"
    await database.close()


@pytest.mark.parametrize("context", BEFORE)
async def test_a_context_keeps_the_merges_of_its_own_table(tmp_path: Path, context: str) -> None:
    schema = SERVICES / context / "schema"
    last, recorded = BEFORE[context]
    old = tmp_path / context / "schema"
    old.mkdir(parents=True)
    for path in schema.glob("*.sql"):
        if path.name[:4] <= last:
            (old / path.name).write_text(path.read_text())
    database = await databases.opened(context, tmp_path, old)

    async def before(tx: Tx) -> None:
        for subject_id, person_id in (("gst_1", "acc_ana"), ("gst_2", "acc_ana"), ("acc_ana", "acc_ana")):
            await tx.run(recorded, subject_id, person_id)
        if context == "notifications":
            await tx.run("UPDATE merged SET proven = 1 WHERE subject_id = 'acc_ana'")

    await database.write(before)

    await migrate(database, schema, epoch="epo_1", now_us=2)

    expected = {"gst_1": "acc_ana", "gst_2": "acc_ana", "gst_3": "gst_3", "acc_ana": "acc_ana"}
    assert await database.read(people) == expected
    if context == "notifications":
        assert await database.read(delivery_store.is_proven, "acc_ana")
        assert not await database.read(delivery_store.is_proven, "gst_3")
    await database.close()
