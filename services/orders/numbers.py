"""Short numbers of orders that people can read over a phone, such as "K7Q4-93MD". Knowing a number gives no rights.

Seven characters are random, and the eighth checks them. The alphabet has 31 characters that people do not confuse.
Because 31 is prime, a sum with a different weight for each position detects every wrong character and every swap of
two characters.
"""

import hashlib

from services.kit.language import rules

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
DRAWN, HALF = 7, 4


def drawn(secret: str) -> str:
    """The number that is derived from a fresh secret."""
    value = int.from_bytes(hashlib.sha256(secret.encode()).digest())
    digits = [value // len(ALPHABET) ** position % len(ALPHABET) for position in range(DRAWN)]
    return shown("".join(ALPHABET[digit] for digit in (*digits, -weighed(digits) % len(ALPHABET))))


def weighed(digits: list[int]) -> int:
    """The sum of the digits, each times its weight. The last digit weighs 2, the check character after it 1."""
    return sum(digit * (len(digits) + 1 - position) for position, digit in enumerate(digits))


def shown(characters: str) -> str:
    """A number with the dash in its middle."""
    return f"{characters[:HALF]}-{characters[HALF:]}"


def read(typed: str) -> str:
    """The number that a person has typed, with or without dash, in upper or lower case. Raises InvalidRequest if its
    check character is wrong."""
    characters = "".join(typed.upper().replace("-", "").split())
    digits = [ALPHABET.find(character) for character in characters]
    sound = len(digits) == DRAWN + 1 and min(digits) >= 0
    if not sound or (weighed(digits[:DRAWN]) + digits[DRAWN]) % len(ALPHABET):
        raise rules.invalid(
            "number", "order.number", "an order's number, such as K7Q4-93MD", "o número de um pedido, como K7Q4-93MD"
        )
    return shown(characters)
