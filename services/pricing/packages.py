"""Packages: tickets that are sold together for one price, such as the eight places of a table. Pure.

The price of a package is split over its tickets to the last minor unit, so that an order has exact prices for each
ticket: 100.00 for three are 33.34, 33.33 and 33.33. A coupon lowers the price of the package before it is split, so no
share of it is more than the share of the full price.
"""

from collections.abc import Iterable

from eventhub.refusals import PackageIncomplete
from services.kit.values import Money


def check_whole(ticket_type_id: str, size: int, quantity: int) -> None:
    """Raises PackageIncomplete if a number of tickets is not whole packages."""
    if quantity % size:
        raise PackageIncomplete(ticket_type_id=ticket_type_id, size=size)


def shares(packages: Iterable[Money], size: int) -> tuple[Money, ...]:
    """The price of each ticket of some packages, package by package."""
    return tuple(share for price in packages for share in price.split(size))
