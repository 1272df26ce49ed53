"""Amounts of money, in whole minor units of one currency. A split loses nothing, and currencies never mix."""

from dataclasses import dataclass
from typing import Self

from eventhub.common.v1 import money_pb2 as pb

WHOLE_BP = 10_000
# The largest amount of the contract's Money.
MINOR_MAX = 100_000_000_000
DECIMALS = dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
DECIMALS |= dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"), 0)
DECIMALS |= dict.fromkeys(("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0)
# Currencies that events can be sold in: those that a country or a union of countries uses today, from Unicode's CLDR.
# Gold (XAU), test codes (XTS) and currencies no longer in use are not among them.
IN_USE = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(IN_USE.split())


class CurrenciesDiffer(ValueError):
    """Code tried to add or compare amounts of two currencies."""


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount.

    minor: amount in the currency's smallest unit; negative only as the result of a subtraction. currency: ISO 4217
    code.
    """

    minor: int
    currency: str

    @classmethod
    def from_pb(cls, amount: pb.Money) -> Self:
        """Converts the contract's Money."""
        return cls(amount.minor, amount.currency)

    def to_pb(self) -> pb.Money:
        """Converts to the contract's Money."""
        return pb.Money(minor=self.minor, currency=self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def percent(self, basis_points: int) -> "Money":
        """A share of the amount, rounded half up to the minor unit. To get the rest, subtract the share: two shares
        rounded apart may not add up.

        basis_points: hundredths of a percent; 1000 is 10 %.
        """
        return Money((self.minor * basis_points + WHOLE_BP // 2) // WHOLE_BP, self.currency)

    def split(self, parts: int) -> list["Money"]:
        """Splits the amount into parts that add up to it and differ by at most one minor unit, larger ones first."""
        each, larger = divmod(self.minor, parts)
        return [Money(each + (n < larger), self.currency) for n in range(parts)]

    def __str__(self) -> str:
        decimals = DECIMALS.get(self.currency, 2)
        whole, part = divmod(abs(self.minor), 10**decimals)
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{whole}.{part:0{decimals}} {self.currency}" if decimals else f"{sign}{whole} {self.currency}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrenciesDiffer(f"{self.currency} and {other.currency}")
        return other.minor


def total(amounts: list[Money], currency: str) -> Money:
    """The sum of amounts; zero of the currency if there are none. Raises CurrenciesDiffer if one has another
    currency."""
    return sum(amounts, start=Money(0, currency))
