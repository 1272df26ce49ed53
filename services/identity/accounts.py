"""Organizers, their members, and the accounts that claim an e-mail address. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from eventhub.refusals import LastOwner


class MemberRole(IntEnum):
    """The contract's Role, as the database stores it. REMOVED is its ROLE_UNSPECIFIED: the row of a removed member
    stays, so that a repeated removal is no error."""

    REMOVED = 0
    OWNER = 1
    MANAGER = 2
    FINANCE = 3
    BOX_OFFICE = 4
    VIEWER = 5


@dataclass(frozen=True, slots=True)
class Organizer:
    """An organizer. content_hash: the hash of the request that registered it."""

    organizer_id: str
    name: str
    content_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who works for organizers.

    password_phc: Argon2id in PHC form; empty for none.
    verified: whether the person has proven the e-mail. Until then, anyone may have typed it.
    """

    account_id: str
    email: str
    name: str
    password_phc: str = ""
    locale: str
    verified: bool = False

    @property
    def subject_id(self) -> str:
        """The subject by which other contexts know the account."""
        return self.account_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An account's role for an organizer.

    proven: whether the account has proven its e-mail.
    locale: the account's language.
    invited: whether the person has yet to accept.
    became: the account that is the member in this account's place; empty for none.
    """

    organizer_id: str
    account_id: str
    role: MemberRole
    proven: bool = False
    locale: str = ""
    invited: bool = False
    became: str = ""

    @property
    def subject_id(self) -> str:
        """The subject of the member's tokens."""
        return self.account_id

    @property
    def works(self) -> bool:
        """Whether the member acts for the organizer."""
        return self.role != MemberRole.REMOVED and not self.invited


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the organizer's list shows it."""

    account: Account
    role: MemberRole
    invited: bool


def check_owners_left(owners: int, *, old_role: MemberRole, new_role: MemberRole) -> None:
    """Raises LastOwner if a change of a member's role leaves an organizer without an owner. owners: their number before
    the change."""
    if old_role == MemberRole.OWNER and new_role != MemberRole.OWNER and owners <= 1:
        raise LastOwner


def claimants(accounts: Sequence[Account], session_id: str) -> list[Account]:
    """The accounts of an address in the order in which its owner may mean them: the account of the call's token, the
    account that has proven the address, then the oldest. A later claim takes nothing from an earlier account. accounts:
    oldest first."""
    return sorted(accounts, key=lambda account: (account.account_id != session_id, not account.verified))


def owner_of(accounts: Sequence[Account]) -> Account:
    """The account that an address belongs to: the one that has proven it, else the first, which will prove it now."""
    return next((account for account in accounts if account.verified), accounts[0])
