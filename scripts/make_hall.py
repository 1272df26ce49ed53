"""Makes seating plans: the theatre of the tests and the demo, or a plain hall of any size.

python scripts/make_hall.py [--out PATH]
python scripts/make_hall.py --rows N --seats-per-row M --out PATH

The same arguments make the same file, byte for byte.
"""

import argparse
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

THEATRE = Path(__file__).resolve().parent.parent / "tests" / "data" / "teatro.json"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "eventhub:teatro-sao-pedro")

# All lengths in centimetres; the stage's edge is y = 0, its middle half the width.
WIDTH, HEIGHT = 3_000, 3_300
SEAT, AISLE, ROW = 55, 160, 95
BEND = 1 / 9_000
BOXES_A_SIDE = 12
SEATS_A_BOX = 5

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Curved rows, each in two halves with an aisle between them.

    start: the middle of the first row, in the hall. half: seats on each side of the aisle in the first row; each side
    gains a seat every `widens` rows.
    """

    prefix: str
    rows: str
    start: tuple[float, float]
    half: int
    widens: int


STALLS = Block(prefix="PL", rows="ABCDEFGHIJKLMNOPQRST", start=(WIDTH / 2, 300), half=16, widens=5)
BALCONY = Block(prefix="BA", rows="ABCDEFGHIJ", start=(WIDTH / 2, 2_300), half=18, widens=10)
VIP_ROWS = "ABCD"


def identity(name: str) -> str:
    """Returns a uuid for a name, the same in every run."""
    return str(uuid.uuid5(NAMESPACE, name))


def point(x: float, y: float) -> Json:
    """Returns a position, in centimetres."""
    return {"x": round(x, 2), "y": round(y, 2)}


def seat(guid: str, number: int, category: str, x: float, y: float) -> Json:
    """Returns a seat; x and y are relative to its row."""
    return {
        "uuid": identity(guid),
        "seat_guid": guid,
        "seat_number": str(number),
        "category": category,
        "position": point(x, y),
        "radius": 20,
    }


def row(name: str, number: str, place: Json, seats: list[Json]) -> Json:
    """Returns a row; its place is relative to its zone."""
    return {
        "uuid": identity(name),
        "row_number": number,
        "row_number_position": "both",
        "position": place,
        "seats": seats,
    }


def offsets(half: int) -> list[float]:
    """Returns each seat's distance from the middle of its row, from left to right."""
    right = [AISLE / 2 + SEAT * (n + 0.5) for n in range(half)]
    return [-x for x in reversed(right)] + right


def curved_rows(block: Block, category_of_row: dict[str, str]) -> list[Json]:
    """Returns the rows of a block, whose ends bend towards the stage."""
    rows = []
    for n, letter in enumerate(block.rows):
        places = offsets(block.half + n // block.widens)
        seats = [
            seat(f"{block.prefix}-{letter}-{i}", i, category_of_row[letter], x, -x * x * BEND)
            for i, x in enumerate(places, start=1)
        ]
        rows.append(row(f"{block.prefix}-{letter}", letter, point(0, n * ROW), seats))
    return rows


def boxes() -> list[Json]:
    """Returns the boxes along both sides of the stalls: odd numbers on the left, even ones on the right, two seats in
    front."""
    rows = []
    for n in range(2 * BOXES_A_SIDE):
        side, depth = n % 2, n // 2
        number = f"{n + 1:02d}"
        x = 120 if side == 0 else WIDTH - 120
        seats = []
        for i in range(SEATS_A_BOX):
            behind = -60 if i >= 2 else 0  # noqa: PLR2004 - two sit in front, three behind
            y = i * SEAT if not behind else (i - 2.5) * SEAT
            seats.append(seat(f"CA-{number}-{i + 1}", i + 1, "Camarote", behind if side == 0 else -behind, y))
        rows.append(row(f"CA-{number}", number, point(x, 250 + depth * 170), seats))
    return rows


def zone(name: str, zone_id: str, place: tuple[float, float], rows: list[Json]) -> Json:
    """Returns a zone; its place is relative to the hall."""
    return {
        "uuid": identity(name),
        "zone_id": zone_id,
        "name": name,
        "position": point(*place),
        "rows": rows,
        "areas": [],
    }


def theatre() -> Json:
    """Returns the plan of Teatro São Pedro."""
    stalls = {letter: "Plateia VIP" if letter in VIP_ROWS else "Plateia" for letter in STALLS.rows}
    balcony = dict.fromkeys(BALCONY.rows, "Balcão")
    return {
        "name": "Teatro São Pedro",
        "size": {"width": WIDTH, "height": HEIGHT},
        "categories": [
            {"name": "Plateia", "color": "#7f4a91"},
            {"name": "Plateia VIP", "color": "#c9a227"},
            {"name": "Balcão", "color": "#2a6f97"},
            {"name": "Camarote", "color": "#9b2226"},
        ],
        "x_note": "Made by scripts/make_hall.py. EventHub does not know this key and keeps it.",
        "zones": [
            zone("Plateia", "plateia", STALLS.start, curved_rows(STALLS, stalls)),
            zone("Balcão", "balcao", BALCONY.start, curved_rows(BALCONY, balcony)),
            zone("Camarotes", "camarotes", (0, 0), boxes()),
        ],
    }


def plain_hall(rows: int, seats_per_row: int) -> Json:
    """Returns a rectangular hall of any size, with one zone and one category."""
    seated: Iterable[Json] = (
        {
            "row_number": str(r),
            "position": {"x": 0, "y": r * ROW},
            "seats": [
                {
                    "seat_guid": f"{r}-{n}",
                    "seat_number": str(n),
                    "category": "Pista",
                    "position": {"x": n * SEAT, "y": 0},
                }
                for n in range(1, seats_per_row + 1)
            ],
        }
        for r in range(1, rows + 1)
    )
    return {
        "name": f"Hall of {rows * seats_per_row} seats",
        "size": {"width": (seats_per_row + 1) * SEAT, "height": (rows + 1) * ROW},
        "categories": [{"name": "Pista", "color": "#7f4a91"}],
        "zones": [{"name": "Pista", "position": {"x": 0, "y": 0}, "rows": list(seated)}],
    }


def written(plan: Json) -> bytes:
    """Encodes a plan as a file. Each object with a uuid begins a new line, so that a diff shows single seats."""
    text = json.dumps(plan, ensure_ascii=False, separators=(",", ":"))
    return (text.replace('{"uuid"', '\n{"uuid"') + "\n").encode()


def main() -> None:
    """Writes the plan that the command line describes."""
    parser = argparse.ArgumentParser(description="Makes seating plans in the pretix format.")
    parser.add_argument("--rows", type=int, help="makes a plain hall instead of the theatre, with this many rows")
    parser.add_argument("--seats-per-row", type=int, help="seats in each row of a plain hall")
    parser.add_argument(
        "--out", type=Path, help=f"where the plan is written (the theatre: {THEATRE.name} of the tests)"
    )
    given = parser.parse_args()
    if given.rows is None and given.seats_per_row is None:
        (given.out or THEATRE).write_bytes(written(theatre()))
    elif given.rows and given.seats_per_row and given.out:
        given.out.write_bytes(written(plain_hall(given.rows, given.seats_per_row)))
    else:
        parser.error("a plain hall takes --rows, --seats-per-row and --out")


if __name__ == "__main__":
    main()
