"""What was revoked is refused at once, in every process, and its streams end."""

from collections.abc import AsyncIterator

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_GATE, ACCESS_ORGANIZER, ROLE_MANAGER, ROLE_VIEWER, Role
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.ticketing.v1.ticketing_service_pb2 import WatchAdmissionsRequest, WatchAdmissionsResponse
from services.kit.feeds.watch import watch_topic
from services.kit.rpc.call import Call, Caller
from services.kit.rpc.local import LocalChannel
from tests.identity.alone import IdentityAlone
from tests.identity.world import BIA_ID, CASA, RUI_ID, SHOW, World, numbered
from tests.stage import Stage, outcome, until

PROFILE = pb.GetProfileRequest()
RUI, NEW_PASSWORD = "rui@casa.example", "another horse battery"


def with_access_of(alone: IdentityAlone, hub: EventHub) -> EventHub:
    """Somebody's access token, and no refresh token to help it along."""
    return alone.client(hub.tokens.access_token)


async def profile_ends(hub: EventHub) -> str:
    """How a caller's question who they are ends."""
    return await outcome(hub.identity.GetProfile(PROFILE))


async def refused(hub: EventHub) -> None:
    """Waits until a token is refused: other processes hear of it in a moment."""

    async def revoked() -> bool:
        return await profile_ends(hub) == "TOKEN_REVOKED"

    await until(revoked)


async def code_for(alone: IdentityAlone, email: str) -> str:
    """The digits of a code that is sent."""
    await alone.client().identity.SendAccessCode(pb.SendAccessCodeRequest(email=email))
    found = "SELECT code_id FROM access_code WHERE email = $1 ORDER BY at_us DESC, code_id DESC"
    rows = await alone.platform.contexts[0].database.read(lambda tx: tx.all(found, email))
    mesh = IdentityMeshStub(LocalChannel(alone.platform.mesh, "notifications"))
    return (await mesh.GetAccessCode(pb.GetAccessCodeRequest(code_id=rows[0][0]))).code


async def member(alone: IdentityAlone, owner: EventHub, role: Role.ValueType = ROLE_MANAGER) -> EventHub:
    """Rui, a member who has signed in."""
    await owner.identity.AddMember(pb.AddMemberRequest(account_id=RUI_ID, name="Rui", email=RUI, role=role))
    rui = alone.client()
    request = pb.RedeemAccessCodeRequest(email=RUI, code=await code_for(alone, RUI), organizer_id=CASA)
    rui.tokens = (await rui.identity.RedeemAccessCode(request)).tokens
    return rui


async def test_a_removed_members_token_is_refused(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    rui = await member(alone, owner)
    access = with_access_of(alone, rui)
    assert await profile_ends(access) == "done"

    await owner.identity.RemoveMember(pb.RemoveMemberRequest(account_id=RUI_ID))

    await refused(access)
    with pytest.raises(refusals.TokenInvalid):
        await rui.refresh()
    assert await profile_ends(owner) == "done"


async def test_a_changed_role_ends_the_old_tokens_and_the_next_one_has_it(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    rui = await member(alone, owner)
    await rui.refresh()
    access = with_access_of(alone, rui)

    await owner.identity.AddMember(pb.AddMemberRequest(account_id=RUI_ID, name="Rui", email=RUI, role=ROLE_VIEWER))
    await refused(access)
    await rui.refresh()

    assert (await rui.identity.GetProfile(PROFILE)).role == ROLE_VIEWER


async def test_the_same_role_again_ends_nothing(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    rui = await member(alone, owner)

    await owner.identity.AddMember(pb.AddMemberRequest(account_id=RUI_ID, name="Rui", email=RUI, role=ROLE_MANAGER))
    await owner.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=owner.tokens.refresh_token))

    await refused(with_access_of(alone, owner))  # told later, heard already
    assert await profile_ends(with_access_of(alone, rui)) == "done"


async def test_who_signs_out_is_out_and_their_other_device_is_not(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    other = alone.client()
    await other.sign_in("bia@casa.example", "correct horse")
    before = with_access_of(alone, owner)
    await owner.refresh()

    await owner.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=owner.tokens.refresh_token))

    await refused(with_access_of(alone, owner))
    await refused(before)
    assert await profile_ends(other) == "done"


async def test_a_guest_who_signs_out_is_out(alone: IdentityAlone) -> None:
    guest = await alone.guest()

    await guest.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=guest.tokens.refresh_token))

    await refused(with_access_of(alone, guest))


async def test_a_new_password_ends_earlier_tokens(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    request = pb.RedeemAccessCodeRequest(
        email="bia@casa.example",
        code=await code_for(alone, "bia@casa.example"),
        organizer_id=CASA,
        new_password=NEW_PASSWORD,
    )
    fresh = alone.client()

    fresh.tokens = (await fresh.identity.RedeemAccessCode(request)).tokens

    await refused(with_access_of(alone, owner))
    assert await profile_ends(fresh) == "done"


async def test_a_refresh_token_used_twice_ends_the_access_tokens_too(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    stolen = owner.tokens.refresh_token
    await owner.refresh()

    with pytest.raises(refusals.TokenInvalid):
        await alone.client().identity.RefreshToken(pb.RefreshTokenRequest(refresh_token=stolen))

    await refused(with_access_of(alone, owner))


async def test_who_sends_a_revoked_token_along_may_do_what_anyone_may(alone: IdentityAlone) -> None:
    guest = await alone.guest()
    await guest.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=guest.tokens.refresh_token))
    await refused(with_access_of(alone, guest))

    assert (await guest.identity.GetSigningKeys(pb.GetSigningKeysRequest())).keys


async def test_what_was_revoked_before_a_process_began_is_refused_by_it(alone: IdentityAlone) -> None:
    guest = await alone.guest()
    await guest.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=guest.tokens.refresh_token))
    await refused(with_access_of(alone, guest))
    mesh = IdentityMeshStub(LocalChannel(alone.platform.mesh, "orders"))

    told = await anext(aiter(mesh.WatchRevocations(pb.WatchRevocationsRequest())))
    alone.clock.advance(12 * 60)
    again = alone.client()
    again.tokens = (await again.identity.StartGuest(pb.StartGuestRequest(**other_guest()))).tokens
    await again.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=again.tokens.refresh_token))
    later = await anext(aiter(mesh.WatchRevocations(pb.WatchRevocationsRequest())))

    assert len(told.revoked_ids) == 1
    assert len(later.revoked_ids) == 1, "what has expired meanwhile is not told"
    assert later.revoked_ids != told.revoked_ids


def other_guest() -> dict[str, str]:
    """What another guest begins with."""
    return {"guest_id": numbered("gst", 2), "name": "Rui", "email": RUI}


class Admissions:
    """A stream for gates. world: opened after it."""

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


async def enrolled(alone: IdentityAlone, owner: EventHub, number: int = 1) -> EventHub:
    """What a gate has once it has signed in by a fresh secret: an access token."""
    device_id = numbered("gat", number)
    request = pb.EnrollGateRequest(device_id=device_id, event_id=SHOW, name=f"Gate {number}")
    gate = alone.client()
    await gate.sign_in_gate(device_id, (await owner.identity.EnrollGate(request)).secret)
    return with_access_of(alone, gate)


async def test_a_new_secret_of_a_gate_ends_the_tokens_that_were_given_for_the_former(alone: IdentityAlone) -> None:
    owner = await alone.owner()
    other = await enrolled(alone, owner, 2)
    before = await enrolled(alone, owner)
    assert await profile_ends(before) == "ACCESS_DENIED", "it is known, and no person"

    after = await enrolled(alone, owner)

    await refused(before)
    assert await profile_ends(after) == "ACCESS_DENIED"
    assert await profile_ends(other) == "ACCESS_DENIED"


@pytest.mark.parametrize("now", [None, ROLE_VIEWER])
async def test_an_old_token_revokes_no_gate(world: World, now: Role.ValueType | None) -> None:
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
