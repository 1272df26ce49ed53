"""The saga against a model of the neighbours: whatever they answer, and whenever the process dies, an order ends paid
and sold, or failed and undone."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.orders import saga
from services.orders.orders import PAY_WITHIN_US, Order, OrderLine, OrderState, PaymentMethod
from services.orders.saga import PaymentState, Progress, Step

UNRULY_STEPS, CALM_STEPS = 25, 25
CANCELLED = "ORDER_CANCELLED"
BACK = {Step.VOID, Step.UNLOCK, Step.RELEASE}
Chance = Callable[[str], bool]


class Dice(Protocol):
    def random(self) -> float: ...


def order_of(*, method: PaymentMethod = PaymentMethod.CARD, total: int = 9000, coupon: str = "") -> Order:
    line = OrderLine(
        ticket_type_id="tkt_stalls",
        ticket_type_name="Stalls",
        seat_id="A-05",
        seat_label="Stalls A-5",
        face_minor=10_000,
        price_minor=total,
    )
    return Order(
        order_id="ord_1",
        number="K7Q4-93MD",
        event_id="evt_show",
        organizer_id="org_casa",
        buyer_id="gst_ana",
        session_id="gst_ana",
        sold_by="",
        hold_id="hld_1",
        content_hash="",
        state=OrderState.PENDING,
        method=method,
        card_token="tok_ok",
        face_minor=10_000,
        discount_minor=10_000 - total,
        total_minor=total,
        currency="BRL",
        coupon_id=coupon,
        coupon_code="",
        gift_reason="",
        giving_up="",
        created_us=0,
        paid_us=None,
        pay_until_us=PAY_WITHIN_US,
        locale="en",
        version=1,
        tries=0,
        lines=(line,),
    )


class Away(Exception):
    """A neighbour did not answer. It may have done its step or not."""


@dataclass(slots=True, kw_only=True)
class World:
    """The neighbours, as their contracts describe them. chance: decides whether an event happens, by its name. calm:
    whether all calls succeed. given_up: whether the hold was given back. taken: whether the provider has the money,
    even if payments does not know it."""

    chance: Chance
    calm: bool = False
    hold: str = "HELD"
    given_up: bool = False
    redemption: str = ""
    payment: str = ""
    taken: bool = False
    calls: list[Step] = field(default_factory=list)

    def may(self, what: str) -> bool:
        return not self.calm and self.chance(what)

    def do(self, step: Step, known: Progress) -> Progress:
        """Takes a step and returns the progress after it."""
        assert step in BACK or not BACK.intersection(self.calls), "turned back and forward again"
        self.calls.append(step)
        if self.may("away before"):
            raise Away
        after = getattr(self, f"_{step.name.lower()}")(known)
        if self.may("away after"):
            raise Away
        return replace(known, **after)

    def settle(self) -> None:
        """Time passes, and the provider answers late."""
        if self.payment == "UNKNOWN" and not self.may("still silent"):
            self.payment = "DECLINED" if self.chance("late decline") else "AUTHORIZED"

    def _lock(self, known: Progress) -> dict[str, object]:
        if self.hold == "HELD" and not self.given_up:
            self.hold = "LAPSED" if self.may("lapse") else "LOCKED"
        return {"locked": True} if self.hold in ("LOCKED", "SOLD") else {"refused": "HOLD_EXPIRED"}

    def _reserve(self, known: Progress) -> dict[str, object]:
        if self.redemption == "RELEASED":
            return {"refused": "ORDER_STATE"}
        if not self.redemption and self.may("exhausted"):
            return {"refused": "COUPON_EXHAUSTED"}
        self.redemption = "RESERVED"
        return {"reserved": True}

    def _authorize(self, known: Progress) -> dict[str, object]:
        assert self.hold in ("LOCKED", "SOLD"), "the provider was asked before the places were kept"
        if self.payment == "VOIDED":
            return {"refused": "PAYMENT_STATE"}
        if self.payment in ("", "UNKNOWN"):
            self.payment = "UNKNOWN"
            if not self.may("silent"):
                self.payment = "DECLINED" if self.chance("decline") else "AUTHORIZED"
        return {"payment": self.payment, "waiting": self.payment == "UNKNOWN"}

    def _confirm(self, known: Progress) -> dict[str, object]:
        assert self.hold in ("LOCKED", "SOLD"), "sold what the order did not have"
        self.hold = "SOLD"
        return {"sold": True}

    def _capture(self, known: Progress) -> dict[str, object]:
        assert self.hold == "SOLD", "money was taken before the places were sold"
        assert self.payment in ("AUTHORIZED", "CAPTURED", "VOIDED")
        if self.payment == "AUTHORIZED":
            if self.may("reservation gone") and not self.taken:
                self.payment = "VOIDED"
            elif self.may("silent"):
                self.taken = self.taken or self.chance("taken silently")
            else:
                self.payment, self.taken = "CAPTURED", True
        return {"payment": self.payment, "waiting": self.payment == "AUTHORIZED"}

    def _void(self, known: Progress) -> dict[str, object]:
        if self.payment == "":
            self.payment = "VOIDED"
        elif self.payment in ("UNKNOWN", "AUTHORIZED") and not self.may("silent"):
            self.payment = "CAPTURED" if self.taken else "VOIDED"
        return {"payment": self.payment, "waiting": self.payment in ("UNKNOWN", "AUTHORIZED")}

    def _unlock(self, known: Progress) -> dict[str, object]:
        assert not self.taken, "the hold of a paid order was given back"
        if self.hold in ("HELD", "LOCKED", "SOLD"):
            self.hold = "LAPSED" if self.may("lapse") else "HELD"
        self.given_up = True
        return {"unlocked": True}

    def _release(self, known: Progress) -> dict[str, object]:
        self.redemption = "RELEASED"
        return {"released": True}


@dataclass(slots=True, kw_only=True)
class Run:
    """A saga from start to end. stored: the order in the database. seen: the order as the cashier read it last."""

    world: World
    stored: Order
    seen: Order
    known: Progress = field(default_factory=Progress)
    now_us: int = 0
    reasons: list[str] = field(default_factory=list)

    def begin_again(self) -> None:
        """Starts the saga over, after a crash or a wait."""
        self.seen, self.known = self.stored, Progress()

    def decide(self, reason: str) -> None:
        """As store.decide_to_give_up: an earlier reason stays."""
        if not self.stored.giving_up and self.stored.awaits_provider:
            self.stored = replace(self.stored, giving_up=reason)
            self.reasons.append(reason)

    def set_state(self, state: OrderState) -> None:
        if not self.stored.is_settled:
            giving_up = "" if state == OrderState.PAID else self.stored.giving_up
            self.stored = replace(self.stored, state=state, giving_up=giving_up)

    def step(self) -> None:
        step = saga.next_step(self.seen, self.known, now_us=self.now_us)
        if step in (Step.PAY, Step.FAIL):
            self.set_state(OrderState.PAID if step is Step.PAY else OrderState.FAILED)
            self.seen = self.stored
        elif step is Step.GIVE_UP:
            assert not self.seen.giving_up, "decided twice"
            self.decide(saga.reason_to_give_up(self.seen, self.known))
            self.seen, self.known = self.stored, replace(self.known, waiting=False)
        elif step is Step.WAIT:
            self.set_state(OrderState.PAYMENT_PENDING)
            self.now_us += 15 * 60 * 1_000_000 if self.world.may("long wait") else 5_000_000
            self.world.settle()
            self.begin_again()
        elif step is not Step.DONE:
            try:
                self.known = self.world.do(step, self.known)
            except Away:
                self.begin_again()

    def advance(self) -> None:
        """Takes steps among crashes and failures, then as many among calm neighbours."""
        for _ in range(UNRULY_STEPS):
            self.step()
            if self.world.may("crash"):
                self.begin_again()
            if self.world.may("cancel"):
                self.decide(CANCELLED)
        self.world.calm = True
        self.begin_again()
        for _ in range(CALM_STEPS):
            self.step()


CARD, FREE, BOX_OFFICE = PaymentMethod.CARD, PaymentMethod.FREE, PaymentMethod.BOX_OFFICE
payments = st.sampled_from([(CARD, 9000), (BOX_OFFICE, 9000), (CARD, 0), (FREE, 0)])
coupons = st.sampled_from(["", "cpn_ten"])


@given(payments, coupons, st.sampled_from([0.03, 0.1, 0.25]), st.randoms(use_true_random=True))
@settings(max_examples=600, deadline=None)
def test_an_order_ends_paid_and_sold_or_failed_and_undone(
    paid_with: tuple[PaymentMethod, int], coupon: str, share: float, dice: Dice
) -> None:
    def chance(what: str) -> bool:
        return dice.random() < share

    order = order_of(method=paid_with[0], total=paid_with[1], coupon=coupon)
    world = World(chance=chance)
    run = Run(world=world, stored=order, seen=order)
    run.advance()
    end = run.stored
    assert end.is_settled, "all neighbours answer, and yet the order does not end"
    assert len(run.reasons) <= 1
    if end.state == OrderState.PAID:
        assert world.hold == "SOLD"
        assert world.payment == ("CAPTURED" if order.needs_payment else "")
        assert world.redemption == ("RESERVED" if coupon else "")
    else:
        assert [end.giving_up] == run.reasons
        assert not world.taken
        assert world.payment in (("VOIDED", "DECLINED") if order.needs_payment else ("",))
        assert world.hold == "LAPSED" or (world.hold == "HELD" and world.given_up)
        assert world.redemption != "RESERVED"


@given(payments, coupons)
def test_without_trouble_nothing_is_asked_twice(paid_with: tuple[PaymentMethod, int], coupon: str) -> None:
    order = order_of(method=paid_with[0], total=paid_with[1], coupon=coupon)
    world = World(chance=lambda _: False, calm=True)
    run = Run(world=world, stored=order, seen=order)

    run.advance()

    expected = [Step.LOCK, *([Step.RESERVE] if coupon else [])]
    expected += [Step.AUTHORIZE, Step.CONFIRM, Step.CAPTURE] if order.needs_payment else [Step.CONFIRM]
    assert world.calls == expected
    assert run.stored.state == OrderState.PAID


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (Progress(refused="HOLD_EXPIRED"), "HOLD_EXPIRED"),
        (Progress(locked=True, payment=PaymentState.DECLINED), "PAYMENT_DECLINED"),
        (Progress(locked=True, sold=True, payment=PaymentState.VOIDED), "PAYMENT_DECLINED"),
        (Progress(locked=True, payment=PaymentState.UNKNOWN, waiting=True), "PAYMENT_TIMED_OUT"),
    ],
)
def test_an_order_is_given_up_for_the_reason_that_stopped_it(known: Progress, reason: str) -> None:
    assert saga.next_step(order_of(), known, now_us=PAY_WITHIN_US) is Step.GIVE_UP
    assert saga.reason_to_give_up(order_of(), known) == reason


def test_a_silent_provider_is_waited_for_until_the_last_microsecond() -> None:
    silent = Progress(locked=True, payment=PaymentState.UNKNOWN, waiting=True)

    assert saga.next_step(order_of(), silent, now_us=PAY_WITHIN_US - 1) is Step.WAIT
    assert saga.next_step(order_of(), silent, now_us=PAY_WITHIN_US) is Step.GIVE_UP


def test_once_the_places_are_sold_a_capture_is_waited_for_however_long() -> None:
    sold = Progress(locked=True, payment=PaymentState.AUTHORIZED, sold=True, waiting=True)

    assert saga.next_step(order_of(), sold, now_us=100 * PAY_WITHIN_US) is Step.WAIT


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.FAILED])
def test_a_terminal_order_has_no_next_step(state: OrderState) -> None:
    assert saga.next_step(replace(order_of(), state=state), Progress(), now_us=0) is Step.DONE
