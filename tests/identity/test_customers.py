"""Customers at the counter: who they are, how they are reached and counted, and what a proof of their e-mail does."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from tests.identity.lobby import ANA, Lobby

PHONE = "+5511912345678"


async def keep(lobby: Lobby, order: int = 1, **contact: str) -> str:
    """A clerk takes down a contact; the customer's subject."""
    request = pb.KeepCustomerRequest(order_id=f"ord_{order}", **{"name": "Rita", **contact})
    return (await lobby.mesh("orders").KeepCustomer(request)).subject_id


async def test_a_customer_can_be_reached_as_the_clerk_took_it_down(lobby: Lobby) -> None:
    subject = await keep(lobby, email="Rita@Example.com", phone=PHONE, locale="en")

    contact = await lobby.contact(subject)

    assert (contact.name, contact.email, contact.phone, contact.locale) == ("Rita", "rita@example.com", PHONE, "en")
    assert not contact.proven
    assert await lobby.person(subject) == subject


async def test_a_repeat_finds_the_customer_and_another_contact_is_another(lobby: Lobby) -> None:
    first = await keep(lobby, email=ANA)

    assert await keep(lobby, email=ANA) == first
    assert len({first, await keep(lobby, email="leo@example.com"), await keep(lobby, 2, email=ANA)}) == 3
    assert len(await lobby.rows("SELECT 1 FROM guest")) == 3


async def test_a_customer_counts_by_the_contact(lobby: Lobby) -> None:
    by_mail, by_phone = await keep(lobby, 1, email=ANA), await keep(lobby, 2, phone=PHONE)
    both, nothing = await keep(lobby, 3, email=ANA, phone=PHONE), await keep(lobby, 4)

    (mail,), (phone,) = await lobby.keys(by_mail), await lobby.keys(by_phone)
    assert await lobby.keys(both) == [mail, phone]
    assert await lobby.keys(nothing) == []
    assert ANA not in mail
    assert await lobby.keys((await lobby.prove()).subject_id) == [mail]


async def test_a_tag_makes_no_other_customer_to_count(lobby: Lobby) -> None:
    plain, tagged = await keep(lobby, 1, email="rita@example.com"), await keep(lobby, 2, email="rita+2@example.com")

    assert await lobby.keys(plain) == await lobby.keys(tagged)


async def test_who_proves_the_e_mail_is_the_customer(lobby: Lobby) -> None:
    first, second = await keep(lobby, 1, email=ANA, phone=PHONE), await keep(lobby, 2, email=ANA)

    person = (await lobby.prove()).subject_id

    assert sorted(await lobby.merges()) == sorted([(first, person), (second, person)])
    assert [await lobby.person(subject) for subject in (first, second)] == [person, person]
    assert len(await lobby.keys(first)) == 1


async def test_who_has_proven_the_e_mail_before_buys_at_once(lobby: Lobby) -> None:
    person = (await lobby.prove()).subject_id

    assert await keep(lobby, email=ANA) == person
    assert await lobby.merges() == []


async def test_a_session_with_the_e_mail_is_not_the_customer(lobby: Lobby) -> None:
    session = (await lobby.start(1)).subject_id

    assert await keep(lobby, email=ANA) != session


async def test_a_proof_misses_no_customer_that_is_being_kept(lobby: Lobby) -> None:
    digits = await lobby.digits(await lobby.send())
    keeping = [keep(lobby, n, email=ANA) for n in range(16)]

    tokens, customers = await asyncio.gather(lobby.redeem(digits), asyncio.gather(*keeping))

    assert {await lobby.person(customer) for customer in customers} == {tokens.subject_id}


async def test_only_orders_keeps_customers(lobby: Lobby) -> None:
    with pytest.raises(refusals.AccessDenied):
        await lobby.mesh("pricing").KeepCustomer(pb.KeepCustomerRequest(order_id="ord_1", name="Rita"))
