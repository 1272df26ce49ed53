from services.payments import transactions
from tests.payments.world import ORDER, World, attempt

ATTEMPT = attempt(ORDER)


async def test_a_voided_payment_is_not_sent_any_more(world: World) -> None:
    write = world.database.write
    await write(transactions.begin_payment, ATTEMPT, sent=False, now_us=1)
    assert await write(transactions.mark_sent, ORDER)

    voided = await write(transactions.request_void, ORDER, now_us=2)

    assert (voided.state, voided.void_requested) == ("UNKNOWN", True)
    assert not await write(transactions.mark_sent, ORDER)


async def test_answers_that_come_twice_change_nothing(world: World) -> None:
    write = world.database.write
    await write(transactions.begin_payment, ATTEMPT, sent=True, now_us=1)
    await write(transactions.save_captured, ORDER, now_us=2)
    booked, facts = await world.ledger(), await world.facts()

    for save in (
        transactions.save_captured,
        transactions.save_voided,
        transactions.save_declined,
        transactions.save_authorized,
    ):
        await write(save, ORDER, now_us=3)
    await write(transactions.note_unanswered, ORDER, capture=True, sent=True, now_us=3)

    assert await world.state() == "CAPTURED"
    assert (await world.ledger(), await world.facts()) == (booked, facts)


async def test_an_authorized_payment_is_voided_at_the_provider_although_another_replica_sent_nothing(
    world: World,
) -> None:
    write = world.database.write
    await write(transactions.begin_payment, ATTEMPT, sent=True, now_us=1)
    await write(transactions.note_unanswered, ORDER, capture=False, sent=False, now_us=2)
    await write(transactions.save_authorized, ORDER, now_us=3)

    payment = await write(transactions.request_void, ORDER, now_us=4)

    assert (payment.state, payment.void_requested) == ("AUTHORIZED", True)
