"""The language of mail to addresses that identity knows little about."""

import pytest

from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_ORGANIZER, ROLE_OWNER, ROLE_VIEWER
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import Tokens
from services.kit.rpc.call import Caller
from tests.identity.world import ANA, BIA, BIA_ID, CASA, World, numbered

NEW = "new@example.com"


def client_in(world: World, language: str, caller: Caller | None = None) -> EventHub:
    """A client whose calls ask for a language. caller: None for a call without a token."""
    client = world.stage.anyone(language)
    if caller is not None:
        client.tokens = Tokens(access_token=world.stage.token(caller), subject_id=caller.subject_id)
    return client


async def mail_language(world: World, hub: EventHub, email: str) -> str:
    """The language of the mail that brings a code."""
    code_id = await world.send_code(email, hub=hub)
    return (await world.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=code_id))).locale


@pytest.mark.parametrize(("asked_in", "mailed_in"), [("en", "en"), ("pt-BR", "pt-BR"), ("fr", "pt-BR"), ("", "pt-BR")])
async def test_a_code_for_an_unknown_address_is_in_the_language_of_the_call(
    world: World, asked_in: str, mailed_in: str
) -> None:
    assert await mail_language(world, client_in(world, asked_in), NEW) == mailed_in


@pytest.mark.parametrize("language", ["", "fr"])
async def test_a_code_is_in_the_language_of_the_calling_session(world: World, language: str) -> None:
    await world.invite(2, ANA)
    await world.start_guest(1, ANA, locale="en")
    guest = Caller(kind=ACCESS_BUYER, subject_id=world.guest_ids[1], locale="en")

    assert await mail_language(world, client_in(world, language, guest), ANA) == "en"


async def test_the_language_of_the_call_comes_before_that_of_the_address(world: World) -> None:
    await world.register()

    assert await mail_language(world, client_in(world, "en"), BIA) == "en"
    assert await mail_language(world, client_in(world, ""), BIA) == "pt-BR"


async def test_a_new_guest_has_the_language_of_the_proof(world: World) -> None:
    person = (await world.prove(NEW, hub=client_in(world, "en"))).subject_id

    assert (await world.contact(person)).locale == "en"


@pytest.mark.parametrize(("known_in", "invited_in"), [("", "en"), ("pt-BR", "pt-BR")])
async def test_an_invitation_is_in_the_owners_language_unless_the_address_has_one(
    world: World, known_in: str, invited_in: str
) -> None:
    if known_in:
        await world.start_guest(1, NEW, locale=known_in)
    owner = Caller(kind=ACCESS_ORGANIZER, subject_id=BIA_ID, organizer_id=CASA, role=ROLE_OWNER)

    invitation = pb.AddMemberRequest(account_id=numbered("acc", 2), name="Rui", email=NEW, role=ROLE_VIEWER)
    await client_in(world, "en", owner).identity.AddMember(invitation)

    assert (await world.contact(numbered("acc", 2))).locale == invited_in
