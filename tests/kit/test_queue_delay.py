"""How long calls queue: a standing delay counts, a short one does not."""

import pytest

from eventhub.common.v1.options_pb2 import Shedding
from services.kit.rpc.queue_delay import INTERVAL_S, REFUSED_FROM_S, QueueDelay, refuses


def test_a_crowd_that_is_worked_off_within_an_interval_stands_for_nothing() -> None:
    queueing = QueueDelay()

    for n, delay_s in enumerate([0.0, 3.0, 2.0, 0.01, 5.0, 0.0, 4.0]):
        queueing.note(delay_s, n * INTERVAL_S / 3)
        assert queueing.standing_s(n * INTERVAL_S / 3) <= 0.01


def test_the_standing_delay_is_the_least_of_an_interval() -> None:
    queueing = QueueDelay()

    for n, delay_s in enumerate([0.5, 0.7, 0.4, 0.6]):
        queueing.note(delay_s, n * INTERVAL_S / 2)

    assert queueing.standing_s(2 * INTERVAL_S) == 0.4


def test_one_short_delay_ends_it_at_once() -> None:
    queueing = QueueDelay()
    for n in range(10):
        queueing.note(0.5, n * INTERVAL_S / 2)

    queueing.note(0.001, 9.1 * INTERVAL_S / 2)

    assert queueing.standing_s(5 * INTERVAL_S) == 0.001


def test_a_measuring_call_that_does_not_come_through_tells_as_well() -> None:
    queueing = QueueDelay()
    queueing.note(0.0, 1.0)
    queueing.sent(1.0)

    assert queueing.standing_s(1.0 + INTERVAL_S / 2) == 0.0
    assert queueing.standing_s(3.0) == 2.0
    queueing.begun(3.0)
    assert queueing.standing_s(3.0) == 0.0  # one delay alone does not count: it must stand for an interval
    queueing.note(1.9, 3.0 + 2 * INTERVAL_S)
    assert queueing.standing_s(3.0 + 2 * INTERVAL_S) == 1.9


def test_every_class_has_a_bound_and_each_a_later_one_than_the_class_below() -> None:
    classes = [value.number for value in Shedding.DESCRIPTOR.values if value.number]
    bounds = [REFUSED_FROM_S[shedding] for shedding in sorted(classes, reverse=True)]  # type: ignore[index]

    assert bounds == sorted(bounds)
    assert len(set(bounds)) == len(bounds)


@pytest.mark.parametrize("standing_s", [0.0, 1.0, 1e9])
def test_a_step_of_a_purchase_is_never_refused_for_queueing(standing_s: float) -> None:
    assert not refuses(standing_s, Shedding.SHEDDING_CRITICAL_PLUS)


def test_a_measuring_call_that_is_lost_says_nothing() -> None:
    queueing = QueueDelay()
    for n in range(4):
        queueing.note(0.6, n * INTERVAL_S)
    queueing.sent(1.0)
    queueing.lost()

    assert queueing.standing_s(9.0) == 0.6
    assert not queueing.is_calm
