"""Fingerprints tell whether two requests are the same."""

from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from services.kit.values import fingerprint


def test_equal_messages_have_the_same_fingerprint_and_others_another() -> None:
    request = CheckoutRequest(order_id="ord_1", hold_id="hld_1")

    same = CheckoutRequest.FromString(request.SerializeToString())
    other = CheckoutRequest(order_id="ord_1", hold_id="hld_2")

    assert fingerprint(request) == fingerprint(same)
    assert fingerprint(request) != fingerprint(other)


def test_a_fingerprint_may_be_bound_to_a_caller() -> None:
    request = CheckoutRequest(order_id="ord_1")

    found = {fingerprint(request, caller=caller) for caller in ("", "acc_1", "acc_2")}

    assert len(found) == 3
    assert fingerprint(request, caller="acc_1") == fingerprint(request, caller="acc_1")
