"""Rules for new passwords. Decisions only."""

import unicodedata
from collections.abc import Iterable

from eventhub.refusal import Violation

SHORTEST, LONGEST = 10, 128
DIFFERENT_MIN = 4
# How much of a password must remain without the owner's e-mail and names, and how long a word is to be removed.
LEFT_MIN, WORD_MIN = 6, 4
# The commonest passwords among those that are long enough.
COMMONEST = frozenset(
    {
        "0123456789",
        "0987654321",
        "1029384756",
        "1122334455",
        "1234567890",
        "123456789012",
        "1234567891",
        "12345678910",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "9876543210",
        "a123456789",
        "abc1234567",
        "abcd123456",
        "abcdefghij",
        "abcdefghijkl",
        "admin12345",
        "admin123456",
        "administrator",
        "asdfghjkl123",
        "baseball123",
        "brasil12345",
        "changeme123",
        "corinthians",
        "deusefiel123",
        "dragon12345",
        "eventhub123",
        "flamengo123",
        "football123",
        "iloveyou123",
        "jesuscristo",
        "letmein123",
        "minhasenha",
        "minhasenha123",
        "monkey12345",
        "mudar12345",
        "p@ssw0rd123",
        "p@ssword123",
        "palmeiras123",
        "passw0rd123",
        "password12",
        "password123",
        "password1234",
        "password12345",
        "passwordpassword",
        "princess123",
        "qwerty12345",
        "qwerty123456",
        "qwertyuiop",
        "qwertyuiop123",
        "senha12345",
        "senha123456",
        "senhasenha",
        "sunshine123",
        "superman123",
        "teamo12345",
        "trustno1234",
        "welcome123",
        "welcome1234",
        "zxcvbnm123",
    }
)
TOO_SHORT = Violation("password.length", "10 to 128 characters", "de 10 a 128 caracteres")
CONTROL = Violation("password.control", "no control characters", "sem caracteres de controle")
ALIKE = Violation("password.alike", "at least four different characters", "pelo menos quatro caracteres diferentes")
COMMON = Violation("password.common", "not one of the commonest passwords", "não uma das senhas mais comuns")
OWN = Violation("password.own", "not the e-mail or the name", "não o e-mail nem o nome")


def normalize(password: str) -> str:
    """A password in the form that is compared: NFKC, because keyboards encode one letter in several ways."""
    return unicodedata.normalize("NFKC", password)


def violation_of(password: str, known: Iterable[str]) -> Violation | None:
    """The first rule that a new password breaks; None if it breaks none. known: the owner's e-mail and names, which
    strangers may know."""
    password = normalize(password)
    plain = password.casefold()
    rules = (
        (TOO_SHORT, not SHORTEST <= len(password) <= LONGEST),
        (CONTROL, any(unicodedata.category(character) == "Cc" for character in password)),
        (ALIKE, len(set(plain)) < DIFFERENT_MIN),
        (COMMON, plain in COMMONEST),
        (OWN, len(without(plain, known)) < LEFT_MIN),
    )
    return next((violation for violation, broken in rules if broken), None)


def without(plain: str, known: Iterable[str]) -> str:
    """The rest of a password without its owner's e-mail, the parts of the e-mail, and the names."""
    words = {word for text in known for word in (text, *text.replace("@", " ").split())}
    for word in sorted((normalize(word).casefold() for word in words), key=len, reverse=True):
        if len(word) >= WORD_MIN:
            plain = plain.replace(word, "")
    return plain
