"""Halls drawn by hand, as their files say it."""

import json
from typing import Any

Json = dict[str, Any]


def seat(guid: str, x: float, number: str = "", category: str = "Stalls") -> Json:
    number = number or guid.rpartition("-")[2]
    return {"seat_guid": guid, "seat_number": number, "category": category, "position": {"x": x, "y": 0}}


def hall(*rows: list[Json]) -> Json:
    """A hall 100 wide with one zone at (10, 20), a row every 10."""
    return {
        "name": "Small hall",
        "size": {"width": 100, "height": 60},
        "categories": [{"name": "Stalls", "color": "#7f4a91"}, {"name": "Box", "color": "red"}],
        "zones": [
            {
                "name": "Floor",
                "position": {"x": 10, "y": 20},
                "rows": [
                    {"row_number": chr(65 + n), "position": {"x": 0, "y": 10 * n}, "seats": seats}
                    for n, seats in enumerate(rows)
                ],
            }
        ],
    }


def labelled(**labels: str | None) -> Json:
    """A hall with one row of two seats, and what people call them."""
    plan = hall([seat("A-1", 0), seat("A-2", 5)])
    plan["zones"][0]["rows"][0] |= labels
    return plan


def called(*rows: str, **labels: str) -> Json:
    """A hall with rows of one seat, and what people call them."""
    plan = hall(*([seat(f"{n}-1", 0)] for n in range(len(rows))))
    for row, name in zip(plan["zones"][0]["rows"], rows, strict=True):
        row |= {"row_number": name, **labels}
    return plan


def packed(plan: object) -> bytes:
    return json.dumps(plan).encode()
