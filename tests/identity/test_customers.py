"""Customers at the counter: their subject, their contact, how they are counted, and a proof of their e-mail."""

import asyncio

import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from tests.identity.world import ANA, World

PHONE = "+5511912345678"


async def keep(world: World, order: int = 1, **contact: str) -> str:
    """Stores the contact that a clerk typed for the n-th order. Returns the customer's subject."""
    request = pb.KeepCustomerRequest(order_id=f"ord_{order}", **{"name": "Rita", **contact})
    return (await world.mesh("orders").KeepCustomer(request)).subject_id


async def test_a_customers_contact_is_stored_as_the_clerk_typed_it(world: World) -> None:
    subject = await keep(world, email="Rita@Example.com", phone=PHONE, locale="en")

    contact = await world.contact(subject)

    assert (contact.name, contact.email, contact.phone, contact.locale) == ("Rita", "rita@example.com", PHONE, "en")
    assert not contact.proven
    assert await world.person(subject) == subject


async def test_a_repeat_finds_the_customer_and_another_contact_makes_another(world: World) -> None:
    first = await keep(world, email=ANA)

    assert await keep(world, email=ANA) == first
    assert len({first, await keep(world, email="leo@example.com"), await keep(world, 2, email=ANA)}) == 3
    assert len(await world.rows("SELECT 1 FROM guest")) == 3


async def test_a_customer_is_counted_by_the_contact(world: World) -> None:
    by_mail, by_phone = await keep(world, 1, email=ANA), await keep(world, 2, phone=PHONE)
    both, nothing = await keep(world, 3, email=ANA, phone=PHONE), await keep(world, 4)

    (mail,), (phone,) = await world.participant_keys(by_mail), await world.participant_keys(by_phone)
    assert await world.participant_keys(both) == [mail, phone]
    assert await world.participant_keys(nothing) == []
    assert ANA not in mail
    assert await world.participant_keys((await world.prove()).subject_id) == [mail]


async def test_a_tagged_address_counts_as_the_plain_one(world: World) -> None:
    plain, tagged = await keep(world, 1, email="rita@example.com"), await keep(world, 2, email="rita+2@example.com")

    assert await world.participant_keys(plain) == await world.participant_keys(tagged)


async def test_a_proof_of_the_e_mail_merges_the_customers(world: World) -> None:
    first, second = await keep(world, 1, email=ANA, phone=PHONE), await keep(world, 2, email=ANA)

    person = (await world.prove()).subject_id

    assert sorted(await world.merges()) == sorted([(first, person), (second, person)])
    assert [await world.person(subject) for subject in (first, second)] == [person, person]
    assert len(await world.participant_keys(first)) == 1


async def test_a_customer_with_a_proven_e_mail_is_its_person(world: World) -> None:
    person = (await world.prove()).subject_id

    assert await keep(world, email=ANA) == person
    assert await world.merges() == []


async def test_a_session_with_the_e_mail_is_not_the_customer(world: World) -> None:
    session = (await world.start_guest(1)).subject_id

    assert await keep(world, email=ANA) != session


async def test_a_proof_misses_no_customer_that_is_stored_at_the_same_time(world: World) -> None:
    digits = await world.digits(await world.send_code())
    keeping = [keep(world, n, email=ANA) for n in range(16)]

    tokens, customers = await asyncio.gather(world.redeem(digits), asyncio.gather(*keeping))

    assert {await world.person(customer) for customer in customers} == {tokens.subject_id}


async def test_only_orders_may_store_customers(world: World) -> None:
    with pytest.raises(refusals.AccessDenied):
        await world.mesh("pricing").KeepCustomer(pb.KeepCustomerRequest(order_id="ord_1", name="Rita"))
