"""Messages to people on waiting lists."""

import pytest

from eventhub.catalog.v1.catalog_pb2 import TicketType
from eventhub.inventory.v1.inventory_events_pb2 import StockChanged, WaitingOffered, WaitingOfferLapsed
from eventhub.notifications.v1 import notifications_pb2 as nouns
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US
from tests.notifications.world import ANA, RUI, SHOW, World, part

HALF_HOUR_US = 1_800_000_000


def offer(reader: str, quantity: int = 2) -> WaitingOffered:
    return WaitingOffered(
        entry_id="wai_1",
        event_id=SHOW,
        ticket_type_id="tkt_stalls",
        buyer_id=reader,
        hold_id="hld_1",
        quantity=quantity,
        expires_at=to_timestamp(START_US + HALF_HOUR_US),
    )


def lapse(reader: str, quantity: int = 2) -> WaitingOfferLapsed:
    return WaitingOfferLapsed(
        entry_id="wai_1",
        event_id=SHOW,
        ticket_type_id="tkt_stalls",
        buyer_id=reader,
        hold_id="hld_1",
        quantity=quantity,
    )


@pytest.mark.parametrize(
    ("reader", "quantity", "subject", "said"),
    [
        (ANA, 2, "Há lugar para você: Noite & Dia", ("2 ingressos (Plateia)", "09:30", "24 de novembro")),
        (RUI, 1, "Places are free for you: Noite & Dia", ("1 ticket (Plateia)", "09:30", "November 24")),
    ],
)
async def test_an_offer_says_how_many_places_are_kept_and_until_when(
    world: World, reader: str, quantity: int, subject: str, said: tuple[str, ...]
) -> None:
    world.catalog.events[SHOW].ticket_types.append(TicketType(ticket_type_id="tkt_stalls", name="Plateia"))
    world.inventory.tell(StockChanged(event_id=SHOW), offer(reader, quantity))
    await world.idle()

    (mail,) = world.mails()
    assert mail["Subject"] == subject
    for text in (part(mail, "plain"), part(mail, "html")):
        assert all(words in text for words in said)
    (seen,) = await world.listed(reader)
    assert (seen.kind, seen.subject, seen.event_id) == (nouns.NOTIFICATION_KIND_WAITING_OFFERED, subject, SHOW)


@pytest.mark.parametrize(
    ("reader", "subject"),
    [(ANA, "O prazo da sua oferta terminou: Noite & Dia"), (RUI, "Your offer has run out: Noite & Dia")],
)
async def test_a_person_is_told_that_the_offer_is_over(world: World, reader: str, subject: str) -> None:
    world.inventory.tell(offer(reader), lapse(reader))
    await world.idle()

    assert [mail["Subject"] for mail in world.mails()].count(subject) == 1
    kinds = {nouns.NOTIFICATION_KIND_WAITING_OFFERED, nouns.NOTIFICATION_KIND_WAITING_OFFER_LAPSED}
    assert {seen.kind for seen in await world.listed(reader)} == kinds


async def test_a_repeated_offer_is_told_once(world: World) -> None:
    world.inventory.tell(offer(ANA), offer(ANA))
    await world.idle()

    assert len(world.mails()) == 1
