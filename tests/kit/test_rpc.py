import pytest

from eventhub import refusals
from eventhub.identity.v1.identity_service_pb2 import (
    GetProfileRequest,
    GetProfileResponse,
    SendAccessCodeRequest,
)
from services.kit.rpc.call import Call
from tests.stage import Stage


class Scripted:
    async def GetProfile(self, request: GetProfileRequest, call: Call) -> GetProfileResponse:
        return GetProfileResponse(subject_id=call.caller.subject_id)

    async def SendAccessCode(self, request: SendAccessCodeRequest, call: Call) -> None:
        raise ValueError("db password=hunter2")


async def test_a_caller_is_known_by_its_token(stage: Stage) -> None:
    stage.script("identity", IdentityService=Scripted())
    await stage.start()

    profile = await stage.buyer("gst_ana").identity.GetProfile(GetProfileRequest())

    assert profile.subject_id == "gst_ana"


async def test_a_mistake_reaches_the_caller_without_its_text(stage: Stage) -> None:
    stage.script("identity", IdentityService=Scripted())
    await stage.start()

    with pytest.raises(refusals.Internal) as refused:
        await stage.anyone().identity.SendAccessCode(SendAccessCodeRequest(email="ana@example.com"))

    assert "hunter2" not in str(refused.value)


async def test_a_broken_rule_names_its_field(stage: Stage) -> None:
    stage.script("identity", IdentityService=Scripted())
    await stage.start()

    with pytest.raises(refusals.InvalidRequest) as refused:
        await stage.anyone().identity.SendAccessCode(SendAccessCodeRequest(email="nobody"))

    assert list(refused.value.fields) == ["email"]
