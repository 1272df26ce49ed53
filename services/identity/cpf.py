"""CPFs, the numbers of Brazilian taxpayers. Decisions only."""

DIGITS = 11


def is_valid(cpf: str) -> bool:
    """Whether eleven digits are a CPF: each check digit follows from the digits before it."""
    if len(cpf) != DIGITS or len(set(cpf)) == 1:
        return False
    digits = [int(digit) for digit in cpf]
    return all(digits[n] == check_digit(digits[:n]) for n in (9, 10))


def check_digit(digits: list[int]) -> int:
    """The CPF check digit that follows these digits."""
    weighed = sum(digit * weight for digit, weight in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
    return weighed * 10 % 11 % 10
