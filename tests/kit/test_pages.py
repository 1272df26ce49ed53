import base64
import json

import pytest

from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.orders.v1.orders_service_pb2 import ListOrdersRequest
from eventhub.refusals import PageTokenInvalid
from services.kit.rpc.pages import page_of


def test_a_page_goes_on_where_the_last_ended() -> None:
    first = page_of(ListOrdersRequest(), PageRequest(size=2), caller="ana", key=(int, str))
    token = first.token(["x", "y"], (7, "ord_y"))

    second = page_of(ListOrdersRequest(), PageRequest(size=2, token=token), caller="ana", key=(int, str))

    assert second.after == (7, "ord_y")
    assert second.token(["z"], (1, "ord_z")) == ""


@pytest.mark.parametrize(("asked", "size"), [(0, 50), (1, 1), (200, 200), (5_000, 200)])
def test_sizes_have_a_default_and_a_most(asked: int, size: int) -> None:
    assert page_of(ListOrdersRequest(), PageRequest(size=asked), caller="ana", key=(int, str)).size == size


def test_a_token_serves_its_request_and_caller_only() -> None:
    token = page_of(ListOrdersRequest(), PageRequest(size=1), caller="ana", key=(int, str)).token(["x"], (7, "x"))

    with pytest.raises(PageTokenInvalid):
        page_of(ListOrdersRequest(event_id="evt"), PageRequest(token=token), caller="ana", key=(int, str))
    with pytest.raises(PageTokenInvalid):
        page_of(ListOrdersRequest(), PageRequest(token=token), caller="leo", key=(int, str))


NONSENSE = ["x", "====", "é", base64.urlsafe_b64encode(b"[]").decode(), base64.urlsafe_b64encode(b"{}").decode()]


@pytest.mark.parametrize("token", [*NONSENSE, "A" * 200])
def test_nonsense_is_no_token(token: str) -> None:
    with pytest.raises(PageTokenInvalid):
        page_of(ListOrdersRequest(), PageRequest(token=token), caller="ana", key=(int, str))


@pytest.mark.parametrize(
    "after",
    [
        *([], [1], [1, "a", 2], ["a", 1], [1, 1], ["a", "b"], [True, "a"], [1.5, "a"], [None, "a"], [[1], "a"]),
        *([2**63, "a"], [1, "\ud800"], [1, "a\0"]),
    ],
)
def test_only_sort_keys_go_into_a_query(after: list[object]) -> None:
    binding = page_of(ListOrdersRequest(), PageRequest(), caller="ana", key=(int, str)).binding
    token = base64.urlsafe_b64encode(json.dumps([binding, *after]).encode()).decode()

    with pytest.raises(PageTokenInvalid):
        page_of(ListOrdersRequest(), PageRequest(token=token), caller="ana", key=(int, str))
