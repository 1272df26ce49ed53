"""Base45 (RFC 9285): bytes as text that a QR code stores compactly. Decoding accepts one text for each bytes only."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
VALUES = {digit: value for value, digit in enumerate(ALPHABET)}
PAIR, TRIPLE = 2, 3


def encode(data: bytes) -> str:
    """Two bytes become three digits, a last single byte two; least significant digit first."""
    digits = []
    for start in range(0, len(data), PAIR):
        group = data[start : start + PAIR]
        number = int.from_bytes(group, "big")
        for _ in range(len(group) + 1):
            number, digit = divmod(number, 45)
            digits.append(ALPHABET[digit])
    return "".join(digits)


def decode(text: str) -> bytes:
    """The bytes in a text. Raises ValueError for foreign digits, an impossible length or a group too large."""
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
