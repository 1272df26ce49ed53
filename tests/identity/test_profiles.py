"""An organizer's public profile: its members change it field by field, and everyone reads it."""

import asyncio
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_MANAGER
from eventhub.common.v1.picture_pb2 import Picture
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import OrganizerProfile
from tests.identity.world import CASA, OTHERS, World

LOGO = Picture(url="https://casa.example/logo.png", alt="A red house")
WHOLE = OrganizerProfile(
    organizer_id=CASA,
    name="Casa Aurora",
    about="Shows since 1987.\n\nhttps://casa.example/history",
    picture=LOGO,
    email="hello@casa.example",
    phone="+5511912345678",
    site="https://casa.example",
)
FIELDS = ("name", "about", "picture", "email", "phone", "site")


async def update(hub: EventHub, *names: str, **fields: Any) -> OrganizerProfile:
    """Changes the fields that are given, and those that are named and thereby cleared."""
    mask = FieldMask(paths=[*names, *fields])
    request = pb.UpdateOrganizerProfileRequest(**fields, update_mask=mask)
    return (await hub.identity.UpdateOrganizerProfile(request)).profile


async def profile(world: World, organizer_id: str = CASA) -> OrganizerProfile:
    """An organizer's profile as a caller without a token reads it."""
    request = pb.GetOrganizerProfileRequest(organizer_id=organizer_id)
    return (await world.anyone.identity.GetOrganizerProfile(request)).profile


def owner(world: World) -> EventHub:
    return world.stage.member(CASA)


async def fill(world: World) -> OrganizerProfile:
    """Registers Casa and gives it a whole profile."""
    await world.register()
    return await update(owner(world), **{name: getattr(WHOLE, name) for name in FIELDS})


async def test_a_new_organizer_has_its_name_alone(world: World) -> None:
    await world.register()

    assert await profile(world) == OrganizerProfile(organizer_id=CASA, name="Casa")


async def test_a_whole_profile_is_read_by_everyone(world: World) -> None:
    assert await fill(world) == WHOLE
    assert await profile(world) == WHOLE


async def test_only_the_fields_of_the_mask_change(world: World) -> None:
    await fill(world)

    request = pb.UpdateOrganizerProfileRequest(
        name="Other", site="https://new.example", update_mask=FieldMask(paths=["site"])
    )
    await world.stage.member(CASA, ROLE_MANAGER).identity.UpdateOrganizerProfile(request)
    await update(owner(world), "phone", "picture")

    expected = OrganizerProfile()
    expected.CopyFrom(WHOLE)
    expected.site = "https://new.example"
    expected.ClearField("phone")
    expected.ClearField("picture")
    assert await profile(world) == expected


async def test_a_repeat_changes_nothing(world: World) -> None:
    assert await fill(world) == await update(owner(world), **{name: getattr(WHOLE, name) for name in FIELDS}) == WHOLE


async def test_a_registration_is_repeated_after_a_change_of_the_name(world: World) -> None:
    await fill(world)

    await world.register()

    assert (await profile(world)).name == "Casa Aurora"


async def test_members_change_their_own_organizer_alone(world: World) -> None:
    await fill(world)
    await world.register(2, 2, email="rui@casa.example")

    await update(world.stage.member(OTHERS), about="Another one.")

    assert await profile(world) == WHOLE
    assert await profile(world, OTHERS) == OrganizerProfile(organizer_id=OTHERS, name="Casa", about="Another one.")


async def test_sixteen_changes_at_once_all_take_effect(world: World) -> None:
    await world.register()
    values = [name for name in FIELDS if name != "name"]

    await asyncio.gather(
        *(update(owner(world), **{name: getattr(WHOLE, name)}) for name in values),
        *(update(owner(world), name=f"Casa {n}") for n in range(16 - len(values))),
    )

    found = await profile(world)
    assert found.name in {f"Casa {n}" for n in range(16 - len(values))}
    found.name = WHOLE.name
    assert found == WHOLE


@pytest.mark.parametrize(
    ("names", "fields", "wrong"),
    [
        ((), {}, "update_mask"),
        (("organizer_id",), {}, "update_mask"),
        (("picture.url",), {}, "update_mask"),
        (("name",), {}, "name"),
        ((), {"name": "Casa www.casa.example"}, "name"),
        ((), {"name": "x" * 121}, "name"),
        ((), {"about": "x" * 2_001}, "about"),
        ((), {"about": "Pay with 4111 1111 1111 1111."}, "about"),
        ((), {"picture": Picture(url="https://casa.example/logo.png")}, "picture.alt"),
        ((), {"picture": Picture(url="http://casa.example/logo.png", alt="A house")}, "picture.url"),
        ((), {"site": "https://10.0.0.1/"}, "site"),
        ((), {"email": "casa"}, "email"),
        ((), {"phone": "11 91234-5678"}, "phone"),
    ],
)
async def test_a_change_that_breaks_a_rule_is_refused_and_changes_nothing(
    world: World, names: tuple[str, ...], fields: dict[str, Any], wrong: str
) -> None:
    await fill(world)

    with pytest.raises(refusals.InvalidRequest) as refused:
        await update(owner(world), *names, **fields)

    assert list(refused.value.fields) == [wrong]
    assert await profile(world) == WHOLE


async def test_a_call_without_a_mask_is_refused(world: World) -> None:
    with pytest.raises(refusals.InvalidRequest):
        await owner(world).identity.UpdateOrganizerProfile(pb.UpdateOrganizerProfileRequest(name="Casa"))


async def test_an_unknown_organizer_is_refused(world: World) -> None:
    with pytest.raises(refusals.OrganizerNotFound):
        await profile(world)
    with pytest.raises(refusals.OrganizerNotFound):
        await update(owner(world), about="None.")
