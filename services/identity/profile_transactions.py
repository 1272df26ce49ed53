"""identity's reads and writes of organizers' public profiles."""

from collections.abc import Iterable

from eventhub.refusals import OrganizerNotFound
from services.identity import profile_store, profiles
from services.identity.profiles import Profile
from services.kit.db import Tx


async def find_profile(tx: Tx, organizer_id: str) -> Profile:
    """An organizer's profile. Raises OrganizerNotFound."""
    found = await profile_store.profiles(tx, [organizer_id])
    if not found:
        raise OrganizerNotFound
    return found[0]


async def update_profile(tx: Tx, wanted: Profile, names: Iterable[str]) -> Profile:
    """Changes some fields of an organizer's profile. Returns the profile after that. names: those of the fields, as in
    profiles.FIELDS. Raises OrganizerNotFound."""
    before = await profile_store.lock_profile(tx, wanted.organizer_id)
    if before is None:
        raise OrganizerNotFound
    after = profiles.changed(before, wanted, names)
    if after != before:
        await profile_store.save_profile(tx, after)
    return after
