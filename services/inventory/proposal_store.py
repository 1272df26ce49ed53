"""inventory's SQL about free seats that may be proposed."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.inventory.passes.store import FREE_IN_ALL
from services.inventory.seating import FreeSeat, SpecialSeat
from services.inventory.stock import Seat, SeatState
from services.kit.db import Row, Tx

SEAT = "seat_id, zone, row_name, number, category, state, version, label, accessible, companion_of"
FREE = "seat_id, row_index, seat_index, distance"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a hall: one category. zones: only these; empty: all. pass_id: only seats that are free in all nights of
    this pass; empty: of no pass."""

    event_id: str
    category: str
    zones: tuple[str, ...]
    pass_id: str = ""

    def condition(self) -> str:
        """The part as a condition. Its values begin with $1."""
        marks = ", ".join(f"${n}" for n in range(3, 3 + len(self.zones)))
        in_all = FREE_IN_ALL.format(mark=f"${3 + len(self.zones)}")
        return (
            "event_id = $1 AND category = $2 AND state = 'FREE'"
            + (f" AND zone IN ({marks})" if marks else "")
            + (f" AND {in_all}" if self.pass_id else "")
        )

    def values(self) -> tuple[str, ...]:
        """The values of the condition."""
        return (self.event_id, self.category, *self.zones, *filter(None, [self.pass_id]))


async def nearest_free(tx: Tx, part: Part, limit: int) -> list[FreeSeat]:
    """Free seats of a part for everyone, nearest to the stage first. Their order is the index's, so no more than limit
    are read."""
    rows = await tx.all(
        f"SELECT {FREE} FROM seat WHERE {part.condition()} AND special = 0 ORDER BY distance LIMIT {limit:d}",
        *part.values(),
    )
    return [FreeSeat(*row) for row in rows]


async def free_beside(tx: Tx, part: Part, beside: FreeSeat, limit: int) -> list[FreeSeat]:
    """Free seats of a part for everyone, nearest to a seat first. Reads all free seats of the part."""
    rows = await tx.all(
        f"""SELECT {FREE} FROM seat WHERE {part.condition()} AND special = 0
            ORDER BY abs(row_index - {beside.row_index:d}), abs(seat_index - {beside.seat_index:d}) LIMIT {limit:d}""",
        *part.values(),
    )
    return [FreeSeat(*row) for row in rows]


async def special_free(tx: Tx, parts: Sequence[Part]) -> list[SpecialSeat]:
    """Free accessible seats and free seats of companions."""
    found = []
    for part in parts:
        rows = await tx.all(
            f"""SELECT {FREE}, accessible, companion_of FROM seat WHERE {part.condition()} AND special = 1
                ORDER BY distance, seat_id""",
            *part.values(),
        )
        found += [SpecialSeat(FreeSeat(*row[:4]), row[4], row[5]) for row in rows]
    return found


async def get_seat(tx: Tx, event_id: str, seat_id: str) -> Seat:
    """A seat that the same transaction has found before."""
    row = await tx.one(f"SELECT {SEAT} FROM seat WHERE event_id = $1 AND seat_id = $2", event_id, seat_id)
    assert row is not None, "the seat was read in the same snapshot"
    return seat(row)


def seat(row: Row) -> Seat:
    """A row of the columns SEAT."""
    seat_id, zone, row_name, number, category, state, version, label, accessible, companion_of = row
    return Seat(
        seat_id=seat_id,
        zone=zone,
        row_name=row_name,
        number=number,
        category=category,
        state=SeatState(state),
        version=version,
        label=label,
        accessible=accessible,
        companion_of=companion_of,
    )
