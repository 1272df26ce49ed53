"""Mail about paid orders to an unproven address: no organizer uses up the limit of another."""

import pytest
from google.protobuf.message import Message

from eventhub.catalog.v1.catalog_pb2 import Event
from eventhub.identity.v1.identity_events_pb2 import ContactProven
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from services.notifications import unproven
from services.notifications.unproven import PAID, UNPAID, is_worth
from tests.notifications.world import ANA, ROUND_S, SHOW, World, issued, order, person

RECEIPT, TICKETS = "Pagamento confirmado", "Seus ingressos"


@pytest.fixture
def stranger(world: World) -> World:
    """notifications while Ana's address is not proven."""
    world.identity.people[ANA] = person("Ana", "ana@example.com", proven=False)
    return world


def events_of(world: World, *organizers: str) -> None:
    """Makes an event for each organizer, with the organizer's name as its title."""
    for organizer in organizers:
        event = Event()
        event.CopyFrom(world.catalog.events[SHOW])
        event.event_id, event.organizer_id, event.title = f"evt_{organizer}", f"org_{organizer}", organizer
        world.catalog.events[event.event_id] = event


def sale(n: int, organizer: str, *, minor: int = 10_000) -> list[Message]:
    """The facts about Ana's n-th order, for one organizer's event. minor: the price in centavos."""
    order_id, event_id = f"ord_{organizer}_{n}", f"evt_{organizer}"
    paid = order(order_id, face=minor)
    paid.event_id, paid.organizer_id = event_id, f"org_{organizer}"
    return [OrderPaid(order=paid), issued(order_id, event_id=event_id, bought=paid)]


def subjects(world: World, organizer: str) -> list[str]:
    """The kinds of the mails about an organizer's event, sorted."""
    found = (str(mail["Subject"]).partition(": ") for mail in world.mails())
    return sorted(kind for kind, _, title in found if title == organizer)


async def prove(world: World) -> None:
    """Ana proves her address."""
    world.identity.people[ANA].proven = True
    world.identity.tell(ContactProven(subject_id=ANA))
    await world.rested()


async def test_the_limits_for_paid_orders_are_wider(stranger: World) -> None:
    events_of(stranger, "casa")
    await stranger.mails_after(*(fact for n in range(2 * UNPAID.mailbox) for fact in sale(n, "casa")))

    assert len(subjects(stranger, "casa")) == 2 * UNPAID.mailbox


async def test_an_organizer_that_buys_from_itself_uses_up_only_its_own_limit(stranger: World) -> None:
    events_of(stranger, "evil", "casa")
    await stranger.mails_after(*(fact for n in range(PAID.pair + 5) for fact in sale(n, "evil")))
    assert len(subjects(stranger, "evil")) == PAID.pair

    await stranger.mails_after(*sale(1, "casa"))

    assert subjects(stranger, "casa") == [TICKETS]


async def test_an_order_for_a_trifle_counts_as_unpaid(stranger: World) -> None:
    events_of(stranger, "evil")
    trifles = [fact for n in range(UNPAID.pair + 5) for fact in sale(n, "evil", minor=98)]
    await stranger.mails_after(*trifles)
    assert subjects(stranger, "evil") == [RECEIPT] * UNPAID.pair

    stranger.catalog.tell(stranger.catalog.reschedule("evt_evil", "2026-12-01T21:00", version=2))
    stranger.advance(ROUND_S)
    await stranger.idle()
    assert subjects(stranger, "evil") == [RECEIPT] * UNPAID.pair, "mail about its new time counts as unpaid, too"


async def test_mail_about_unpaid_orders_uses_up_no_limit_of_paid_ones(
    stranger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unproven, "PAID", unproven.Paid(pair=2, organizers=1))
    events_of(stranger, "evil", "casa")
    await stranger.mails_after(*(fact for n in range(UNPAID.pair) for fact in sale(n, "evil", minor=98)))

    await stranger.mails_after(*sale(1, "casa"))

    assert subjects(stranger, "casa") == [TICKETS]


async def test_mail_about_more_organizers_than_the_limit_waits_for_the_proof(
    stranger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unproven, "PAID", unproven.Paid(pair=2, organizers=2))
    events_of(stranger, "first", "second", "third")
    for organizer in ("first", "second", "third", "first", "third"):
        await stranger.mails_after(*sale(len(stranger.orders.facts), organizer))
    assert [len(subjects(stranger, organizer)) for organizer in ("first", "second", "third")] == [2, 1, 0]

    await prove(stranger)

    assert subjects(stranger, "third") == [TICKETS, TICKETS]


async def test_receipts_and_tickets_over_the_limit_of_an_organizer_wait_for_the_proof(
    stranger: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unproven, "PAID", unproven.Paid(pair=1, organizers=1))
    events_of(stranger, "casa")
    await stranger.mails_after(*sale(1, "casa"), *sale(2, "casa"))
    assert len(stranger.mails()) == 1

    await prove(stranger)

    assert subjects(stranger, "casa") == [TICKETS, TICKETS]


@pytest.mark.parametrize(
    ("least", "currency"),
    [
        (100, "BRL"),
        (100, "EUR"),
        (100, "USD"),
        (100, "JPY"),
        (1_000, "INR"),
        (1_000, "KWD"),
        (1_000, "KRW"),
        (100_000, "IRR"),
    ],
)
def test_the_limit_for_a_trifle_is_some_cents_of_a_dollar_in_any_currency(least: int, currency: str) -> None:
    assert is_worth(least, currency)
    assert not is_worth(least - 1, currency)
