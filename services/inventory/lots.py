"""Lots: the parts of a ticket type that are sold one after the other. Decisions only.

The current lot of a type is the first that is not closed. A lot closes for good when its last ticket is taken or its
time is over, and the tickets that it has left go to the next lot that is not closed. The last lot of a type stays open.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from eventhub.refusals import CapacityBelowSold, LotStarted, SoldOut
from services.inventory.holds import Place, PlaceLot, TicketType, lots_name


@dataclass(frozen=True, slots=True, kw_only=True)
class LotSpec:
    """A lot as catalog describes it.

    ticket_type_id: the full-price type that has it.
    version: of its name and price.
    quantity: the tickets that the organizer gave it; for an unlimited lot, as many as the event has places.
    unlimited: whether it stays open when its last ticket is taken.
    ends_us: when its turn ends; 0: at no time.
    """

    ticket_type_id: str
    lot_id: str
    version: int
    quantity: int
    unlimited: bool
    ends_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A lot and its counts. capacity: the quantity, and what earlier lots have left to it."""

    spec: LotSpec
    capacity: int
    held: int = 0
    sold: int = 0
    closed: bool = False

    @property
    def left(self) -> int:
        """How many tickets it can still give."""
        return self.capacity - self.held - self.sold

    @property
    def spare(self) -> int:
        """How many tickets go to a later lot when it closes: an unlimited lot passes on only what came to it."""
        return self.capacity - self.spec.quantity if self.spec.unlimited else self.left

    def is_over(self, now_us: int) -> bool:
        """Whether its turn is over, if there is a later lot."""
        sold_out = self.left == 0 and not self.spec.unlimited
        return self.closed or sold_out or 0 < self.spec.ends_us <= now_us


@dataclass(frozen=True, slots=True)
class Part:
    """A number of tickets that one lot gives."""

    spec: LotSpec
    quantity: int


# The lots of one ticket type, in the order in which they are sold.
Lots = tuple[Lot, ...]
# The lots that give the tickets of each ticket type, in order.
Parts = dict[str, list[Part]]


def fresh(spec: LotSpec) -> Lot:
    """A lot that has given nothing."""
    return Lot(spec=spec, capacity=spec.quantity)


def turned(lots: Lots, now_us: int) -> Lots:
    """The lots of a type after those whose turn is over have left their tickets to the next one."""
    after, spare = [], 0
    for lot in lots[:-1]:
        one = lot if lot.closed else replace(lot, capacity=lot.capacity + spare)
        spare = spare if lot.closed else 0
        if one.is_over(now_us):
            spare += one.spare
            one = replace(one, closed=True, capacity=one.capacity - one.spare)
        after.append(one)
    return (*after, *(replace(last, capacity=last.capacity + spare) for last in lots[-1:]))


def left(several: Mapping[str, Lots]) -> dict[str, int]:
    """How many tickets the lots of each type can still give, by the name under which they are counted. several: turned,
    by ticket type id."""
    return {lots_name(type_id): sum(lot.left for lot in lots if not lot.closed) for type_id, lots in several.items()}


def in_all(several: Mapping[str, Lots]) -> dict[str, int]:
    """How many tickets the lots of each type have in all, by the name under which they are counted. several: by ticket
    type id."""
    return {lots_name(type_id): sum(lot.capacity for lot in lots) for type_id, lots in several.items()}


def current(lots: Lots) -> Lot:
    """The lot whose turn it is. lots: turned."""
    return next(lot for lot in lots if not lot.closed)


def taken(
    known: Mapping[str, Lots], wanted: Sequence[tuple[str, int]], types: Mapping[str, TicketType], *, now_us: int
) -> tuple[dict[str, Lots], Parts]:
    """The lots after some tickets are held, and where the tickets come from. Raises SoldOut for the first type of which
    the lots have too few.

    known: the lots of each type that has some. wanted: (ticket type id, quantity) in the order of the wish.
    """
    after, parts = dict(known), Parts()
    for type_id, quantity in wanted:
        owner = types[type_id].lots_of
        before = after[owner]
        after[owner], parts[type_id] = give(before, quantity, now_us)
        given = sum(part.quantity for part in parts[type_id])
        if given < quantity:
            raise SoldOut(ticket_type_id=type_id, available=given)
    return after, parts


def give(lots: Lots, quantity: int, now_us: int) -> tuple[Lots, list[Part]]:
    """The lots of a type after they have given some tickets, as many as they have, and the parts that each gave."""
    lots, parts = turned(lots, now_us), list[Part]()
    while quantity:
        lot = current(lots)
        given = min(quantity, lot.left)
        if not given:
            break
        parts.append(Part(lot.spec, given))
        after = replace(lot, held=lot.held + given)
        lots = turned(tuple(after if one is lot else one for one in lots), now_us)
        quantity -= given
    return lots, parts


def foreseen(
    known: Mapping[str, Lots], wanted: Sequence[tuple[str, int]], types: Mapping[str, TicketType], *, now_us: int
) -> Parts:
    """Where tickets would come from now. Tickets that are not there count as those of the last lot."""
    after, parts = dict(known), Parts()
    for type_id, quantity in wanted:
        owner = types[type_id].lots_of if type_id in types else ""
        if owner not in after:
            continue
        after[owner], found = give(after[owner], quantity, now_us)
        rest = quantity - sum(part.quantity for part in found)
        parts[type_id] = joined([*found, Part(after[owner][-1].spec, rest)])
    return parts


def joined(parts: Sequence[Part]) -> list[Part]:
    """Parts with one entry for each lot, without empty ones."""
    many: Counter[LotSpec] = Counter()
    for part in parts:
        many[part.spec] += part.quantity
    return [Part(spec, quantity) for spec, quantity in many.items() if quantity]


def with_lots(places: Sequence[Place], parts: Parts) -> tuple[Place, ...]:
    """Places with the lots that gave them: the first places of a type come from its first part."""
    specs = {
        type_id: iter([part.spec for part in several for _ in range(part.quantity)])
        for type_id, several in parts.items()
    }
    return tuple(
        replace(place, lot=PlaceLot(spec.lot_id, spec.version))
        if (spec := next(specs.get(place.ticket_type_id, iter(())), None))
        else place
        for place in places
    )


def counted(places: Iterable[Place], types: Mapping[str, TicketType]) -> dict[str, Counter[str]]:
    """How many tickets the lots of each type gave to some places, by lot id. Leaves out places without a lot."""
    counts: dict[str, Counter[str]] = {}
    for place in places:
        if place.lot:
            counts.setdefault(types[place.ticket_type_id].lots_of, Counter())[place.lot.lot_id] += 1
    return counts


def moved(lots: Lots, counts: Mapping[str, int], *, held: int, sold: int, now_us: int) -> Lots:
    """The lots of a type after tickets are sold or given back. counts: how many tickets, by lot id. held, sold: what
    one ticket adds to these counts."""
    changed = [(lot, counts.get(lot.spec.lot_id, 0)) for lot in lots]
    return turned(
        tuple(replace(lot, held=lot.held + held * many, sold=lot.sold + sold * many) for lot, many in changed), now_us
    )


def changed(known: Lots, wanted: Sequence[LotSpec], *, now_us: int) -> Lots:
    """The lots of a type as its organizer wants them. What earlier lots have left to a lot stays with it. Raises
    LotStarted if a lot whose turn has begun would lose its place, name or price, or one whose turn is over would change
    at all, or would be the last; CapacityBelowSold if a lot would have less than is held and sold of it."""
    known = turned(known, now_us)
    begun = known[: known.index(current(known)) + 1] if known else ()
    for n, lot in enumerate(begun):
        check_begun(lot, wanted[n] if n < len(wanted) else None)
    # The time of a later lot may be over before its turn. It stays closed, and no last lot is closed.
    before_last = {spec.lot_id: spec for spec in wanted[:-1]}
    for lot in known[len(begun) :]:
        if lot.closed:
            check_begun(lot, before_last.get(lot.spec.lot_id))
    by_id = {lot.spec.lot_id: lot for lot in known}
    return turned(tuple(resized(by_id.get(spec.lot_id) or fresh(spec), spec) for spec in wanted), now_us)


def check_begun(lot: Lot, wanted: LotSpec | None) -> None:
    """Raises LotStarted if a lot whose turn has begun may not become what is wanted."""
    spec = lot.spec
    if wanted is None or (wanted.lot_id, wanted.version) != (spec.lot_id, spec.version):
        raise LotStarted(lot_id=spec.lot_id)
    # The quantity of an unlimited lot follows the places of the event.
    same = wanted.unlimited if spec.unlimited else (wanted.quantity, wanted.unlimited) == (spec.quantity, False)
    if lot.closed and not (same and wanted.ends_us == spec.ends_us):
        raise LotStarted(lot_id=spec.lot_id)


def resized(lot: Lot, spec: LotSpec) -> Lot:
    """A lot with the wanted quantity. Raises CapacityBelowSold."""
    if lot.closed and not spec.unlimited:
        return lot
    capacity = lot.capacity + spec.quantity - lot.spec.quantity
    if capacity < lot.held + lot.sold:
        raise CapacityBelowSold(name=spec.lot_id, taken=lot.held + lot.sold, wanted=capacity)
    return replace(lot, spec=spec, capacity=capacity)
