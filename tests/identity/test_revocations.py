"""A revoked token is refused at once by every process, and its streams end."""

from collections.abc import AsyncIterator

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_GATE, ACCESS_ORGANIZER, ROLE_MANAGER, ROLE_VIEWER, Role
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.ticketing.v1.ticketing_service_pb2 import WatchAdmissionsRequest, WatchAdmissionsResponse
from services.kit.feeds.watch import watch_topic
from services.kit.rpc.call import Call, Caller
from tests.identity.alone import IdentityAlone
from tests.identity.world import BIA_ID, CASA, RUI_ID, SHOW, World, numbered
from tests.stage import Stage, outcome, until

PROFILE = pb.GetProfileRequest()
RUI, NEW_PASSWORD = "rui@casa.example", "another horse battery"


def access_of(alone: IdentityAlone, hub: EventHub) -> EventHub:
    """A client with the access token of another, and without its refresh token."""
    return alone.client(hub.tokens.access_token)


async def profile_outcome(hub: EventHub) -> str:
    """The outcome of GetProfile."""
    return await outcome(hub.identity.GetProfile(PROFILE))


async def wait_until_refused(hub: EventHub) -> None:
    """Waits until a token is refused: processes learn of it a moment later."""

    async def revoked() -> bool:
        return await profile_outcome(hub) == "TOKEN_REVOKED"

    await until(revoked)


async def join_rui(alone: IdentityAlone, owner: EventHub, role: Role.ValueType = ROLE_MANAGER) -> EventHub:
    """A client of Rui, who has accepted an invitation."""
    await owner.identity.AddMember(pb.AddMemberRequest(account_id=RUI_ID, name="Rui", email=RUI, role=role))
    return await alone.accept(RUI, CASA)


async def test_a_removed_members_token_is_refused(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    rui = await join_rui(alone, owner)
    access = access_of(alone, rui)
    assert await profile_outcome(access) == "done"

    await owner.identity.RemoveMember(pb.RemoveMemberRequest(account_id=RUI_ID))

    await wait_until_refused(access)
    with pytest.raises(refusals.TokenInvalid):
        await rui.refresh()
    assert await profile_outcome(owner) == "done"


async def test_a_changed_role_ends_the_old_tokens_and_shows_in_the_next(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    rui = await join_rui(alone, owner)
    await rui.refresh()
    access = access_of(alone, rui)

    await owner.identity.AddMember(pb.AddMemberRequest(account_id=RUI_ID, name="Rui", email=RUI, role=ROLE_VIEWER))
    await wait_until_refused(access)
    await rui.refresh()

    assert (await rui.identity.GetProfile(PROFILE)).role == ROLE_VIEWER


async def test_the_same_role_again_ends_no_token(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    rui = await join_rui(alone, owner)

    await owner.identity.AddMember(pb.AddMemberRequest(account_id=RUI_ID, name="Rui", email=RUI, role=ROLE_MANAGER))
    await owner.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=owner.tokens.refresh_token))

    await wait_until_refused(access_of(alone, owner))  # a later revocation has arrived
    assert await profile_outcome(access_of(alone, rui)) == "done"


async def test_signing_out_ends_the_tokens_of_one_device(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    other = alone.client()
    await other.sign_in("bia@casa.example", "correct horse")
    before = access_of(alone, owner)
    await owner.refresh()

    await owner.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=owner.tokens.refresh_token))

    await wait_until_refused(access_of(alone, owner))
    await wait_until_refused(before)
    assert await profile_outcome(other) == "done"


async def test_signing_out_ends_a_guests_tokens(alone: IdentityAlone) -> None:
    guest = await alone.guest()

    await guest.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=guest.tokens.refresh_token))

    await wait_until_refused(access_of(alone, guest))


async def test_a_new_password_ends_earlier_tokens(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    request = pb.RedeemAccessCodeRequest(
        email="bia@casa.example",
        code=await alone.send_code("bia@casa.example"),
        organizer_id=CASA,
        new_password=NEW_PASSWORD,
    )
    fresh = alone.client()

    fresh.tokens = (await fresh.identity.RedeemAccessCode(request)).tokens

    await wait_until_refused(access_of(alone, owner))
    assert await profile_outcome(fresh) == "done"


async def test_a_refresh_token_used_twice_ends_the_access_tokens_too(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    stolen = owner.tokens.refresh_token
    await owner.refresh()

    with pytest.raises(refusals.TokenInvalid):
        await alone.client().identity.RefreshToken(pb.RefreshTokenRequest(refresh_token=stolen))

    await wait_until_refused(access_of(alone, owner))


async def test_public_calls_are_served_with_a_revoked_token(alone: IdentityAlone) -> None:
    guest = await alone.guest()
    await guest.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=guest.tokens.refresh_token))
    await wait_until_refused(access_of(alone, guest))

    assert (await guest.identity.GetSigningKeys(pb.GetSigningKeysRequest())).keys


async def test_a_new_process_learns_of_earlier_revocations(alone: IdentityAlone) -> None:
    guest = await alone.guest()
    await guest.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=guest.tokens.refresh_token))
    await wait_until_refused(access_of(alone, guest))
    mesh = alone.mesh("orders")

    told = await anext(aiter(mesh.WatchRevocations(pb.WatchRevocationsRequest())))
    alone.clock.advance(12 * 60)
    again = alone.client()
    again.tokens = (await again.identity.StartGuest(pb.StartGuestRequest(**other_guest()))).tokens
    await again.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=again.tokens.refresh_token))
    later = await anext(aiter(mesh.WatchRevocations(pb.WatchRevocationsRequest())))

    assert len(told.revoked_ids) == 1
    assert len(later.revoked_ids) == 1, "the first token has expired meanwhile"
    assert later.revoked_ids != told.revoked_ids


def other_guest() -> dict[str, str]:
    """The fields of another guest's session."""
    return {"guest_id": numbered("gst", 2), "name": "Rui", "email": RUI}


class Admissions:
    """ticketing with a stream for gates. world: set after the stage has this service."""

    world: World

    async def WatchAdmissions(
        self, request: WatchAdmissionsRequest, call: Call
    ) -> AsyncIterator[WatchAdmissionsResponse]:
        async for _ in watch_topic(self.world.context.database, "admissions", call):
            yield WatchAdmissionsResponse()


async def test_a_revoked_gate_is_refused_and_its_stream_ends(stage: Stage) -> None:
    admissions = Admissions()
    stage.script("ticketing", TicketingService=admissions)
    admissions.world = world = await World(stage).open()
    await world.enrol()
    gate = stage.client(Caller(kind=ACCESS_GATE, subject_id=numbered("gat", 1), organizer_id=CASA, event_id=SHOW))
    stream = aiter(gate.ticketing.WatchAdmissions(WatchAdmissionsRequest(event_id=SHOW)))
    await anext(stream)

    await world.revoke_gate()

    with pytest.raises(refusals.TokenRevoked):
        await anext(stream)
    with pytest.raises(refusals.TokenRevoked):
        await anext(aiter(gate.ticketing.WatchAdmissions(WatchAdmissionsRequest(event_id=SHOW))))


async def sign_in_new_gate(alone: IdentityAlone, owner: EventHub, number: int = 1) -> EventHub:
    """A client with the access token of the n-th gate, enrolled or with a new secret."""
    device_id = numbered("gat", number)
    request = pb.EnrollGateRequest(device_id=device_id, event_id=SHOW, name=f"Gate {number}")
    gate = alone.client()
    await gate.sign_in_gate(device_id, (await owner.identity.EnrollGate(request)).secret)
    return access_of(alone, gate)


async def test_a_new_secret_of_a_gate_ends_the_tokens_of_the_former(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    other = await sign_in_new_gate(alone, owner, 2)
    before = await sign_in_new_gate(alone, owner)
    assert await profile_outcome(before) == "ACCESS_DENIED", "the gate is known, but is no person"

    after = await sign_in_new_gate(alone, owner)

    await wait_until_refused(before)
    assert await profile_outcome(after) == "ACCESS_DENIED"
    assert await profile_outcome(other) == "ACCESS_DENIED"


@pytest.mark.parametrize("now", [None, ROLE_VIEWER])
async def test_an_old_token_does_not_revoke_a_gate(world: World, now: Role.ValueType | None) -> None:
    await world.register()
    await world.join(2, RUI, role=ROLE_MANAGER)
    secret = await world.enrol()
    old = world.stage.client(Caller(kind=ACCESS_ORGANIZER, subject_id=RUI_ID, organizer_id=CASA, role=ROLE_MANAGER))
    if now is None:
        await world.stage.member(CASA, subject_id=BIA_ID).identity.RemoveMember(
            pb.RemoveMemberRequest(account_id=RUI_ID)
        )
    else:
        await world.invite(2, RUI, role=now)

    with pytest.raises(refusals.AccessDenied):
        await old.identity.RevokeGate(pb.RevokeGateRequest(device_id=numbered("gat", 1)))

    assert isinstance(await world.sign_in_gate(secret), Tokens)
