"""A model of an order's neighbours, as their contracts describe them, and of a saga among them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from services.orders import orders, saga
from services.orders.orders import PAY_WITHIN_US, HeldPlace, MovedPlaces, Order, OrderLine, OrderState, PaymentMethod
from services.orders.saga import Progress, Step

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
    even if payments does not know it. moves: how often the hold's seats have moved."""

    chance: Chance
    calm: bool = False
    hold: str = "HELD"
    given_up: bool = False
    redemption: str = ""
    payment: str = ""
    taken: bool = False
    moves: int = 0
    calls: list[Step] = field(default_factory=list)

    def may(self, what: str) -> bool:
        return not self.calm and self.chance(what)

    def do(self, step: Step, known: Progress) -> Progress:
        """Takes a step and returns the progress after it."""
        assert step in BACK or not BACK.intersection(self.calls), "turned back and forward again"
        self.calls.append(step)
        self.moves += self.hold != "LAPSED" and self.may("move")
        if self.may("away before"):
            raise Away
        after = getattr(self, f"_{step.name.lower()}")(known)
        if self.may("away after"):
            raise Away
        return replace(known, **after)

    def places(self) -> MovedPlaces:
        """The seats of the hold by now."""
        return MovedPlaces(self.moves, (HeldPlace("tkt_stalls", f"B-{self.moves}", f"Hall {self.moves}"),))

    def settle(self) -> None:
        """Time passes, and the provider answers late."""
        if self.payment == "UNKNOWN" and not self.may("still silent"):
            self.payment = "DECLINED" if self.chance("late decline") else "AUTHORIZED"

    def _lock(self, known: Progress) -> dict[str, object]:
        if self.hold == "HELD" and not self.given_up:
            self.hold = "LAPSED" if self.may("lapse") else "LOCKED"
        if self.hold not in ("LOCKED", "SOLD"):
            return {"refused": "HOLD_EXPIRED"}
        return {"locked": True, "moved": self.places() if self.moves else None}

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
    """A saga from start to end. stored: the order in the database. seen: the order as the cashier read it last. told:
    the moves of the hold that inventory's feed has told, the first of them before the order was made."""

    world: World
    stored: Order
    seen: Order
    known: Progress = field(default_factory=Progress)
    now_us: int = 0
    told: int = 0
    reasons: list[str] = field(default_factory=list)

    def begin_again(self) -> None:
        """Starts the saga over, after a crash or a wait."""
        self.seen, self.known = self.stored, Progress()

    def decide(self, reason: str) -> None:
        """As store.decide_to_give_up: an earlier reason stays."""
        if not self.stored.giving_up and self.stored.awaits_provider:
            self.stored = replace(self.stored, giving_up=reason)
            self.reasons.append(reason)

    def take(self, moved: MovedPlaces) -> None:
        """As transactions.reseat: the order takes the seats of its hold."""
        self.stored = orders.reseated(self.stored, moved) or self.stored

    def hear(self) -> None:
        """The feed tells where the hold's seats are."""
        if self.told < self.world.moves:
            self.told = self.world.moves
            self.take(self.world.places())

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
        elif step is Step.RESEAT:
            assert self.known.moved is not None
            self.take(self.known.moved)
            self.seen = self.stored
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
            if self.world.may("fact"):
                self.hear()
        self.world.calm = True
        self.begin_again()
        for _ in range(CALM_STEPS):
            self.step()
