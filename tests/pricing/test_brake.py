import pytest

from eventhub.refusals import TooManyRequests
from services.pricing.brake import UnknownCodes

MINUTE_US = 60_000_000


def tried(brake: UnknownCodes, subject_id: str, times: int, *, now_us: int = 0) -> None:
    for _ in range(times):
        brake.check(subject_id, now_us=now_us)
        brake.note(subject_id, now_us=now_us)


def test_ten_unknown_codes_are_too_many_until_the_oldest_is_ten_minutes_old() -> None:
    brake = UnknownCodes()
    tried(brake, "gst_eve", 1)
    tried(brake, "gst_eve", 9, now_us=MINUTE_US)

    with pytest.raises(TooManyRequests) as refused:
        brake.check("gst_eve", now_us=2 * MINUTE_US)
    assert refused.value.retry_after_s == 8 * 60
    brake.check("gst_eve", now_us=10 * MINUTE_US)
    tried(brake, "gst_eve", 1, now_us=10 * MINUTE_US)
    with pytest.raises(TooManyRequests):
        brake.check("gst_eve", now_us=10 * MINUTE_US)


def test_one_subject_s_tries_are_not_another_s() -> None:
    brake = UnknownCodes()
    tried(brake, "gst_eve", 10)

    brake.check("gst_ana", now_us=0)


def test_no_more_than_so_many_subjects_are_remembered() -> None:
    brake = UnknownCodes(subjects_max=2)
    tried(brake, "gst_one", 10)
    tried(brake, "gst_two", 1)
    brake.note("gst_one", now_us=0)
    tried(brake, "gst_three", 1)

    with pytest.raises(TooManyRequests):
        brake.check("gst_one", now_us=0)
    tried(brake, "gst_four", 1)
    brake.check("gst_one", now_us=0)
