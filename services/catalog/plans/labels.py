"""Names of rows and seats for people. Pure."""

import unicodedata
from functools import lru_cache

from services.catalog.plans.drawing import RowInFile, SeatInFile

# A hall repeats the names of its zones and rows, and its numbers, thousands of times.
SEEN_MAX = 4_096


@lru_cache(SEEN_MAX)
def seen(text: str) -> str:
    """A text as people see it, for comparing: letters in one spelling, single blanks, no invisible characters."""
    if not text.isascii():
        drawn = (letter for letter in text if unicodedata.category(letter) != "Cf")
        text = unicodedata.normalize("NFC", "".join(drawn))
    return " ".join(text.split())


def label_of(zone: str, row: RowInFile, seat: SeatInFile) -> str:
    """A seat's name for people as pretix prints it: "Floor, Mesa AA, Cadeira 1". Empty if the row has no labels: then
    zone, row and number make up the name. If the plan has none of all these, the seat_guid."""
    if not row.row_label and not row.seat_label:
        return "" if zone or row.row_number or seat.seat_number else seat.seat_guid
    parts = (
        zone,
        row_label(row),
        row.seat_label.replace("%s", seat.seat_number) if row.seat_label else seat.seat_number,
    )
    return ", ".join(part for part in parts if part) or seat.seat_guid


def row_label(row: RowInFile) -> str:
    """What people call a row: by its label, or by its number alone."""
    return row.row_label.replace("%s", row.row_number) if row.row_label else row.row_number


def seat_name(label: str, zone: str, row_name: str, number: str) -> str:
    """The name by which people tell a seat from all others of its plan. label: empty if the plan has none for it."""
    if label:
        return ", ".join(seen(part) for part in label.split(","))
    return " ".join(filter(None, (seen(zone), "-".join(filter(None, (seen(row_name), seen(number)))))))
