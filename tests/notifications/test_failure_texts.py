"""A failed order says why in the contract's words, and once that nothing was charged."""

import html

import pytest

from eventhub import refusals
from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.refusal import PLACEHOLDER, Refusal
from services.kit.language.languages import ENGLISH, PORTUGUESE
from services.notifications import phrases
from services.notifications.convert import order_payload
from services.notifications.notices import NoticeKind, new_notice
from services.notifications.texts import Private, private_html, private_text
from tests.notifications.neighbours import ANA
from tests.notifications.world import order

EVENT = {"title": "Noite", "place": "", "starts_local": "2035-05-04T19:00", "time_zone": "America/Sao_Paulo"}
NO_CHARGE = {PORTUGUESE: "Nada foi cobrado", ENGLISH: "Nothing was charged"}
# What a neighbour refuses an order for, what becomes of its payment, and a buyer who gives it up.
FAILURES: tuple[type[Refusal], ...] = (
    refusals.ContactUnverified,
    refusals.CouponExhausted,
    refusals.CouponExpired,
    refusals.CouponLimitReached,
    refusals.CouponUnknown,
    refusals.HoldExpired,
    refusals.HoldInUse,
    refusals.HoldNotFound,
    refusals.OrderCancelled,
    refusals.PaymentDeclined,
    refusals.PaymentTimedOut,
)


def texts(failure: str, language: str) -> tuple[str, str]:
    """The plain text and the HTML about an order that failed."""
    failed = order(failure=ErrorReason.Value(f"ERROR_REASON_{failure}"))
    notice = new_notice(
        NoticeKind.ORDER_FAILED, dedup_key="ord_1", buyer_id=ANA, payload=order_payload(failed), at_us=0
    )
    private = Private(name="Ana")
    text = private_text(notice, EVENT, private, language)
    return text.body, private_html(notice, EVENT, private, language, subject=text.subject, cid=str)


@pytest.mark.parametrize("language", [PORTUGUESE, ENGLISH])
@pytest.mark.parametrize("failure", Refusal.by_reason)
def test_whatever_an_order_failed_for_is_one_sentence_and_nothing_was_charged(failure: str, language: str) -> None:
    plain, marked_up = texts(failure, language)

    said = Refusal.by_reason[failure].texts[language]
    if PLACEHOLDER.search(said):
        said = phrases.WITHOUT_FACTS[language].get(failure) or phrases.WITHOUT_FACTS[language][""]
    for text in (plain, html.unescape(marked_up)):
        assert said in text
        assert text.count(NO_CHARGE[language]) == 1


@pytest.mark.parametrize("language", [PORTUGUESE, ENGLISH])
@pytest.mark.parametrize("failure", FAILURES)
def test_what_orders_fail_for_has_words_of_its_own(failure: type[Refusal], language: str) -> None:
    assert phrases.reason(failure.reason, language) != phrases.WITHOUT_FACTS[language][""]


def test_no_words_are_said_beside_those_of_the_contract() -> None:
    for language, instead in phrases.WITHOUT_FACTS.items():
        doubled = [name for name in instead if name and not PLACEHOLDER.search(Refusal.by_reason[name].texts[language])]
        assert doubled == []
