"""Finds for taken seats any others of the same category: the best for the best, groups side by side. Pure.

Accessible seats come first, each together with those of its companions. They go to accessible seats of the same kind,
and no other seat does. Then follow all other seats, hold by hold, and at last those that are blocked.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from services.catalog.plans.plan import Seat
from services.catalog.relocation.free_seats import FreeSeats, along_row, best
from services.catalog.relocation.mapping import Finding, Reason, Rules, Taken, given_first

Kind = tuple[str, int]


def is_special(seat: Seat) -> bool:
    """Whether a seat is accessible, or for the companion beside one."""
    return bool(seat.accessible or seat.companion_of)


def by_category(taken: Sequence[Taken], seats: Sequence[Seat], rules: Rules) -> Finding:
    """Finds for each taken seat one of the same category."""
    found = given_first(taken, rules)
    used = set(found.targets.values())
    free = [seat for seat in seats if seat.seat_id not in used]
    left = [one for one in taken if not found.knows(one)]
    AccessibleSeats(free, rules, found).place([one for one in left if is_special(one.seat)])
    place_groups([one for one in left if not is_special(one.seat)], free, rules, found)
    return found


def place_groups(taken: Sequence[Taken], free: Sequence[Seat], rules: Rules, found: Finding) -> None:
    """Places the seats of each hold in each category side by side; blocked seats one by one after all others."""
    by_name: dict[str, list[Seat]] = defaultdict(list)
    for seat in free:
        if not is_special(seat):
            by_name[seat.category].append(seat)
    left = {category: FreeSeats(some) for category, some in by_name.items()}
    for category, group in groups_of(taken, rules):
        seats = left[category].take(len(group)) if category in left else []
        for one, seat in zip(group, seats, strict=False):
            found.move(one, seat)
        found.stick(Reason.CATEGORY_FULL, *group[len(seats) :])


def groups_of(taken: Iterable[Taken], rules: Rules) -> list[tuple[str, list[Taken]]]:
    """Taken seats that are to be side by side, each group with its category in the new plan, in the order in which they
    are placed."""
    groups: dict[tuple[str, str, str], list[Taken]] = defaultdict(list)
    for one in taken:
        alone = one.seat.seat_id if one.blocked else ""
        groups[rules.category_of(one.seat), one.hold_id, alone].append(one)
    for group in groups.values():
        group.sort(key=lambda one: (along_row(one.seat), one.seat.seat_id))
    in_order = sorted(groups.items(), key=lambda item: (item[1][0].blocked, min(best(one.seat) for one in item[1])))
    return [(category, group) for (category, _, _), group in in_order]


class AccessibleSeats:
    """Free accessible seats of a plan, with those of companions beside them."""

    def __init__(self, free: Iterable[Seat], rules: Rules, found: Finding) -> None:
        """found: where places are written down."""
        self._rules = rules
        self._found = found
        # By category and kind, and by the accessible seat that they are beside; the best first.
        self._seats: dict[Kind, list[Seat]] = defaultdict(list)
        self._beside: dict[str, list[Seat]] = defaultdict(list)
        self._used: set[str] = set()
        # By what is asked for: how many of the best seats are used or have no room. They never have it again.
        self._passed: dict[tuple[Kind, tuple[str, ...]], int] = defaultdict(int)
        for seat in sorted(filter(is_special, free), key=best):
            if seat.companion_of:
                self._beside[seat.companion_of].append(seat)
            else:
                self._seats[seat.category, seat.accessible].append(seat)

    def place(self, taken: Sequence[Taken]) -> None:
        """Places accessible seats and those of companions."""
        accessible = {one.seat.seat_id: one for one in taken if one.seat.accessible}
        companions: dict[str, list[Taken]] = defaultdict(list)
        alone: list[Taken] = []
        for one in sorted(taken, key=lambda one: best(one.seat)):
            beside = accessible.get(one.seat.companion_of)
            if beside is not None and beside.blocked == one.blocked:
                companions[beside.seat.seat_id].append(one)
            elif one.seat.companion_of:
                alone.append(one)
        # Those with most companions choose first: they have the fewest seats to choose from.
        for one in sorted(
            accessible.values(), key=lambda one: (one.blocked, -len(companions[one.seat.seat_id]), best(one.seat))
        ):
            self._place_with(one, companions[one.seat.seat_id])
        self._place_alone(self._place_beside(sorted(alone, key=lambda one: one.blocked)))

    def _place_with(self, one: Taken, companions: Sequence[Taken]) -> None:
        """Places an accessible seat and its companions, all or none."""
        kind = self._rules.category_of(one.seat), one.seat.accessible
        asked = kind, tuple(self._rules.category_of(companion.seat) for companion in companions)
        seats = self._seats[kind]
        while self._passed[asked] < len(seats):
            seat = seats[self._passed[asked]]
            room = None if seat.seat_id in self._used else self._room_beside(seat, companions)
            if room is not None:
                for each, place in zip((one, *companions), (seat, *room), strict=True):
                    self._use(each, place)
                return
            self._passed[asked] += 1
        self._found.stick(Reason.NOT_ACCESSIBLE, one, *companions)

    def _room_beside(self, seat: Seat, companions: Sequence[Taken]) -> list[Seat] | None:
        """A free seat beside an accessible one for each companion, in their order; None if there are too few."""
        room: list[Seat] = []
        for companion in companions:
            category = self._rules.category_of(companion.seat)
            beside = (one for one in self._beside[seat.seat_id] if one.seat_id not in self._used and one not in room)
            place = next((one for one in beside if one.category == category), None)
            if place is None:
                return None
            room.append(place)
        return room

    def _use(self, one: Taken, seat: Seat) -> None:
        self._found.move(one, seat)
        self._used.add(seat.seat_id)

    def _place_beside(self, alone: Iterable[Taken]) -> list[Taken]:
        """Places companions beside accessible seats that have moved without them, for example to given ones. Returns
        those that are left: they are blocked, or their accessible seats do not move."""
        left = []
        for one in alone:
            moved_to = self._found.targets.get(one.seat.companion_of)
            category = self._rules.category_of(one.seat)
            beside = self._beside[moved_to] if moved_to else []
            free = [seat for seat in beside if seat.seat_id not in self._used and seat.category == category]
            if free:
                self._use(one, free[0])
            elif moved_to and not one.blocked:
                self._found.stick(Reason.NOT_ACCESSIBLE, one)
            else:
                left.append(one)
        return left

    def _place_alone(self, left: Iterable[Taken]) -> None:
        """Places companions beside any accessible seats, rather free ones."""
        by_name: dict[str, list[Seat]] = defaultdict(list)
        for seat in sorted(
            (seat for seats in self._beside.values() for seat in seats if seat.seat_id not in self._used),
            key=lambda seat: (seat.companion_of in self._used, best(seat)),
            reverse=True,
        ):
            by_name[seat.category].append(seat)
        for one in left:
            free = by_name[self._rules.category_of(one.seat)]
            if free:
                self._use(one, free.pop())
            else:
                self._found.stick(Reason.NOT_ACCESSIBLE, one)
