"""Neither logs nor facts contain personal data or secrets."""

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

PHONE, NAME, WRONG, WRONG_CPF = "+5511912345678", "Ana Terra", "wrong horse battery", "52998224724"
DATA = {ANA, BIA, CPF, PHONE, NAME, PASSWORD, WRONG, WRONG_CPF, "Bia"}


class LogOutput(io.BytesIO):
    """Receives the log instead of a terminal."""

    def text(self) -> str:
        log.get("test").error("end")  # an error writes out the lines before it
        lines = [json.loads(line) for line in self.getvalue().splitlines()]
        # The time is left out: its microseconds may look like six digits of a code.
        return "\n".join(str({**line, "timestamp": ""}) for line in lines)


@pytest_asyncio.fixture
async def output(stage: Stage) -> AsyncIterator[LogOutput]:
    """The log of the stage. It is set before the stage's loggers are first used."""
    output = LogOutput()
    log.configure(level="debug", out=output)
    yield output
    structlog.reset_defaults()


async def make_all_calls(world: World) -> set[str]:
    """Makes good and bad calls of each kind. Returns the personal data and secrets that they carried."""
    carried = {*DATA, numbered("gst", 1), numbered("gst", 2)}
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
        await world.start_guest(3, name=NAME, cpf=WRONG_CPF)
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
        carried |= {tokens.access_token, tokens.refresh_token}
    return carried | {digits, other_than(digits), gate, (world.stage.folder / "operator.key").read_text().strip()}


async def test_logs_contain_no_personal_data_and_no_secret(output: LogOutput, stage: Stage) -> None:
    secrets = await make_all_calls(await World(stage).open())

    logged = output.text()

    assert "'outcome': 'CREDENTIALS_WRONG'" in logged
    assert "RedeemAccessCode" in logged
    assert [secret for secret in secrets if secret in logged] == []


async def test_facts_contain_no_personal_data_and_no_secret(world: World) -> None:
    secrets = await make_all_calls(world)

    facts = await facts_of(world.context.database)

    assert sorted(fact.type.rpartition(".")[2] for fact in facts) == [
        "AccessCodeIssued",
        "AddressClaimed",
        *["GuestMerged"] * 2,
        "MemberInvited",
        "TokensRevoked",
    ]
    sent = b"".join(fact.SerializeToString() for fact in facts)
    assert [secret for secret in secrets if secret.encode() in sent] == []
