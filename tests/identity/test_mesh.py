"""identity's RPCs for the other contexts."""

import pytest

from eventhub import refusals
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_events_pb2 import ContactProven
from tests.facts import settled, told
from tests.identity.world import ANA, BIA, BIA_ID, CPF, World


async def test_a_guest_has_a_contact(world: World) -> None:
    await world.start_guest(1, phone="+5511912345678", locale="en")

    contact = await world.contact(world.guest_ids[1])

    assert (contact.name, contact.email, contact.phone, contact.locale) == ("Ana", ANA, "+5511912345678", "en")


async def test_a_contact_says_whether_it_is_proven(world: World) -> None:
    await world.start_guest(1)
    before = (await world.contact(world.guest_ids[1])).proven
    person = (await world.prove(hub=world.stage.buyer(world.guest_ids[1]))).subject_id

    assert (before, (await world.contact(person)).proven) == (False, True)


@pytest.mark.parametrize("kind", ["guest", "account"])
async def test_a_proof_is_announced_once(world: World, kind: str) -> None:
    await world.start_guest(1)
    await world.register()
    subject, address = (world.guest_ids[1], ANA) if kind == "guest" else (BIA_ID, BIA)
    for _ in range(2):
        await world.prove(address, hub=world.stage.buyer(subject))

    facts = await told(world.context.database)
    proofs = [ContactProven.FromString(fact.payload) for fact in facts if fact.type.endswith(".ContactProven")]
    assert [proof.subject_id for proof in proofs] == [subject]


async def test_addresses_of_one_mailbox_share_a_mailbox_key(world: World) -> None:
    addresses = ("ana+1@example.com", "ANA@example.com", "rui@example.com", "a.na+x@gmail.com", "ana@gmail.com")
    for n, address in enumerate(addresses, 1):
        await world.start_guest(n, address)
    keys = [(await world.contact(world.guest_ids[n])).mailbox_key for n in range(1, 6)]

    assert keys[0] == keys[1] != keys[2] != keys[3] == keys[4]
    assert not any("ana" in key for key in keys)


@pytest.mark.parametrize("kind", ["guest", "account"])
async def test_proven_addresses_of_one_mailbox_share_a_participant_key(world: World, kind: str) -> None:
    people = []
    for n, address in enumerate(("ana@example.com", "ana+1@example.com", "ana+2@example.com", "rui@example.com"), 1):
        if kind == "account":
            await world.register(n, n, email=address)
        people.append((await world.prove(address)).subject_id)
    keys = [await world.participant_keys(person) for person in people]

    assert len(set(people)) == len(people)
    assert len(keys[0]) == 1
    assert keys[0] == keys[1] == keys[2] != keys[3]


async def test_a_merged_session_has_the_contact_of_its_person(world: World) -> None:
    await world.start_guest(1)
    await world.prove(hub=world.stage.buyer(world.guest_ids[1]))
    await world.start_guest(2, name="Ana Maria")

    assert (await world.contact(world.guest_ids[2])).name == "Ana Maria"
    await world.prove()
    assert (await world.contact(world.guest_ids[2])).name == "Ana"


async def test_a_new_guest_has_the_name_and_language_of_the_last_session(world: World) -> None:
    await world.start_guest(1, name="Ana", locale="en")

    person = (await world.prove()).subject_id

    assert (await world.contact(person)).name == "Ana"
    assert (await world.contact(person)).locale == "en"


async def test_a_member_has_a_contact(world: World) -> None:
    await world.register()

    contact = await world.contact(BIA_ID)

    assert (contact.name, contact.email, contact.phone, contact.locale) == ("Bia", BIA, "", "pt-BR")


async def test_an_unknown_subject_has_no_contact_and_no_keys(world: World) -> None:
    with pytest.raises(refusals.SubjectNotFound):
        await world.contact("gst_nobody")
    with pytest.raises(refusals.SubjectNotFound):
        await world.participant_keys("gst_nobody")


async def test_a_guest_that_has_proven_nothing_has_no_keys(world: World) -> None:
    await world.start_guest(1)

    assert await world.participant_keys(world.guest_ids[1]) == []


async def test_a_typed_cpf_gives_no_key(world: World) -> None:
    person = (await world.prove()).subject_id
    await world.start_guest(1, cpf=CPF)
    await world.start_guest(2, "bob@example.com", cpf=CPF)
    assert await world.participant_keys(world.guest_ids[1]) == await world.participant_keys(world.guest_ids[2]) == []

    await world.prove(hub=world.stage.buyer(world.guest_ids[1]))

    assert len(await world.participant_keys(person)) == 1


async def test_a_merged_session_has_the_key_of_its_person(world: World) -> None:
    person = (await world.prove()).subject_id
    await world.start_guest(1, cpf=CPF)
    await world.prove()

    (by_email,) = await world.participant_keys(person)

    assert ANA not in by_email
    assert await world.participant_keys(world.guest_ids[1]) == [by_email]


async def test_a_merged_session_is_its_person(world: World) -> None:
    person = (await world.prove()).subject_id
    await world.start_guest(1)
    assert await world.person(world.guest_ids[1]) == world.guest_ids[1]

    await world.prove()

    assert [await world.person(subject) for subject in (world.guest_ids[1], person)] == [person, person]


async def test_an_account_is_its_own_person_and_an_unknown_subject_has_none(world: World) -> None:
    await world.register()

    assert await world.person(BIA_ID) == BIA_ID
    with pytest.raises(refusals.SubjectNotFound):
        await world.person("gst_nobody")


async def test_an_account_has_a_key_after_its_address_is_proven(world: World) -> None:
    await world.register()
    assert await world.participant_keys(BIA_ID) == []

    await world.prove(BIA)

    assert len(await world.participant_keys(BIA_ID)) == 1


async def test_a_code_to_be_sent_has_an_address_and_a_language(world: World) -> None:
    await world.start_guest(1, locale="en")
    known, strange = await world.send_code(), await world.send_code("nobody@example.com")

    answer = await world.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=known))
    other = await world.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=strange))

    assert (answer.email, answer.locale) == (ANA, "en")
    assert answer.expires_at.seconds == world.stage.clock.now_us() // 1_000_000 + 600
    assert (other.email, other.locale) == ("nobody@example.com", "pt-BR")


async def test_a_member_is_sent_a_code_in_the_accounts_language(world: World) -> None:
    await world.start_guest(1, BIA, locale="en")
    await world.register()

    answer = await world.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=await world.send_code(BIA)))

    assert answer.locale == "pt-BR"


async def test_a_used_expired_or_unknown_code_is_not_given_out(world: World) -> None:
    code_id, late = await world.send_code(), await world.send_code("bob@example.com")
    await world.redeem(await world.digits(code_id))
    world.stage.clock.advance(600)

    for unusable in (code_id, late, "cod_unknown"):
        with pytest.raises(refusals.CodeExpired):
            await world.digits(unusable)


async def test_the_mesh_serves_only_the_callers_in_the_contract(world: World) -> None:
    await world.start_guest(1)

    with pytest.raises(refusals.AccessDenied):
        await world.mesh("pricing").GetContact(pb.GetContactRequest(subject_id=world.guest_ids[1]))
    with pytest.raises(refusals.AccessDenied):
        await world.mesh("notifications").GetParticipant(pb.GetParticipantRequest(subject_id=world.guest_ids[1]))


async def test_the_feed_gives_facts_in_order_and_continues_from_a_revision(world: World) -> None:
    await world.start_guest(1)
    code_id = await world.send_code()
    person = (await world.redeem(await world.digits(code_id))).subject_id

    await settled(world.context.database)
    stream = world.mesh("orders").Feed(pb.FeedRequest(consumer="orders"))
    batch = (await anext(aiter(stream))).batch
    kinds = [fact.type.rpartition(".")[2] for fact in batch.facts]
    after = Revision(epoch=batch.epoch, position=batch.facts[0].position)
    rest = (await anext(aiter(world.mesh("orders").Feed(pb.FeedRequest(consumer="orders", after=after))))).batch

    assert kinds == ["AccessCodeIssued", "GuestMerged"]
    assert [fact.aggregate_id for fact in rest.facts] == [world.guest_ids[1]]
    assert person.encode() in rest.facts[0].payload


async def test_a_reader_of_another_history_is_refused(world: World) -> None:
    request = pb.FeedRequest(consumer="orders", after=Revision(epoch="epo_else", position=1))

    with pytest.raises(refusals.RevisionUnknown):
        await anext(aiter(world.mesh("orders").Feed(request)))
