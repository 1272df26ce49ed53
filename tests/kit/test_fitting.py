from eventhub.common.v1.page_pb2 import PageRequest
from eventhub.orders.v1.orders_service_pb2 import ListOrdersRequest
from services.kit.rpc.pages import ITEM_OVERHEAD, fitting, page_of


def test_a_page_ends_where_its_bytes_do() -> None:
    items = [PageRequest(token="x" * 98) for _ in range(5)]
    size = items[0].ByteSize() + ITEM_OVERHEAD

    assert len(fitting(items, 3 * size)) == 3
    assert len(fitting(items, 10 * size)) == 5


def test_an_item_too_big_for_a_page_stands_alone() -> None:
    assert len(fitting([PageRequest(token="x" * 500)] * 2, 10)) == 1


def test_a_page_that_was_cut_goes_on() -> None:
    page = page_of(ListOrdersRequest(), PageRequest(size=5), caller="ana", key=(int, str))

    assert page.token(["a"], (1,)) == ""
    assert page.token(["a"], (1,), cut=True) != ""
