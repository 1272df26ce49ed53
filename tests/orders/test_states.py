"""States and methods: the sets that the saga goes by, and the contract's names."""

from eventhub.orders.v1 import orders_pb2
from eventhub.payments.v1 import payments_pb2
from services.orders import orders
from services.orders.orders import OrderState, PaymentMethod
from services.orders.saga import PaymentState


def test_an_order_awaits_the_provider_or_its_checkout_is_over() -> None:
    over = {OrderState.PAID, OrderState.FAILED}
    assert set(OrderState) == orders.AWAITING_PROVIDER | over | orders.GIVEN_BACK
    assert len(OrderState) == len(orders.AWAITING_PROVIDER) + len(over) + len(orders.GIVEN_BACK)


def test_states_and_methods_are_those_of_the_contract() -> None:
    """Their names without the prefix, and without UNSPECIFIED."""
    assert [f"ORDER_STATE_{state}" for state in OrderState] == orders_pb2.OrderState.keys()[1:]
    assert [f"PAYMENT_METHOD_{method}" for method in PaymentMethod] == orders_pb2.PaymentMethod.keys()[1:]
    assert [f"PAYMENT_STATE_{state}" for state in PaymentState] == payments_pb2.PaymentState.keys()[1:]
