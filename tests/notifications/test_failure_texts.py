"""The text about a failed order has the contract's sentence for its reason, and says once that nothing was charged."""

import html

import pytest

from eventhub import refusals
from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.orders.v1.orders_pb2 import PAYMENT_METHOD_BOX_OFFICE, PAYMENT_METHOD_CARD, PaymentMethod
from eventhub.refusal import PLACEHOLDER, Refusal
from services.kit.language.languages import ENGLISH, PORTUGUESE
from services.notifications import phrases
from services.notifications.convert import order_payload
from services.notifications.notices import NoticeKind, new_notice
from services.notifications.texts import Private, private_html, private_text
from tests.notifications.world import ANA, order

EVENT = {"title": "Noite", "place": "", "starts_local": "2035-05-04T19:00", "time_zone": "America/Sao_Paulo"}
NO_CHARGE = {PORTUGUESE: "Nada foi cobrado", ENGLISH: "Nothing was charged"}
# The reasons for which orders fail: refusals of neighbours, outcomes of payments, and a buyer who cancels.
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
    refusals.TillNotOpen,
)


def texts(failure: str, language: str, method: PaymentMethod.ValueType = PAYMENT_METHOD_CARD) -> tuple[str, str]:
    """The plain text and the HTML about an order that failed."""
    failed = order(failure=ErrorReason.Value(f"ERROR_REASON_{failure}"), method=method)
    notice = new_notice(
        NoticeKind.ORDER_FAILED, dedup_key="ord_1", buyer_id=ANA, payload=order_payload(failed), at_us=0
    )
    private = Private(name="Ana")
    text = private_text(notice, EVENT, private, language)
    return text.body, private_html(notice, EVENT, private, language, subject=text.subject, cid=str)


@pytest.mark.parametrize("language", [PORTUGUESE, ENGLISH])
@pytest.mark.parametrize("failure", Refusal.by_reason)
def test_every_reason_is_one_sentence_and_no_charge_is_mentioned_once(failure: str, language: str) -> None:
    plain, marked_up = texts(failure, language)

    said = Refusal.by_reason[failure].texts[language]
    if PLACEHOLDER.search(said):
        said = phrases.WITHOUT_FACTS[language].get(failure) or phrases.WITHOUT_FACTS[language][""]
    for text in (plain, html.unescape(marked_up)):
        assert said in text
        assert text.count(NO_CHARGE[language]) == 1


@pytest.mark.parametrize("language", [PORTUGUESE, ENGLISH])
def test_a_failed_sale_at_the_counter_says_nothing_about_the_customers_money(language: str) -> None:
    plain, marked_up = texts("TILL_NOT_OPEN", language, PAYMENT_METHOD_BOX_OFFICE)

    for text in (plain, html.unescape(marked_up)):
        assert Refusal.by_reason["TILL_NOT_OPEN"].texts[language] in text
        assert NO_CHARGE[language] not in text


@pytest.mark.parametrize("language", [PORTUGUESE, ENGLISH])
@pytest.mark.parametrize("failure", FAILURES)
def test_each_reason_for_a_failed_order_has_its_own_sentence(failure: type[Refusal], language: str) -> None:
    assert phrases.reason(failure.reason, language) != phrases.WITHOUT_FACTS[language][""]


def test_no_sentence_replaces_one_of_the_contract_without_need() -> None:
    for language, instead in phrases.WITHOUT_FACTS.items():
        doubled = [name for name in instead if name and not PLACEHOLDER.search(Refusal.by_reason[name].texts[language])]
        assert doubled == []
