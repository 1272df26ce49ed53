"""Buyers and organizers give orders back, whole or in part."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_TICKET_USED
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_FINANCE, ROLE_VIEWER
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1 import orders_service_pb2 as pb
from tests.orders.refunds.world import DAY_S, HOUR_S, STARTS_IN_S, brl, open_desk, refund_state, rfd
from tests.orders.world import RUI, hld, ord_, state
from tests.stage import Stage, outcome


async def test_a_buyer_withdraws_within_seven_days_and_gets_everything_back(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.advance(7 * DAY_S - 1)
    offered = await desk.preview()
    assert (offered.amount, offered.ground) == (brl(10_000), nouns.REFUND_GROUND_WITHDRAWAL)

    order = await desk.give_back(amount=brl(10_000))

    assert (state(order), order.refunded, refund_state(order)) == ("REFUNDED", brl(10_000), "DONE")
    assert [line.refund_id for line in order.lines] == [rfd(1), rfd(1)]
    assert desk.world.payments.charges == [(ord_(1), 10_000), (ord_(1), -10_000)]
    assert desk.ticketing.revoked == {ord_(1): {"1", "2"}}
    assert desk.world.inventory.holds[hld(1)].returned == {0, 1}
    assert await desk.world.facts() == ["OrderPlaced", "OrderPaid", "OrderRefundChanged", "OrderRefundChanged"]
    assert await desk.world.order() == order


async def test_one_of_three_goes_back_and_the_others_stay(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid(floor=3)

    order = await desk.give_back("2", amount=brl(2005))

    assert (state(order), order.refunded) == ("PART_REFUNDED", brl(2005))
    assert desk.ticketing.revoked == {ord_(1): {"2"}}
    assert desk.world.inventory.holds[hld(1)].returned == {1}
    rest = await desk.give_back(n=2, amount=brl(4010))
    assert (state(rest), list(rest.refunds[1].line_ids)) == ("REFUNDED", ["1", "3"])


async def test_after_seven_days_the_terms_of_the_event_say_how_much(stage: Stage) -> None:
    desk = await open_desk(stage)
    desk.terms((30 * 24, 80), (48, 50))
    await desk.paid(floor=1)
    desk.world.advance(7 * DAY_S)
    offered = await desk.preview()
    assert (offered.amount, offered.kept, offered.ground) == (brl(1604), brl(401), nouns.REFUND_GROUND_TERMS)
    assert await outcome(desk.give_back(amount=brl(2005))) == "TOTAL_CHANGED"
    desk.world.advance(STARTS_IN_S - 7 * DAY_S - 30 * DAY_S)
    assert (await desk.preview()).amount == brl(1003), "halves are rounded up"

    order = await desk.give_back(amount=brl(1003))

    assert (state(order), order.refunds[0].kept) == ("PART_REFUNDED", brl(1002))


async def test_too_late_is_refused_with_the_last_moment(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.advance(7 * DAY_S)
    with pytest.raises(refusals.RefundNotAllowed) as refused:
        await desk.give_back(amount=brl(10_000))
    assert set(refused.value.facts) == {"until"}
    assert await outcome(desk.preview()) == "REFUND_NOT_ALLOWED"
    assert await desk.world.facts() == ["OrderPlaced", "OrderPaid"]


async def test_the_right_to_withdraw_ends_some_hours_before_the_event(stage: Stage) -> None:
    desk = await open_desk(stage)
    stage.clock.advance(STARTS_IN_S - 48 * HOUR_S - 60)
    desk.world.advance(0)
    await desk.paid()
    assert (await desk.preview()).amount == brl(10_000)
    desk.world.advance(60)
    assert await outcome(desk.preview()) == "REFUND_NOT_ALLOWED"
    desk.terms(withdrawal=0)
    assert (await desk.preview()).amount == brl(10_000)
    desk.world.advance(48 * HOUR_S)
    assert await outcome(desk.preview()) == "REFUND_NOT_ALLOWED"


async def test_free_tickets_go_back_until_the_start_without_the_provider(stage: Stage) -> None:
    desk = await open_desk(stage)
    desk.world.hold(1, gift=2)
    await desk.world.checkout(1, free=pb.CheckoutRequest.Free())
    desk.world.advance(STARTS_IN_S - 1)
    order = await desk.give_back("1", amount=brl(0))
    assert (state(order), desk.world.payments.refunds) == ("PART_REFUNDED", {})
    desk.world.advance(1)
    assert await outcome(desk.give_back("2", n=2, amount=brl(0))) == "REFUND_NOT_ALLOWED"


async def test_buyers_may_not_ask_for_what_only_members_may(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    for more in ({"money_only": True}, {"reason": "x"}, {"even_if_used": True}, {"block_label": "x"}):
        assert await outcome(desk.give_back(amount=brl(10_000), **more)) == "ACCESS_DENIED"
    assert await outcome(desk.give_back()) == "INVALID_REQUEST", "the amount is missing"
    assert await outcome(desk.give_back(amount=brl(10_000), by=stage.buyer(RUI))) == "ORDER_NOT_FOUND"
    assert await outcome(desk.give_back("3", amount=brl(5000))) == "LINE_NOT_REFUNDABLE"
    assert state(await desk.world.order()) == "PAID"


async def test_an_organizer_gives_any_part_back_any_time_with_a_reason(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.world.advance(STARTS_IN_S + DAY_S)
    manager = desk.member()
    assert await outcome(desk.give_back("1", by=manager)) == "INVALID_REQUEST", "the reason is missing"

    order = await desk.give_back("1", by=manager, reason="Gesto", amount=brl(3000), block_label="Convidados")

    refund = order.refunds[0]
    assert (refund.ground, refund.amount, refund.kept) == (nouns.REFUND_GROUND_ORGANIZER, brl(3000), brl(2000))
    assert (refund.reason, state(order)) == ("Gesto", "PART_REFUNDED")
    returned = desk.world.inventory.requests[-1]
    assert isinstance(returned, inventory.ReturnPlacesRequest)
    assert returned.block_label == "Convidados"
    with pytest.raises(refusals.RefundTooLarge) as refused:
        await desk.give_back(n=2, by=manager, reason="Gesto", amount=brl(5001))
    assert refused.value.facts == {"left_minor": "5000", "currency": "BRL"}


async def test_money_alone_goes_back_and_the_tickets_stay(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    order = await desk.give_back(by=desk.manager, reason="Desculpe", money_only=True, amount=brl(2500))
    assert (state(order), order.refunded, desk.ticketing.revoked) == ("PART_REFUNDED", brl(2500), {})
    whole = await desk.give_back(n=2, amount=brl(7500))
    assert (state(whole), whole.refunded) == ("REFUNDED", brl(10_000))


async def test_roles_that_do_not_handle_money_cannot_refund(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    assert await outcome(desk.give_back(by=desk.member(ROLE_VIEWER), reason="x")) == "ACCESS_DENIED"
    assert await outcome(desk.give_back(by=desk.member(ROLE_BOX_OFFICE), reason="x")) == "ACCESS_DENIED"
    assert state(await desk.give_back(by=desk.member(ROLE_FINANCE), reason="x")) == "REFUNDED"


async def test_a_used_ticket_stops_the_refund_before_anything_else(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    desk.ticketing.used[ord_(1)] = {"2"}
    order = await desk.give_back(amount=brl(10_000))
    assert (state(order), refund_state(order)) == ("PAID", "FAILED")
    assert order.refunds[0].failure == ERROR_REASON_TICKET_USED
    assert (desk.ticketing.revoked[ord_(1)], desk.world.payments.refunds) == (set(), {})
    assert [line.refund_id for line in order.lines] == ["", ""]
    forced = await desk.give_back(n=2, by=desk.manager, reason="Show ruim", even_if_used=True)
    assert state(forced) == "REFUNDED"


async def test_a_repeat_gets_the_order_and_another_content_is_refused(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()
    first = await desk.give_back("1", amount=brl(5000))
    assert await desk.give_back("1", amount=brl(5000)) == first
    assert await outcome(desk.give_back("2", amount=brl(5000))) == "ID_IN_USE"
    assert await outcome(desk.give_back("1", n=2, amount=brl(5000))) == "LINE_NOT_REFUNDABLE"
    assert len(desk.world.payments.refunds) == 1


async def test_sixteen_refunds_at_once_give_each_line_back_once(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid(floor=3)

    async def one(n: int) -> str:
        return await outcome(desk.give_back(str(n % 3 + 1), n=n + 1, amount=brl(2005)))

    outcomes = await asyncio.gather(*(one(n) for n in range(16)))
    for n in range(3):
        outcomes.append(await one(100 + n))

    assert set(outcomes) <= {"done", "REFUND_UNDER_WAY", "LINE_NOT_REFUNDABLE"}
    order = await desk.world.order()
    assert (state(order), order.refunded) == ("REFUNDED", brl(6015))
    assert sum(minor for _, minor in desk.world.payments.charges) == 0


async def test_an_unpaid_order_cannot_be_given_back(stage: Stage) -> None:
    desk = await open_desk(stage)
    desk.world.payments.declines = True
    desk.world.hold()
    await desk.world.checkout()
    assert await outcome(desk.give_back(amount=brl(10_000))) == "ORDER_STATE"
    assert await outcome(desk.preview()) == "ORDER_STATE"


async def test_a_coupon_is_given_back_with_the_whole_order_only(stage: Stage) -> None:
    desk = await open_desk(stage)
    pricing = desk.world.pricing
    for n in (1, 2):
        desk.world.hold(n)
        await desk.world.checkout(n, coupon_code="TEN")
    uses = pricing.uses_left
    await desk.give_back("1", amount=brl(4500))
    assert pricing.uses_left == uses
    await desk.give_back("2", n=2, amount=brl(4500))
    assert pricing.uses_left == uses + 1
    await desk.give_back(n=3, order=2, by=desk.manager, reason="x", keep_coupon=True)
    assert pricing.uses_left == uses + 1


async def test_money_of_the_counter_comes_from_the_till_of_the_clerk_who_gives_it_back(stage: Stage) -> None:
    desk = await open_desk(stage)
    clerk = desk.member(ROLE_BOX_OFFICE)
    desk.world.hold(buyer_id="acc_bia")
    cash = pb.CheckoutRequest.BoxOffice(cash=pb.CheckoutRequest.BoxOffice.Cash())
    await clerk.orders.Checkout(pb.CheckoutRequest(order_id=ord_(1), hold_id=hld(1), box_office=cash))
    order = await desk.give_back("1", by=clerk, reason="Desistiu")
    assert (state(order), refund_state(order)) == ("PART_REFUNDED", "DONE")
    desk.world.payments.close_till("acc_bia")
    owed = await desk.give_back("2", n=2, by=clerk, reason="Desistiu")
    assert (state(owed), refund_state(owed, 1)) == ("REFUND_MANUAL", "OWED")


async def test_refunds_are_listed_and_settled_by_hand(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid(1)
    await desk.paid(2)
    await desk.give_back("1", amount=brl(5000))
    desk.world.payments.refuses_refunds = True
    desk.world.advance(1)
    owed = await desk.give_back(n=2, order=2, amount=brl(10_000))
    assert (state(owed), refund_state(owed)) == ("REFUND_MANUAL", "OWED")
    finance = desk.member()

    async def listed(**more: object) -> list[str]:
        answer = await finance.refunds.ListRefunds(pb.ListRefundsRequest(**more))  # type: ignore[arg-type] # by name
        return [one.refund.refund_id for one in answer.refunds]

    assert await listed() == [rfd(2), rfd(1)]
    assert await listed(owed_only=True) == [rfd(2)]
    assert await listed(event_id="evt_other") == []
    settle = pb.SettleRefundRequest(refund_id=rfd(2), note="Transferido em 3/12")
    for _ in range(2):
        order = (await finance.refunds.SettleRefund(settle)).order
        assert (state(order), refund_state(order), order.refunds[0].note) == ("REFUNDED", "SETTLED", settle.note)
    assert await outcome(finance.refunds.SettleRefund(pb.SettleRefundRequest(refund_id=rfd(1)))) == "REFUND_STATE"
    assert await outcome(finance.refunds.SettleRefund(pb.SettleRefundRequest(refund_id=rfd(9)))) == "REFUND_NOT_FOUND"
    assert await listed(owed_only=True) == []


async def test_an_order_has_sixty_refunds_at_most(stage: Stage) -> None:
    desk = await open_desk(stage)
    await desk.paid()

    async def give_a_centavo(n: int) -> nouns.Order:
        return await desk.give_back(n=n, by=desk.manager, reason="Desculpe", money_only=True, amount=brl(1))

    for n in range(1, 61):
        await give_a_centavo(n)
    with pytest.raises(refusals.RefundNotAllowed):
        await give_a_centavo(61)
    assert len((await give_a_centavo(60)).refunds) == 60, "a repeat gets the order"
