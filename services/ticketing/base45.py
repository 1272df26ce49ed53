"""Base45 (RFC 9285) writes bytes as text that a QR code stores compactly.

The decoder accepts exactly one text for each byte string.
"""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
VALUES = {digit: value for value, digit in enumerate(ALPHABET)}
PAIR, TRIPLE = 2, 3


def encode(data: bytes) -> str:
    """Writes each two bytes as three digits and a last single byte as two, least significant digit first."""
    digits = []
    for start in range(0, len(data), PAIR):
        group = data[start : start + PAIR]
        number = int.from_bytes(group, "big")
        for _ in range(len(group) + 1):
            number, digit = divmod(number, 45)
            digits.append(ALPHABET[digit])
    return "".join(digits)


def decode(text: str) -> bytes:
    """Reads the bytes of a text. Raises ValueError for a foreign digit, an impossible length or a group too large."""
    data = bytearray()
    for start in range(0, len(text), TRIPLE):
        group = text[start : start + TRIPLE]
        size = len(group) - 1
        number = 0
        for digit in reversed(group):
            value = VALUES.get(digit)
            if value is None:
                raise ValueError("not a digit of base45")
            number = number * 45 + value
        if size == 0 or number >= 256**size:
            raise ValueError("not a group of base45")
        data += number.to_bytes(size, "big")
    return bytes(data)
