"""Disputes while captures and refunds are under way: the books agree with the provider, and no buyer is paid twice."""

from collections import Counter

from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import PaymentDisputed
from services.payments.gateway import Dispute
from services.payments.refunds import transactions
from services.payments.sandbox_gateway import SANDBOX
from tests.payments.test_books import statement
from tests.payments.test_refunds import give_back, paid, refund_state, settled
from tests.payments.world import ORDER, ORGANIZER, World
from tests.stage import outcome

PAYABLE = f"payable:{ORGANIZER}"


async def dispute(world: World) -> None:
    """The provider takes the rest of the charge back. payments hears of it later."""
    await world.operator.sandbox.DisputeSandboxCharge(pb.DisputeSandboxChargeRequest(order_id=ORDER))


async def hear(world: World, minor: int) -> None:
    """payments hears of the dispute."""
    told = [Dispute(1, ORDER, minor)]
    await world.database.write(transactions.note_disputes, SANDBOX, told, now_us=world.stage.clock.now_us())


async def disputed(world: World) -> bool:
    return any(isinstance(fact, PaymentDisputed) for fact in await world.facts())


async def sums(world: World) -> dict[str, int]:
    """The balance of each account that is not zero."""
    found = Counter[str]()
    for _, account, minor in await world.ledger():
        found[account] += minor
    return {account: minor for account, minor in found.items() if minor}


async def test_a_dispute_that_is_told_before_the_capture_is_known_is_not_lost(world: World) -> None:
    await world.authorize()
    await world.fault("ERROR_AFTER")
    assert await world.capture() == "AUTHORIZED"
    await dispute(world)
    await hear(world, 5000)
    assert not await disputed(world), "no money of the payment is booked yet"
    await world.fault("NONE")
    await world.defer(lambda: disputed(world))
    assert await sums(world) == {}


async def test_a_dispute_takes_what_a_refund_without_an_answer_has_left(world: World) -> None:
    await paid(world)
    await world.fault("ERROR_AFTER")
    assert refund_state(await give_back(world, minor=2000)) == "UNKNOWN"
    await dispute(world)
    await hear(world, 3000)
    await world.fault("NONE")

    async def done() -> bool:
        return await settled(world) == [("rfd_1", "DONE")]

    await world.defer(done)
    assert await sums(world) == {}


async def test_a_refund_that_is_refused_after_a_dispute_is_not_owed(world: World) -> None:
    await paid(world)
    await world.fault("ERROR")
    assert refund_state(await give_back(world, minor=2000)) == "UNKNOWN"
    await dispute(world)
    await hear(world, 5000)
    await world.fault("NONE")

    async def refused() -> bool:
        return await settled(world) == [("rfd_1", "MANUAL")]

    await world.defer(refused)
    assert await sums(world) == {}
    assert await outcome(give_back(world, minor=2000)) == "PAYMENT_STATE"
    assert await outcome(world.mesh.SettleRefund(pb.SettleRefundRequest(refund_id="rfd_1"))) == "REFUND_STATE"


async def test_money_that_was_owed_before_a_dispute_is_not_owed_after_it(world: World) -> None:
    await paid(world)
    await world.fault("REFUSE_REFUNDS")
    assert refund_state(await give_back(world, minor=2000)) == "MANUAL"
    await dispute(world)
    await world.defer(lambda: disputed(world))
    assert await sums(world) == {}
    assert await outcome(world.mesh.SettleRefund(pb.SettleRefundRequest(refund_id="rfd_1"))) == "REFUND_STATE"
    told = await statement(world)
    assert (list(told.payable), list(told.owed_by_hand)) == ([], [])
    assert [(line.method, line.refunded.minor, line.disputed.minor) for line in told.lines] == [
        ("by_hand", 0, 0),
        ("sandbox", 0, 5000),
    ]


async def test_money_that_was_paid_by_hand_before_a_dispute_stays_paid(world: World) -> None:
    await paid(world)
    await world.fault("REFUSE_REFUNDS")
    await give_back(world, minor=2000)
    for _ in range(2):
        settling = world.mesh.SettleRefund(pb.SettleRefundRequest(refund_id="rfd_1"))
        assert (await settling).refund.state == nouns.REFUND_STATE_SETTLED
        await dispute(world)
        await world.defer(lambda: disputed(world))
    assert await sums(world) == {PAYABLE: 2000, "by_hand": -2000}
