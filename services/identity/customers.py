"""Customers: people at the counter whose contact a clerk typed for one order."""

from eventhub.identity.v1.identity_service_pb2 import KeepCustomerRequest
from services.identity import people, store
from services.identity.door.store import serialize_on
from services.identity.keys import KeyRing
from services.identity.people import Guest
from services.kit.db import Tx


def customer_of(request: KeepCustomerRequest, ring: KeyRing) -> Guest:
    """The customer of a request. The subject is derived from the order and the contact, so a repeat finds it."""
    email = people.address(request.email)
    named = (request.order_id, request.name, email, request.phone, request.locale)
    return Guest(
        ring.customer_of(named),
        content_hash="",
        name=request.name,
        email=email,
        phone=request.phone,
        cpf="",
        locale=request.locale or people.DEFAULT_LOCALE,
        verified=False,
        merged_into="",
        customer=True,
    )


async def keep(tx: Tx, customer: Guest, *, now_us: int) -> str:
    """Stores a customer and answers its subject.

    If another person has proven the e-mail, that person is the buyer and theirs is the answer.
    """
    if customer.email:
        await serialize_on(tx, customer.email, now_us=now_us)  # a concurrent proof of the e-mail finds the customer
        known = await store.lock_guests_of(tx, customer.email)
        if known and known[0].verified:
            return known[0].guest_id
    await store.claim_guest(tx, customer, now_us)
    person = await store.person(tx, customer.guest_id)
    assert person is not None, "the customer was claimed, now or before"
    return person.guest_id


def counted_by(person: Guest) -> list[tuple[str, str]]:
    """The kinds and values that a guest is counted by: a proven e-mail, or the contact that a clerk typed.

    Contact data that a guest only typed may belong to another person, so it does not count.
    """
    if person.verified:
        return [by_mailbox(person.email)]
    contact = [by_mailbox(person.email), ("phone", person.phone)] if person.customer else []
    return [(kind, value) for kind, value in contact if value]


def by_mailbox(email: str) -> tuple[str, str]:
    """The kind and value that an e-mail is counted by.

    All +tags of a mailbox count as one, because a person can make up any number of them and prove each.
    """
    return "email", people.mailbox(email) if email else ""
