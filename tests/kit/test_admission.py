"""What is refused first when there is too much to do."""

from contextlib import ExitStack

import pytest

from eventhub import contract
from eventhub.common.v1.options_pb2 import ACCESS_BUYER
from eventhub.contract import Method
from eventhub.refusals import Overloaded, TooManyRequests
from services.kit.admission import WATCHES_PER_CALLER_MAX, Admission
from services.kit.call import ANYONE, Caller

BROWSE = "/eventhub.catalog.v1.CatalogService/SearchEvents"
HOLD = "/eventhub.inventory.v1.InventoryService/Hold"
CHECKOUT = "/eventhub.orders.v1.OrdersService/Checkout"
SCAN = "/eventhub.ticketing.v1.TicketingService/CheckIn"
WATCH = "/eventhub.inventory.v1.InventoryService/WatchSeats"


def method(path: str) -> Method:
    return contract.by_path()[path]


def most(admission: Admission, path: str, stack: ExitStack) -> int:
    """How many calls of a method are let in until one is refused."""
    for count in range(1_000):
        try:
            stack.enter_context(admission.enter(method(path), ANYONE))
        except Overloaded:
            return count
    raise AssertionError("there is no bound")


def test_each_class_keeps_room_for_those_above_it() -> None:
    admission = Admission(calls_max=10, watches_max=10)

    with ExitStack() as stack:
        let_in = [most(admission, path, stack) for path in (BROWSE, HOLD, CHECKOUT, SCAN)]

    assert let_in == [5, 2, 1, 2]


def test_watchers_do_not_crowd_out_buyers() -> None:
    admission = Admission(calls_max=10, watches_max=4)

    with ExitStack() as stack:
        assert most(admission, WATCH, stack) == 2
        assert most(admission, HOLD, stack) == 7


def test_one_caller_watches_only_so_much() -> None:
    admission = Admission()
    ana, leo = (Caller(kind=ACCESS_BUYER, subject_id=name) for name in ("ana", "leo"))

    with ExitStack() as stack:
        for _ in range(WATCHES_PER_CALLER_MAX):
            stack.enter_context(admission.enter(method(WATCH), ana))
        with pytest.raises(TooManyRequests):
            stack.enter_context(admission.enter(method(WATCH), ana))
        stack.enter_context(admission.enter(method(WATCH), leo))


def test_a_place_is_given_back() -> None:
    admission = Admission(calls_max=2)

    for _ in range(10):
        with pytest.raises(ZeroDivisionError), admission.enter(method(HOLD), ANYONE):
            raise ZeroDivisionError
