"""What holds for the places of taken seats in any two halls."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalog.plans.plan import Seat
from services.catalog.relocation.mapping import Taken
from services.catalog.relocation.relocation import Match
from tests.catalog.relocation.halls import find, seats_of

LETTERS = st.text(alphabet="VSSSSwmc ", min_size=1, max_size=12).map(lambda row: row.lstrip(" c") or "S")
HALLS = st.lists(LETTERS, min_size=1, max_size=5)
MATCHES = st.sampled_from(list(Match))


def hall(rows: list[str], prefix: str) -> dict[str, Seat]:
    """The seats of a hall. A companion's seat that would have no accessible one is an ordinary seat."""
    cleaned = [row if any(letter in row for letter in "wm") else row.replace("c", "S") for row in rows]
    whole = [row[: first(row)].replace("c", "S") + row[first(row) :] for row in cleaned]
    return seats_of({"ABCDE"[n]: row for n, row in enumerate(whole)}, prefix=prefix)


def first(row: str) -> int:
    """The place of the first accessible seat of a row."""
    return min((row.index(letter) for letter in "wm" if letter in row), default=0)


@st.composite
def moves(draw: st.DrawFn) -> tuple[list[Taken], dict[str, Seat], Match, dict[str, str]]:
    """Taken seats of a hall, those of another one, and given moves."""
    old, new = hall(draw(HALLS), "o"), hall(draw(HALLS), "n")
    some = [
        Taken(seat=seat, hold_id=owner, of_pass=owner == "h7")
        for seat in old.values()
        if (owner := draw(st.sampled_from(["", "free", "free", "h1", "h2", "h3", "h7"]))) != "free"
    ]
    targets = draw(st.lists(st.sampled_from(list(new)), max_size=3, unique=True))
    sources = draw(st.lists(st.sampled_from(list(old)), min_size=3, max_size=3))
    return some, new, draw(MATCHES), dict(zip(dict.fromkeys(sources), targets, strict=False))


@settings(deadline=None)
@given(moves())
def test_each_taken_seat_moves_to_a_seat_of_its_own_or_is_stuck(
    move: tuple[list[Taken], dict[str, Seat], Match, dict[str, str]],
) -> None:
    some, new, match, pairs = move

    found = find(some, new, match, given=pairs)

    assert len(set(found.targets.values())) == len(found.targets), "no two seats move to one"
    assert set(found.targets.values()) <= set(new)
    stuck = [one.taken.seat.seat_id for one in found.stuck]
    assert sorted([*found.targets, *stuck]) == sorted(one.seat.seat_id for one in some)
    assert stuck == [one.seat.seat_id for one in some if one.seat.seat_id in set(stuck)], "in the order of the plan"
    for one in some:
        if not one.of_pass and one.seat.seat_id in pairs:
            assert found.targets[one.seat.seat_id] == pairs[one.seat.seat_id]


@settings(deadline=None)
@given(moves(), st.data())
def test_the_order_of_seats_makes_no_difference(
    move: tuple[list[Taken], dict[str, Seat], Match, dict[str, str]], data: st.DataObject
) -> None:
    some, new, match, pairs = move
    found = find(some, new, match, given=pairs)
    shuffled = data.draw(st.permutations(some))
    places = data.draw(st.permutations(list(new.items())))

    again = find(shuffled, dict(places), match, given=pairs)

    assert again.targets == found.targets
    assert {one.taken.seat.seat_id: one.reason for one in again.stuck} == {
        one.taken.seat.seat_id: one.reason for one in found.stuck
    }


def kind(seat: Seat) -> tuple[str, int, bool]:
    """What a seat must have in common with its target."""
    return seat.category, seat.accessible, bool(seat.companion_of)


@settings(deadline=None)
@given(moves())
def test_by_category_no_seat_is_stuck_as_long_as_one_of_its_kind_is_left(
    move: tuple[list[Taken], dict[str, Seat], Match, dict[str, str]],
) -> None:
    some, new, _, pairs = move

    found = find(some, new, Match.CATEGORY, given=pairs)

    left = Counter(kind(seat) for seat_id, seat in new.items() if seat_id not in set(found.targets.values()))
    for stuck in found.stuck:
        if stuck.reason.name == "CATEGORY_FULL":
            assert not left[kind(stuck.taken.seat)]
    for one in some:
        target = found.targets.get(one.seat.seat_id)
        if target is not None and one.seat.seat_id not in pairs:
            assert kind(new[target]) == kind(one.seat)


@settings(deadline=None)
@given(moves())
def test_by_category_a_companion_who_is_not_blocked_stays_beside_the_accessible_seat(
    move: tuple[list[Taken], dict[str, Seat], Match, dict[str, str]],
) -> None:
    some, new, _, pairs = move
    targets = find(some, new, Match.CATEGORY, given=pairs).targets
    known = {one.seat.seat_id: one for one in some}

    for one in some:
        beside = known.get(one.seat.companion_of)
        both = beside is not None and not beside.blocked and not one.blocked
        if both and one.seat.seat_id in targets.keys() - pairs.keys() and one.seat.companion_of in targets:
            assert new[targets[one.seat.seat_id]].companion_of == targets[one.seat.companion_of]


@settings(deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.integers(6, 12))
def test_holds_are_side_by_side_in_a_hall_with_a_row_for_each(sizes: list[int], per_row: int) -> None:
    old = seats_of({f"R{n}": "S" * size for n, size in enumerate(sizes)}, prefix="o")
    new = seats_of({f"R{n}": "S" * per_row for n in range(len(sizes))})
    some = [Taken(seat=seat, hold_id=seat.row_name) for seat in old.values()]

    found = find(some, new, Match.CATEGORY)

    assert not found.stuck
    for row in {seat.row_name for seat in old.values()}:
        assert side_by_side([new[found.targets[one.seat.seat_id]] for one in some if one.hold_id == row])


def side_by_side(seats: list[Seat]) -> bool:
    """Whether seats are neighbours, in their order."""
    indices = [seat.seat_index for seat in seats]
    start = indices[0]
    return len({seat.row_index for seat in seats}) == 1 and indices == list(range(start, start + len(seats)))


def test_a_stadium_of_200_000_seats_moves_as_a_whole() -> None:
    def stadium(rows: int, per_row: int, prefix: str) -> list[Seat]:
        places = [(row, n) for row in range(rows) for n in range(per_row)]
        away = [10 * row + abs(n - per_row // 2) for row, n in places]
        return [
            Seat(f"{prefix}{row}-{n}", "Norte", str(row), str(n), "A", row, n + n // 25, distance)
            for (row, n), distance in zip(places, away, strict=True)
        ]

    old = stadium(2_000, 100, "o")
    new = {seat.seat_id: seat for seat in stadium(1_000, 200, "n")}
    some = [Taken(seat=seat, hold_id=f"hld_{n // 3}") for n, seat in enumerate(old)]

    by_category = find(some, new, Match.CATEGORY)
    by_label = find(some, {seat.seat_id: seat for seat in old}, Match.LABEL)

    assert len(set(by_category.targets.values())) == len(set(by_label.targets.values())) == 200_000
