"""Orders' short numbers, to be read over a phone: "K7Q4-93MD". A number names an order and gives nobody a right to it.

Seven characters are drawn, and one checks them. The alphabet has 31 characters, none like another; 31 is prime, so
a sum with a weight of its own for each place finds any wrong character and any two that changed places.
"""

import hashlib

from services.kit.language import rules

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
DRAWN, HALF = 7, 4


def drawn(secret: str) -> str:
    """The number that a fresh secret stands for."""
    value = int.from_bytes(hashlib.sha256(secret.encode()).digest())
    digits = [value // len(ALPHABET) ** place % len(ALPHABET) for place in range(DRAWN)]
    return shown("".join(ALPHABET[digit] for digit in (*digits, -weighed(digits) % len(ALPHABET))))


def weighed(digits: list[int]) -> int:
    """The digits' sum, each by its place; the check character comes last and counts once."""
    return sum(digit * (len(digits) + 1 - place) for place, digit in enumerate(digits))


def shown(characters: str) -> str:
    """A number's characters as people read them."""
    return f"{characters[:HALF]}-{characters[HALF:]}"


def read(typed: str) -> str:
    """The number that somebody typed. Raises InvalidRequest where it cannot be one."""
    characters = "".join(typed.upper().replace("-", "").split())
    digits = [ALPHABET.find(character) for character in characters]
    sound = len(digits) == DRAWN + 1 and min(digits) >= 0
    if not sound or (weighed(digits[:DRAWN]) + digits[DRAWN]) % len(ALPHABET):
        raise rules.invalid(
            "number", "order.number", "an order's number, such as K7Q4-93MD", "o número de um pedido, como K7Q4-93MD"
        )
    return shown(characters)
