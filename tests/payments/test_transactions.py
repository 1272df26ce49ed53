from services.payments import transactions
from services.payments.payments import Attempt
from tests.payments.desk import ORDER, Desk

ATTEMPT = Attempt(ORDER, "org_casa", "evt_1", 5000, "BRL", "sandbox", "tok_ok")


async def test_what_was_given_up_is_not_sent_any_more(desk: Desk) -> None:
    write = desk.database.write
    await write(transactions.begin_payment, ATTEMPT, sent=False, now_us=1)
    assert await write(transactions.mark_sent, ORDER)

    given_up = await write(transactions.request_void, ORDER, now_us=2)

    assert (given_up.state, given_up.void_requested) == ("UNKNOWN", True)
    assert not await write(transactions.mark_sent, ORDER)


async def test_answers_that_come_twice_change_nothing(desk: Desk) -> None:
    write = desk.database.write
    await write(transactions.begin_payment, ATTEMPT, sent=True, now_us=1)
    await write(transactions.save_captured, ORDER, now_us=2)
    booked, facts = await desk.ledger(), await desk.facts()

    for save in (
        transactions.save_captured,
        transactions.save_voided,
        transactions.save_declined,
        transactions.save_authorized,
    ):
        await write(save, ORDER, now_us=3)
    await write(transactions.note_unanswered, ORDER, capture=True, sent=True, now_us=3)

    assert await desk.state() == "CAPTURED"
    assert (await desk.ledger(), await desk.facts()) == (booked, facts)
