"""Shares of shards, as pure decisions."""

import pytest

from services.kit.db.postgres_leases import LASTS_S
from services.kit.db.shards import Standing
from services.kit.process.replica import ASK_S, LOST_AFTER_S, RENEW_EVERY_S
from services.kit.values.shards import SHARDS, shard_of


@pytest.mark.parametrize("replicas", [1, 2, 3, 5, 16, 20])
def test_shares_are_equal_and_sum_to_all_shards(replicas: int) -> None:
    shares = [Standing({}, rank, replicas).share for rank in range(replicas)]

    assert sum(shares) == SHARDS
    assert max(shares) - min(shares) <= 1


def test_a_replica_gives_up_what_it_has_too_much_of_and_nothing_twice() -> None:
    standing = Standing(dict.fromkeys(range(SHARDS), 1), 0, 2)
    odd = [shard for shard in range(SHARDS) if shard % 2]

    assert standing.surplus(()) == odd
    assert standing.surplus(odd[-3:]) == odd[:-3]
    assert standing.surplus(odd) == []


def test_others_have_the_shards_of_a_dead_replica_within_ten_seconds() -> None:
    assert LASTS_S + ASK_S + RENEW_EVERY_S <= 10
    assert LOST_AFTER_S < LASTS_S


def test_the_shard_of_a_key_never_changes() -> None:
    """Rows store it."""
    assert [shard_of(key) for key in ("", "evt_0192", "orders", "São Paulo")] == [0, 6, 14, 1]


def test_keys_are_spread_over_all_shards() -> None:
    assert {shard_of(f"evt_{n}") for n in range(200)} == set(range(SHARDS))
