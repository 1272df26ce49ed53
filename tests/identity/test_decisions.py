"""identity's pure decisions: CPFs, addresses, the owner of an address, owners of an organizer, codes and limits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.identity.v1.identity_service_pb2 import StartGuestRequest
from eventhub.refusals import InvalidRequest, LastOwner, TooManyRequests
from services.identity import accounts, addresses, check, cpf, guests
from services.identity.accounts import MemberRole
from services.identity.guests import Guest
from services.identity.signin.limits import Limit
from services.identity.signin.signins import Code

NOW_US = 1_000_000_000
DIGITS = st.lists(st.integers(0, 9), min_size=9, max_size=9).filter(lambda digits: len(set(digits)) > 1)


def guest(guest_id: str, *, verified: bool = False, cpf: str = "") -> Guest:
    return Guest(
        guest_id=guest_id,
        name="Ana",
        email="ana@example.com",
        phone="+5511912345678",
        cpf=cpf,
        locale="en",
        verified=verified,
    )


@pytest.mark.parametrize("typed", ["", "52998224725", "11144477735"])
def test_a_cpf_may_be_empty_or_right(typed: str) -> None:
    check.start_guest(StartGuestRequest(cpf=typed))


@pytest.mark.parametrize("typed", ["52998224724", "52998224735", "00000000000", "11111111111", "5299822472"])
def test_a_wrong_cpf_is_refused_with_its_field(typed: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check.start_guest(StartGuestRequest(cpf=typed))

    assert list(refused.value.fields) == ["cpf"]


@given(DIGITS, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_makes_the_check_digits_wrong(nine: list[int], place: int, more: int) -> None:
    first = cpf.check_digit(nine)
    digits = [*nine, first, cpf.check_digit([*nine, first])]
    right = "".join(map(str, digits))
    digits[place] = (digits[place] + more) % 10
    wrong = "".join(map(str, digits))

    assert cpf.is_valid(right)
    # A remainder of 10 counts as 0, so a few neighbours of a CPF are CPFs too; a wrong check digit never passes.
    assert not cpf.is_valid(wrong) or place < 9


def test_addresses_compare_without_case_and_space() -> None:
    assert addresses.normalize(" Ana@Example.COM ") == "ana@example.com"


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
    assert addresses.mailbox(email) == mailbox


def test_a_guest_that_proved_the_address_before_owns_it() -> None:
    proven, later = guest("gst_1", verified=True), guest("gst_2")

    assert guests.owner_of([proven, later], "gst_2") == proven


def test_the_session_that_the_proof_comes_from_owns_the_address() -> None:
    earlier, mine = guest("gst_1"), guest("gst_2")

    assert guests.owner_of([earlier, mine], "gst_2") == mine


@pytest.mark.parametrize("session_id", ["", "gst_elsewhere"])
def test_a_session_that_did_not_bring_the_proof_never_owns_the_address(session_id: str) -> None:
    assert guests.owner_of([guest("gst_1"), guest("gst_2")], session_id) is None


def test_a_new_guest_gets_no_cpf_from_another_session() -> None:
    new = guests.newcomer("gst_9", "ana@example.com", [guest("gst_1", cpf="52998224725")])

    assert (new.name, new.locale, new.cpf, new.phone, new.verified) == ("Ana", "en", "", "", True)


def test_a_new_guest_without_sessions_reads_portuguese() -> None:
    assert guests.newcomer("gst_9", "ana@example.com", []).locale == "pt-BR"


@pytest.mark.parametrize("new_role", [MemberRole.REMOVED, MemberRole.MANAGER])
def test_the_last_owner_stays(new_role: MemberRole) -> None:
    with pytest.raises(LastOwner):
        accounts.check_owners_left(1, old_role=MemberRole.OWNER, new_role=new_role)


@pytest.mark.parametrize(
    ("owners", "old_role", "new_role"),
    [
        (2, MemberRole.OWNER, MemberRole.REMOVED),
        (1, MemberRole.MANAGER, MemberRole.REMOVED),
        (1, MemberRole.OWNER, MemberRole.OWNER),
        (1, MemberRole.FINANCE, MemberRole.OWNER),
    ],
)
def test_a_member_may_leave_or_change_if_an_owner_is_left(
    owners: int, old_role: MemberRole, new_role: MemberRole
) -> None:
    accounts.check_owners_left(owners, old_role=old_role, new_role=new_role)


CODE = Code(code_id="cod_1", email="ana@example.com", expires_us=NOW_US + 1, digits=6, asked_by="gst_1")


def test_an_unused_code_is_good() -> None:
    assert CODE.is_good(NOW_US)


@pytest.mark.parametrize("change", [{"expires_us": NOW_US}, {"used_for": "fam_1"}])
def test_an_expired_or_used_code_is_not_good(change: dict[str, object]) -> None:
    assert not replace(CODE, **change).is_good(NOW_US)  # type: ignore[arg-type]  # fields by their names


@given(st.lists(st.integers(NOW_US - 100, NOW_US), max_size=12).map(sorted))
def test_a_limit_has_room_again_exactly_when_its_refusal_says(times: list[int]) -> None:
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
