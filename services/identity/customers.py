"""Customers: people at the counter, whose contact a clerk took down for one order."""

from eventhub.identity.v1.identity_service_pb2 import KeepCustomerRequest
from services.identity import people, store
from services.identity.door.store import serialize_on
from services.identity.keys import KeyRing
from services.identity.people import Guest
from services.kit.db import Tx


def customer_of(request: KeepCustomerRequest, ring: KeyRing) -> Guest:
    """The customer that a clerk named. The subject follows from the order and the contact: a repeat finds it."""
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
    """Keeps a customer, unless the e-mail is proven to be somebody's: then it is that person who buys. The subject."""
    if customer.email:
        await serialize_on(
            tx, customer.email, now_us=now_us
        )  # a proof of the e-mail that is under way finds the customer
        known = await store.lock_guests_of(tx, customer.email)
        if known and known[0].verified:
            return known[0].guest_id
    await store.claim_guest(tx, customer, now_us)
    person = await store.person(tx, customer.guest_id)
    assert person is not None, "the customer was claimed, now or before"
    return person.guest_id


def counted_by(person: Guest) -> list[tuple[str, str]]:
    """What somebody is counted by: a proven e-mail, or the contact that a clerk took down. What a guest only typed
    could be anybody's."""
    if person.verified:
        return [by_mailbox(person.email)]
    contact = [by_mailbox(person.email), ("phone", person.phone)] if person.customer else []
    return [(kind, value) for kind, value in contact if value]


def by_mailbox(email: str) -> tuple[str, str]:
    """How an e-mail is counted: a person makes up as many +tags of one mailbox as they like, and proves each."""
    return "email", people.mailbox(email) if email else ""
