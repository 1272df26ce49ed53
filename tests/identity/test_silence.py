"""Neither logs nor facts tell who somebody is or what lets them in."""

import io
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import structlog

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from services.kit.observe import log
from tests.facts import told as facts_of
from tests.identity.world import ANA, BIA, CASA, CPF, PASSWORD, World, numbered, other_than
from tests.stage import Stage

PHONE, NAME, WRONG = "+5511912345678", "Ana Terra", "wrong horse battery"


class Journal(io.BytesIO):
    """All that was logged."""

    def text(self) -> str:
        log.get("journal").error("end")  # an error takes all before it along
        lines = [json.loads(line) for line in self.getvalue().splitlines()]
        # When it was is left out: microseconds may look like six digits of a code.
        return "\n".join(str({**line, "timestamp": ""}) for line in lines)


@pytest_asyncio.fixture
async def journal(stage: Stage) -> AsyncIterator[Journal]:
    """What this stage logs: loggers look for their output when they are first used."""
    pages = Journal()
    log.configure(level="debug", out=pages)
    yield pages
    structlog.reset_defaults()


async def busy_day(world: World) -> set[str]:
    """Everything that can be said to identity, said well and badly. Answers what nobody else is to hear."""
    heard = {ANA, BIA, CPF, PHONE, NAME, PASSWORD, WRONG, "Bia", "52998224724", numbered("gst", 1), numbered("gst", 2)}
    await world.register()
    guest = await world.start_guest(1, name=NAME, phone=PHONE, cpf=CPF)
    await world.start_guest(2, name=NAME)
    digits = await world.digits(await world.send_code())
    gate = await world.enrol()
    member = await world.sign_in()
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in(BIA, WRONG)
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in_gate(WRONG)
    await world.register(2, 2, email=BIA)
    await world.invite(3, "rui@casa.example")
    with pytest.raises(refusals.InvalidRequest):
        await world.start_guest(3, name=NAME, cpf="52998224724")
    with pytest.raises(refusals.InvalidRequest):
        await world.start_guest(4, name=f"{NAME}\n")
    with pytest.raises(refusals.CodeExpired):
        await world.redeem(other_than(digits))
    person = await world.redeem(digits)
    renewed = await world.refresh(person.refresh_token)
    await world.stage.member(CASA).identity.ListMembers(pb.ListMembersRequest())
    await world.profile(person.subject_id)
    await world.contact(world.guest_ids[1])
    await world.refresh(guest.refresh_token)
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(guest.refresh_token)
    for tokens in (guest, member, person, renewed):
        heard |= {tokens.access_token, tokens.refresh_token}
    return heard | {digits, other_than(digits), gate, (world.stage.folder / "operator.key").read_text().strip()}


async def test_logs_name_nobody_and_hold_no_secret(journal: Journal, stage: Stage) -> None:
    secrets = await busy_day(await World(stage).open())

    told = journal.text()

    assert "'outcome': 'CREDENTIALS_WRONG'" in told
    assert "RedeemAccessCode" in told
    assert [secret for secret in secrets if secret in told] == []


async def test_facts_name_nobody_and_hold_no_secret(world: World) -> None:
    secrets = await busy_day(world)

    facts = await facts_of(world.context.database)

    assert sorted(fact.type.rpartition(".")[2] for fact in facts) == [
        "AccessCodeIssued",
        "AddressClaimed",
        *["GuestMerged"] * 2,
        "MemberInvited",
        "TokensRevoked",
    ]
    told = b"".join(fact.SerializeToString() for fact in facts)
    assert [secret for secret in secrets if secret.encode() in told] == []
