"""Slows down whoever tries out coupon codes. Kept in memory, in each replica: a restart forgives.

A right code is always taken, or its owner would be locked out by others at the same address. But what tells right from
wrong is worth guessing, so it has to cost something: time, which no number of guests makes up for. Wrong codes are
counted by event and network address. Ten are answered at once; after that each code, right or wrong, is looked up in a
turn of its own, two seconds after the one before it, however many ask at the same time. Only a wrong one uses up its
turn. Where more wait than a call has time for, the call is refused before its code is looked up: that tells nothing. So
an address tries 300 codes in ten minutes, where four letters and digits make 1.6 million. A person who has proven their
contact is counted by themselves and waits behind nobody.
"""

from collections import OrderedDict

from eventhub.refusals import TooManyRequests

AT_ONCE = 10
TURN_US = 2_000_000
WAIT_MAX_US = 6_000_000
KEYS_MAX = 10_000
SECOND_US = 1_000_000

# By what somebody is counted, and the event.
Key = tuple[str, str]


class Guesses:
    """The turns that are taken, by key: until when they last. Those taken longest ago are forgotten first."""

    def __init__(self, keys_max: int = KEYS_MAX) -> None:
        """keys_max: how many keys are remembered."""
        self._keys_max = keys_max
        self._taken_until_us: OrderedDict[Key, int] = OrderedDict()

    def take_turn(self, key: Key, *, now_us: int) -> int:
        """Takes the next turn to have a code looked up. In how many microseconds it is. Raises TooManyRequests where
        that is too long, saying when to try again; then none is taken."""
        until_us = max(self._taken_until_us.get(key, 0), now_us) + TURN_US
        wait_us = max(0, until_us - now_us - AT_ONCE * TURN_US)
        if wait_us > WAIT_MAX_US:
            raise TooManyRequests(retry_after_s=(wait_us - WAIT_MAX_US) / SECOND_US)
        self._taken_until_us[key] = until_us
        self._taken_until_us.move_to_end(key)
        while len(self._taken_until_us) > self._keys_max:
            self._taken_until_us.popitem(last=False)
        return wait_us

    def give_back(self, key: Key) -> None:
        """Gives a turn back: the code was right."""
        if key in self._taken_until_us:
            self._taken_until_us[key] -= TURN_US
