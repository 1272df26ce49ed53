"""What identity tells the other contexts."""

import pytest

from eventhub import refusals
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_events_pb2 import ContactProven
from tests.facts import settled, told
from tests.identity.lobby import ANA, BIA, BIA_ID, CPF, Lobby


async def test_a_guest_can_be_reached(lobby: Lobby) -> None:
    await lobby.start(1, phone="+5511912345678", locale="en")

    contact = await lobby.contact(lobby.guest(1))

    assert (contact.name, contact.email, contact.phone, contact.locale) == ("Ana", ANA, "+5511912345678", "en")


async def test_a_contact_says_whether_it_is_proven(lobby: Lobby) -> None:
    await lobby.start(1)
    before = (await lobby.contact(lobby.guest(1))).proven
    person = (await lobby.prove(hub=lobby.stage.buyer(lobby.guest(1)))).subject_id

    assert (before, (await lobby.contact(person)).proven) == (False, True)


@pytest.mark.parametrize("who", ["guest", "account"])
async def test_a_proof_is_told_once(lobby: Lobby, who: str) -> None:
    await lobby.start(1)
    await lobby.register()
    subject, address = (lobby.guest(1), ANA) if who == "guest" else (BIA_ID, BIA)
    for _ in range(2):
        await lobby.prove(address, hub=lobby.stage.buyer(subject))

    facts = await told(lobby.context.database)
    proofs = [ContactProven.FromString(fact.payload) for fact in facts if fact.type.endswith(".ContactProven")]
    assert [proof.subject_id for proof in proofs] == [subject]


async def test_mail_is_counted_by_the_mailbox_whatever_its_tag(lobby: Lobby) -> None:
    addresses = ("ana+1@example.com", "ANA@example.com", "rui@example.com", "a.na+x@gmail.com", "ana@gmail.com")
    for n, address in enumerate(addresses, 1):
        await lobby.start(n, address)
    keys = [(await lobby.contact(lobby.guest(n))).mailbox_key for n in range(1, 6)]

    assert keys[0] == keys[1] != keys[2] != keys[3] == keys[4]
    assert not any("ana" in key for key in keys)


@pytest.mark.parametrize("who", ["guest", "account"])
async def test_a_proven_person_is_counted_by_the_mailbox_whatever_its_tag(lobby: Lobby, who: str) -> None:
    people = []
    for n, address in enumerate(("ana@example.com", "ana+1@example.com", "ana+2@example.com", "rui@example.com"), 1):
        if who == "account":
            await lobby.register(n, n, email=address)
        people.append((await lobby.prove(address)).subject_id)
    keys = [await lobby.keys(person) for person in people]

    assert len(set(people)) == len(people)
    assert len(keys[0]) == 1
    assert keys[0] == keys[1] == keys[2] != keys[3]


async def test_a_merged_session_is_reached_as_its_person(lobby: Lobby) -> None:
    await lobby.start(1)
    await lobby.prove(hub=lobby.stage.buyer(lobby.guest(1)))
    await lobby.start(2, name="Ana Maria")

    assert (await lobby.contact(lobby.guest(2))).name == "Ana Maria"
    await lobby.prove()
    assert (await lobby.contact(lobby.guest(2))).name == "Ana"


async def test_somebody_new_is_called_as_their_last_session(lobby: Lobby) -> None:
    await lobby.start(1, name="Ana", locale="en")

    person = (await lobby.prove()).subject_id

    assert (await lobby.contact(person)).name == "Ana"
    assert (await lobby.contact(person)).locale == "en"


async def test_a_member_can_be_reached(lobby: Lobby) -> None:
    await lobby.register()

    contact = await lobby.contact(BIA_ID)

    assert (contact.name, contact.email, contact.phone, contact.locale) == ("Bia", BIA, "", "pt-BR")


async def test_nobody_cannot_be_reached_or_counted(lobby: Lobby) -> None:
    with pytest.raises(refusals.SubjectNotFound):
        await lobby.contact("gst_nobody")
    with pytest.raises(refusals.SubjectNotFound):
        await lobby.keys("gst_nobody")


async def test_nothing_proven_is_nothing_to_count_by(lobby: Lobby) -> None:
    await lobby.start(1)

    assert await lobby.keys(lobby.guest(1)) == []


async def test_a_cpf_that_somebody_typed_counts_for_nothing(lobby: Lobby) -> None:
    person = (await lobby.prove()).subject_id
    await lobby.start(1, cpf=CPF)
    await lobby.start(2, "bob@example.com", cpf=CPF)
    assert await lobby.keys(lobby.guest(1)) == await lobby.keys(lobby.guest(2)) == []

    await lobby.prove(hub=lobby.stage.buyer(lobby.guest(1)))

    assert len(await lobby.keys(person)) == 1


async def test_a_proven_address_counts_and_its_sessions_count_as_its_person(lobby: Lobby) -> None:
    person = (await lobby.prove()).subject_id
    await lobby.start(1, cpf=CPF)
    await lobby.prove()

    (by_email,) = await lobby.keys(person)

    assert ANA not in by_email
    assert await lobby.keys(lobby.guest(1)) == [by_email]


async def test_a_session_is_the_person_it_turned_out_to_be(lobby: Lobby) -> None:
    person = (await lobby.prove()).subject_id
    await lobby.start(1)
    assert await lobby.person(lobby.guest(1)) == lobby.guest(1)

    await lobby.prove()

    assert [await lobby.person(subject) for subject in (lobby.guest(1), person)] == [person, person]


async def test_a_member_is_who_they_are_and_nobody_is_nobody(lobby: Lobby) -> None:
    await lobby.register()

    assert await lobby.person(BIA_ID) == BIA_ID
    with pytest.raises(refusals.SubjectNotFound):
        await lobby.person("gst_nobody")


async def test_an_account_counts_by_its_address_once_that_is_proven(lobby: Lobby) -> None:
    await lobby.register()
    assert await lobby.keys(BIA_ID) == []

    await lobby.prove(BIA)

    assert len(await lobby.keys(BIA_ID)) == 1


async def test_a_code_to_be_sent_says_where_and_in_which_language(lobby: Lobby) -> None:
    await lobby.start(1, locale="en")
    known, strange = await lobby.send(), await lobby.send("nobody@example.com")

    answer = await lobby.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=known))
    other = await lobby.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=strange))

    assert (answer.email, answer.locale) == (ANA, "en")
    assert answer.expires_at.seconds == lobby.stage.clock.now_us() // 1_000_000 + 600
    assert (other.email, other.locale) == ("nobody@example.com", "pt-BR")


async def test_a_member_is_sent_a_code_in_the_accounts_language(lobby: Lobby) -> None:
    await lobby.start(1, BIA, locale="en")
    await lobby.register()

    answer = await lobby.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=await lobby.send(BIA)))

    assert answer.locale == "pt-BR"


async def test_a_code_that_cannot_be_redeemed_is_not_told(lobby: Lobby) -> None:
    code_id, late = await lobby.send(), await lobby.send("bob@example.com")
    await lobby.redeem(await lobby.digits(code_id))
    lobby.stage.clock.advance(600)

    for unusable in (code_id, late, "cod_unknown"):
        with pytest.raises(refusals.CodeExpired):
            await lobby.digits(unusable)


async def test_the_mesh_serves_only_whom_the_contract_names(lobby: Lobby) -> None:
    await lobby.start(1)

    with pytest.raises(refusals.AccessDenied):
        await lobby.mesh("pricing").GetContact(pb.GetContactRequest(subject_id=lobby.guest(1)))
    with pytest.raises(refusals.AccessDenied):
        await lobby.mesh("notifications").GetParticipant(pb.GetParticipantRequest(subject_id=lobby.guest(1)))


async def test_the_feed_tells_facts_in_order_and_goes_on_from_a_revision(lobby: Lobby) -> None:
    await lobby.start(1)
    code_id = await lobby.send()
    person = (await lobby.redeem(await lobby.digits(code_id))).subject_id

    await settled(lobby.context.database)
    stream = lobby.mesh("orders").Feed(pb.FeedRequest(consumer="orders"))
    batch = (await anext(aiter(stream))).batch
    kinds = [fact.type.rpartition(".")[2] for fact in batch.facts]
    after = Revision(epoch=batch.epoch, position=batch.facts[0].position)
    rest = (await anext(aiter(lobby.mesh("orders").Feed(pb.FeedRequest(consumer="orders", after=after))))).batch

    assert kinds == ["AccessCodeIssued", "GuestMerged"]
    assert [fact.aggregate_id for fact in rest.facts] == [lobby.guest(1)]
    assert person.encode() in rest.facts[0].payload


async def test_a_reader_of_another_history_is_refused(lobby: Lobby) -> None:
    request = pb.FeedRequest(consumer="orders", after=Revision(epoch="epo_else", position=1))

    with pytest.raises(refusals.RevisionUnknown):
        await anext(aiter(lobby.mesh("orders").Feed(request)))
