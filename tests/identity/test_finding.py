"""Clerks find customers by e-mail and by name."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.identity.v1 import identity_service_pb2 as pb
from services.identity import finding
from services.kit.values.folding import folded
from tests.identity.world import ANA, BIA, BIA_ID, World

NOBODY = "gst_nobody"


async def found(world: World, text: str, among: Sequence[str] = ()) -> list[str]:
    request = pb.FindCustomersRequest(text=text, subject_ids=among)
    return list((await world.mesh("orders").FindCustomers(request)).subject_ids)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("joao", "João da Silva"),
        ("SILVA, jo", "João da Silva"),
        ("  ana  ", "Ana"),
        ("strasse", "Peter Straße"),
        ("o'n", "Conan O'Neill"),
    ],
)
def test_each_word_begins_a_word_of_the_name(text: str, name: str) -> None:
    assert finding.matches(text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [("ana ana", "Ana Souza"), ("ilva", "Silva"), ("ana rui", "Ana"), ("", "Ana"), ("--", "Ana"), ("ana", "")],
)
def test_other_names_are_not_found(text: str, name: str) -> None:
    assert not finding.matches(text, name)


@given(st.text(), st.text())
def test_a_name_is_found_by_itself(name: str, rest: str) -> None:
    wanted = bool(finding.WORD.findall(folded(name)))

    assert finding.matches(name, name) is wanted
    assert finding.matches(name, f"{rest} {name}") is wanted


async def test_a_name_is_looked_for_among_the_given_subjects_only(world: World) -> None:
    for n, name in enumerate(("Ana Souza", "Ana Maria Lima", "Rui"), 1):
        await world.start_guest(n, f"{n}@example.com", name=name)
    ids = world.guest_ids

    assert await found(world, "ana", [ids[1], ids[3], NOBODY]) == [ids[1]]
    assert set(await found(world, "ana", [ids[1], ids[2], ids[3]])) == {ids[1], ids[2]}
    assert await found(world, "lima a", list(ids.values())) == [ids[2]]
    assert await found(world, "ana") == []


async def test_members_who_bought_are_found_by_name(world: World) -> None:
    await world.register()

    assert await found(world, "bia", [BIA_ID]) == [BIA_ID]


async def test_an_e_mail_finds_all_subjects_that_have_it(world: World) -> None:
    await world.start_guest(1)
    await world.start_guest(2)
    await world.start_guest(3, "rui@example.com")
    await world.register()

    assert set(await found(world, ANA.upper())) == {world.guest_ids[1], world.guest_ids[2]}
    assert await found(world, BIA) == [BIA_ID]
    assert await found(world, "none@example.com") == []


async def test_after_a_proof_the_e_mail_finds_the_person(world: World) -> None:
    await world.start_guest(1)
    person = (await world.prove(hub=world.stage.buyer(world.guest_ids[1]))).subject_id

    assert await found(world, ANA) == [person]
