"""Numbers that a card may have, found in a text however people write them: in groups, with any signs between, in other
scripts' digits."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

DIGITS_MIN, DIGITS_MAX = 13, 19
# With the country's code.
PHONE_MAX = 15
# The shortest number in an e-mail that counts: people have their phone's there, without a +.
IN_EMAIL_MIN = 14
# What usually stands between the groups of a number's digits. With one of these groups may have any size.
SIGNS = (" ", ".", "-")
# Any other signs do too, but only between groups as they are embossed on cards.
GAP = re.compile(r"(?:[^\w\r\n]|_){1,3}")
EMBOSSED = {(4, 6, 4), (4, 6, 5), (4, 4, 4, 4), *((4, 4, 4, 4, rest) for rest in (1, 2, 3))}
EMBOSSED_IN = sorted({len(sizes) for sizes in EMBOSSED})
TIGHT = (".", "-", "_")
# How the schemes' numbers begin, by their length; a phone number or a CNPJ of the same length begins otherwise.
ISSUED = {
    13: re.compile("4"),
    14: re.compile("3(?:0[0-5]|[689])"),
    15: re.compile("3[47]"),
    16: re.compile("2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3(?:0[0-5]|[5689])|[456]"),
    **dict.fromkeys((17, 18, 19), re.compile("[456]")),
}
FIRST_DIGITS = "23456"
# Each digit twice, and the sum of its digits.
DOUBLED = str.maketrans("0123456789", "0246813579")
MINUS = "\u2212"


def has_card_number(text: str, least: int = DIGITS_MIN) -> bool:
    """Whether there is a number in a text that a card may have. least: the shortest that counts."""
    return any(ISSUED[len(digits)].match(digits) and is_card_number(digits) for digits in numbers(alike(text), least))


def is_in_email(address: str) -> bool:
    """Whether the name in an e-mail is, or has, a number that a card may have."""
    return has_card_number(address.rpartition("@")[0].replace("+", " "), IN_EMAIL_MIN)


def alike(text: str) -> str:
    """A text in which all digits, dashes and spaces are ASCII, and spaces are single."""
    if not text.isascii():
        text = re.sub(r"[^\x00-\x7f]", in_ascii, text)
    return re.sub(r"[^\S\r\n]+", " ", text)


def in_ascii(sign: "re.Match[str]") -> str:
    """A digit or a dash of any script as one of ASCII; other signs as they are."""
    if sign[0].isdecimal():
        return str(unicodedata.decimal(sign[0]))
    return "-" if sign[0] == MINUS or unicodedata.category(sign[0]) == "Pd" else sign[0]


def numbers(text: str, least: int) -> Iterator[str]:
    """The numbers in a text that are as long as a card's, and with a + before them longer than a phone's."""
    groups = list(re.finditer(r"[0-9]+", text))
    digits = [group[0] for group in groups]
    gaps = [text[one.end() : other.start()] for one, other in pairwise(groups)]
    for n, first in enumerate(groups):
        if digits[n][0] in FIRST_DIGITS:
            is_phone = text[first.start() - 1 : first.start()] == "+"
            for number in chain(run(digits, gaps, n), embossed(digits, gaps, n)):
                if len(number) > (PHONE_MAX if is_phone else least - 1):
                    yield number


def run(digits: Sequence[str], gaps: Sequence[str], n: int) -> Iterator[str]:
    """A group of digits, and it with each more of those that follow with one usual sign between."""
    number, sign = digits[n], gaps[n] if n < len(gaps) else ""
    for following in range(n + 1, n + 1 + DIGITS_MAX):
        if len(number) > DIGITS_MAX:
            return
        if len(number) >= DIGITS_MIN:
            yield number
        if sign not in SIGNS or gaps[following - 1 : following] != [sign]:
            return
        number += digits[following]


def embossed(digits: Sequence[str], gaps: Sequence[str], n: int) -> Iterator[str]:
    """The groups of digits from one on that are those of a card, whatever stands between."""
    for count in EMBOSSED_IN:
        sizes = tuple(len(group) for group in digits[n : n + count])
        between = gaps[n : n + count - 1]
        if sizes in EMBOSSED and all(GAP.fullmatch(gap) for gap in between) and not are_two(between):
            yield "".join(digits[n : n + count])


def are_two(gaps: Sequence[str]) -> bool:
    """Whether four groups are two phones: "4004-0001, 4004-0002". A card is "4111 1111-1111 1111" at the worst."""
    first, middle, last = (*gaps[:3], "", "")[:3]
    return first == last != middle and not (first == " " and middle in TIGHT)


def is_card_number(digits: str) -> bool:
    """Whether digits pass the Luhn check that every card number passes."""
    return sum(map(int, digits[::-2] + digits[-2::-2].translate(DOUBLED))) % 10 == 0
