"""Short versions of the long runs of scripts/soak with hostile clients."""

from pathlib import Path

from scripts.long_runs import repeats, resets


async def test_a_flood_of_resets_costs_no_call_of_others(tmp_path: Path) -> None:
    till = await resets.play(tmp_path, resets.Plan(resets=5_000, seconds=1.0))

    assert not till.lost, str(till)
    assert till.answered_s


async def test_messages_of_empty_items_leave_nothing_behind(tmp_path: Path) -> None:
    till = await repeats.play(tmp_path, repeats.Plan(messages=300))

    assert till.refused == 300
    assert till.grown_mb < 10
