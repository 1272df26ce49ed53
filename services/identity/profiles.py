"""Organizers' public profiles, and the rule for changing them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

# The fields that a call may change, by their names in the contract: the fields of Profile that each stands for.
FIELDS = {
    "name": ("name",),
    "about": ("about",),
    "picture": ("picture_url", "picture_alt"),
    "email": ("email",),
    "phone": ("phone",),
    "site": ("site",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What everyone may read about an organizer. All but the name may be empty."""

    organizer_id: str
    name: str
    about: str
    picture_url: str
    picture_alt: str
    email: str
    phone: str
    site: str


def changed(before: Profile, wanted: Profile, names: Iterable[str]) -> Profile:
    """A profile with some fields of another one. names: keys of FIELDS."""
    return replace(before, **{part: getattr(wanted, part) for name in names for part in FIELDS[name]})
