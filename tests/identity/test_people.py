"""Who is who, and how often something may be tried: decisions alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.refusals import InvalidRequest, LastOwner, TooManyRequests
from services.identity import people
from services.identity.door.limits import Limit
from services.identity.door.signins import Code
from services.identity.people import Guest

NOW_US = 1_000_000_000
DIGITS = st.lists(st.integers(0, 9), min_size=9, max_size=9).filter(lambda digits: len(set(digits)) > 1)


def guest(guest_id: str, *, verified: bool = False, cpf: str = "") -> Guest:
    return Guest(guest_id, "hash", "Ana", "ana@example.com", "+5511912345678", cpf, "en", verified, "")


@pytest.mark.parametrize("cpf", ["", "52998224725", "11144477735"])
def test_a_cpf_is_taken(cpf: str) -> None:
    people.check_cpf(cpf)


@pytest.mark.parametrize("cpf", ["52998224724", "52998224735", "00000000000", "11111111111", "5299822472"])
def test_what_is_no_cpf_is_refused_by_its_field(cpf: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        people.check_cpf(cpf)

    assert list(refused.value.fields) == ["cpf"]


@given(DIGITS, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_seen_in_the_check_digits(nine: list[int], place: int, more: int) -> None:
    first = people.check_digit(nine)
    digits = [*nine, first, people.check_digit([*nine, first])]
    right = "".join(map(str, digits))
    digits[place] = (digits[place] + more) % 10
    wrong = "".join(map(str, digits))

    assert people.is_cpf(right)
    # A remainder of 10 counts as 0, so a few neighbours of a CPF are CPFs too; a wrong check digit never passes.
    assert not people.is_cpf(wrong) or place < 9


def test_addresses_compare_without_case_and_space() -> None:
    assert people.address(" Ana@Example.COM ") == "ana@example.com"


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("ana@example.com", "ana@example.com"),
        ("ana+tickets@example.com", "ana@example.com"),
        ("a.na@example.com", "a.na@example.com"),
        ("a.n.a+tickets@gmail.com", "ana@gmail.com"),
        ("a.na@googlemail.com", "ana@googlemail.com"),
        ("+ana@example.com", "+ana@example.com"),
    ],
)
def test_a_mailbox_is_an_address_without_its_tag(email: str, mailbox: str) -> None:
    assert people.mailbox(email) == mailbox


def test_the_one_who_proved_the_address_before_stays_its_person() -> None:
    proven, later = guest("gst_1", verified=True), guest("gst_2")

    assert people.stable_of([proven, later], "gst_2") == proven


def test_the_session_the_proof_comes_from_becomes_the_person() -> None:
    earlier, mine = guest("gst_1"), guest("gst_2")

    assert people.stable_of([earlier, mine], "gst_2") == mine


@pytest.mark.parametrize("session_id", ["", "gst_elsewhere"])
def test_a_session_that_did_not_bring_the_proof_never_becomes_the_person(session_id: str) -> None:
    assert people.stable_of([guest("gst_1"), guest("gst_2")], session_id) is None


def test_somebody_new_takes_over_no_cpf_that_another_session_gave() -> None:
    new = people.newcomer("gst_9", "ana@example.com", [guest("gst_1", cpf="52998224725")])

    assert (new.name, new.locale, new.cpf, new.phone, new.verified) == ("Ana", "en", "", "", True)


def test_somebody_new_without_sessions_is_written_to_in_portuguese() -> None:
    assert people.newcomer("gst_9", "ana@example.com", []).locale == "pt-BR"


@pytest.mark.parametrize("new_role", [None, 2])
def test_the_last_owner_stays(new_role: int | None) -> None:
    with pytest.raises(LastOwner):
        people.check_owners_left(1, old_role=people.OWNER, new_role=new_role)


@pytest.mark.parametrize(("owners", "old_role", "new_role"), [(2, 1, None), (1, 2, None), (1, 1, 1), (1, 3, 1)])
def test_others_may_go_or_change(owners: int, old_role: int, new_role: int | None) -> None:
    people.check_owners_left(owners, old_role=old_role, new_role=new_role)


CODE = Code("cod_1", "ana@example.com", NOW_US + 1, digits=6, asked_by="gst_1")


def test_a_code_is_good() -> None:
    assert CODE.good(NOW_US)


@pytest.mark.parametrize("change", [{"expires_us": NOW_US}, {"used_for": "fam_1"}])
def test_a_code_is_good_no_longer(change: dict[str, object]) -> None:
    assert not replace(CODE, **change).good(NOW_US)  # type: ignore[arg-type]  # fields by their names


@given(st.lists(st.integers(NOW_US - 100, NOW_US), max_size=12).map(sorted))
def test_a_limit_has_room_again_exactly_when_it_says(times: list[int]) -> None:
    limit = Limit(3, 60)
    try:
        limit.check(times, NOW_US)
        wait_us = 0
    except TooManyRequests as refused:
        wait_us = round((refused.retry_after_s or 0) * 1_000_000)
        with pytest.raises(TooManyRequests):
            limit.check(times, NOW_US + wait_us - 1)

    limit.check(times, NOW_US + wait_us)
    assert (wait_us > 0) == (sum(at_us > NOW_US - 60 for at_us in times) >= 3)
