"""Small halls for relocations: their files, and the seats that catalog reads from them."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.catalog.plans import plan as plans
from services.catalog.plans.plan import Seat
from services.catalog.relocation.by_category import by_category
from services.catalog.relocation.mapping import Mapped, Rules, Taken, by_label, mapped
from services.catalog.relocation.relocation import Match
from tests.catalog.requests import file_of

CATEGORIES = {"V": "VIP", "S": "Stalls", "w": "Stalls", "m": "Stalls", "c": "Stalls"}
ACCESSIBLE = {"w": "wheelchair", "m": "reduced_mobility"}
Rows = Mapping[str, str]


def hall(
    rows: Rows, *, prefix: str = "", zone: str = "Floor", names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A plan of some rows, the first nearest to the stage.

    rows: for each row a letter for each seat: V is a VIP seat, S one in the stalls, w a space for a wheelchair, m a
    seat for reduced mobility, c a companion's beside the last of these, and a blank is a gap.
    prefix: of the seats' ids. names: other names of categories.
    """
    called = {**CATEGORIES, **{letter: (names or {}).get(name, name) for letter, name in CATEGORIES.items()}}
    drawn = [row_of(row, letters, prefix, called, 10 * n) for n, (row, letters) in enumerate(rows.items(), start=1)]
    used = dict.fromkeys(called[letter] for letters in rows.values() for letter in letters if letter != " ")
    return {
        "name": "Sala",
        "size": {"width": 100, "height": 100},
        "categories": [{"name": name, "color": "#111111"} for name in used],
        "zones": [{"name": zone, "position": {"x": 0, "y": 0}, "rows": drawn}],
    }


def row_of(row: str, letters: str, prefix: str, called: Mapping[str, str], y: int) -> dict[str, Any]:
    """A row of a file."""
    seats: list[dict[str, Any]] = []
    beside = ""
    for n, letter in enumerate(letters, start=1):
        if letter == " ":
            continue
        guid = f"{prefix}{row}-{n}"
        seat = {"seat_guid": guid, "seat_number": str(n), "category": called[letter], "position": {"x": n * 10, "y": 0}}
        if letter in ACCESSIBLE:
            seat["accessible"], beside = ACCESSIBLE[letter], guid
        if letter == "c":
            seat["companion_of"] = beside
        seats.append(seat)
    return {"row_number": row, "position": {"x": 0, "y": y}, "seats": seats}


def seats_of(rows: Rows, **other: Any) -> dict[str, Seat]:
    """The seats of a hall, by id, in the order of its plan."""
    return {seat.seat_id: seat for seat in plans.read(file_of(hall(rows, **other))).seats}


def taken(seats: Mapping[str, Seat], **holds: Iterable[str]) -> list[Taken]:
    """Taken seats of a hall, in the order of its plan. holds: the seats of each hold; those of "blocked" are
    blocked, and those of "passes" belong to a pass."""
    owners = {seat_id: hold_id for hold_id, ids in holds.items() for seat_id in ids}
    return [
        Taken(
            seat=seat,
            hold_id="" if owners[seat_id] == "blocked" else owners[seat_id],
            of_pass=owners[seat_id] == "passes",
        )
        for seat_id, seat in seats.items()
        if seat_id in owners
    ]


def find(
    some: list[Taken],
    seats: Mapping[str, Seat],
    match: Match,
    *,
    categories: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> Mapped:
    """The places of taken seats among those of another hall."""
    rules = Rules(match, categories or {}, given or {})
    finder = by_label if match == Match.LABEL else by_category
    return mapped(some, finder(some, list(seats.values()), rules))


def reasons(found: Mapped) -> dict[str, str]:
    """Why each stuck seat cannot move, in their order."""
    return {stuck.taken.seat.seat_id: stuck.reason.name for stuck in found.stuck}
