"""The supported languages, and the form of amounts and times in each."""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.kit.values.money import DECIMALS

PORTUGUESE, ENGLISH = "pt-BR", "en"
BABEL = {PORTUGUESE: "pt_BR", ENGLISH: "en"}
OURS = {"pt": PORTUGUESE, "en": ENGLISH}
MOMENT = {PORTUGUESE: "d 'de' MMMM 'de' y, HH:mm", ENGLISH: "MMMM d, y, HH:mm"}
UTC = "UTC"
# A header may be long; only its first languages are read.
ASKED_MAX = 10


def language_of(*locales: str) -> str:
    """The supported language for the first locale that is not empty; Portuguese if there is none."""
    for locale in locales:
        if locale:
            return ENGLISH if primary(locale) == ENGLISH else PORTUGUESE
    return PORTUGUESE


def primary(locale: str) -> str:
    """The language in a locale: "en" for "en-US"."""
    return locale.strip().lower().replace("_", "-").split("-")[0]


def negotiate(accept_language: str, locale: str) -> str:
    """The language to answer in: the one that asked_for() finds, otherwise Portuguese."""
    return asked_for(accept_language, locale) or PORTUGUESE


@lru_cache(maxsize=1_000)
def asked_for(accept_language: str, locale: str) -> str:
    """The language that a caller asks for: of the supported languages in the header, the one with the largest weight.
    Empty if nothing names a supported one.

    accept_language: HTTP's header Accept-Language, such as "en-GB,en;q=0.9,fr;q=0.5".
    locale: the person's own, used if the header names no supported language.
    """
    wanted: list[tuple[float, int, str]] = []
    for part in accept_language.split(",", ASKED_MAX)[:ASKED_MAX]:
        name, _, weight = part.partition(";")
        language = OURS.get(primary(name))
        if language and weight_of(weight) > 0:
            wanted.append((-weight_of(weight), len(wanted), language))
    if wanted:
        return min(wanted)[2]
    return language_of(locale) if locale else ""


def weight_of(text: str) -> float:
    """Parses a weight: 0.9 for "q=0.9", 1 if there is none, 0 if it is malformed."""
    if not text.strip():
        return 1.0
    try:
        return float(text.strip().removeprefix("q="))
    except ValueError:
        return 0.0


@lru_cache(maxsize=1_000)
def amount(minor: int, currency: str, language: str) -> str:
    """Formats an amount of money: "R$ 50,00". Cached, because the same few prices are shown again and again."""
    from babel.numbers import format_currency  # noqa: PLC0415 - slow to import; not every process needs it

    value = Decimal(minor).scaleb(-DECIMALS.get(currency, 2))
    return str(format_currency(value, currency, locale=BABEL[language]))


def percent(basis_points: int, language: str) -> str:
    """Formats a share: "12,5%" for 1250 basis points."""
    from babel.numbers import format_percent  # noqa: PLC0415 - slow to import; not every process needs it

    return str(format_percent(Decimal(basis_points).scaleb(-4), format="#,##0.##%", locale=BABEL[language]))


def moment(rfc3339: str, time_zone: str, language: str) -> str:
    """Formats a time in a time zone: "31 de dezembro de 2026, 20:00". Without a zone it is in UTC and ends in "UTC"."""
    from babel.dates import format_datetime  # noqa: PLC0415 - slow to import; not every process needs it

    local = datetime.fromisoformat(rfc3339).astimezone(ZoneInfo(time_zone or UTC))
    shown = str(format_datetime(local, MOMENT[language], locale=BABEL[language]))
    return shown if time_zone else f"{shown} {UTC}"


def span(seconds: float, language: str) -> str:
    """Formats a duration in whole seconds, minutes or hours: "30 segundos". At least one second."""
    return whole_span(max(1, math.ceil(seconds)), language)


@lru_cache(maxsize=1_000)
def whole_span(seconds: int, language: str) -> str:
    """Formats whole seconds. Cached, because under overload the same few durations are sent again and again."""
    from babel.dates import format_timedelta  # noqa: PLC0415 - slow to import; not every process needs it

    return str(format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=BABEL[language]))
