"""A cache keeps a bounded number of values."""

from services.kit.work.cache import Cache


def test_the_least_recently_used_is_dropped() -> None:
    kept: Cache[str, int] = Cache(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1

    kept.put("c", 3)

    assert [kept.get(key) for key in "abc"] == [1, None, 3]
    kept.put("a", 4)
    kept.put("d", 5)
    assert [key in kept for key in "acd"] == [True, False, True]
    assert kept.get("a") == 4


def test_a_value_that_is_too_old_is_not_answered() -> None:
    kept: Cache[str, int] = Cache(2)
    kept.put("a", 1, at_us=10)

    assert [kept.get("a", since_us=since_us) for since_us in (10, 11)] == [1, None]
    assert kept.get("a") == 1


def test_values_are_dropped_by_name_by_age_and_all_together() -> None:
    kept: Cache[str, int] = Cache(9)
    for number, key in enumerate("abcd"):
        kept.put(key, number, at_us=number)

    kept.drop("d")
    kept.drop("unknown")
    kept.drop_before(2)

    assert [key for key in "abcd" if key in kept] == ["c"]
    kept.clear()
    assert "c" not in kept
