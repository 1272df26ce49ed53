"""Short versions of the long runs of scripts/soak."""

from pathlib import Path

import pytest

from scripts.long_runs import pings, restarts


@pytest.mark.timeout(300)
async def test_restarting_contexts_in_turn_loses_no_purchase_although_names_are_cached(tmp_path: Path) -> None:
    plan = restarts.Plan(purchases=60, every_s=0.4, rest_s=1.0, cached_s=6.0, linger_s=8.0, drain_s=2.0)

    till = await restarts.play(tmp_path, plan)

    assert not till.lost, str(till)
    assert till.bought == plan.purchases
    assert till.restarts >= 2 * len(restarts.ROLLED)


@pytest.mark.timeout(300)
async def test_idle_neighbours_keep_their_connections_despite_pings(tmp_path: Path) -> None:
    assert await pings.play(tmp_path, pings.Plan(kills=1, quiet_s=100.0)) == {}
