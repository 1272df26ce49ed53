"""identity's SQL about organizers, accounts and members."""

from collections.abc import Sequence
from typing import Any

from services.identity.accounts import Account, Member, MemberRole, Membership, Organizer
from services.kit.db import Row, Tx

ACCOUNT = "account_id, email, name, password_phc, locale"
MEMBERSHIP = """SELECT m.organizer_id, m.account_id, m.role, a.verified, a.locale, m.invited, m.became
                FROM membership m JOIN account a USING (account_id)"""
# How many of the oldest and of the newest accounts of an address are read.
CLAIMS_MAX = 100


async def claim_organizer(tx: Tx, organizer: Organizer, now_us: int) -> bool:
    """Stores a new organizer. False if the id is taken."""
    row = await tx.one(
        """INSERT INTO organizer (organizer_id, name, content_hash, at_us) VALUES ($1, $2, $3, $4)
           ON CONFLICT (organizer_id) DO NOTHING RETURNING 1""",
        organizer.organizer_id,
        organizer.name,
        organizer.content_hash,
        now_us,
    )
    return row is not None


async def organizer_hash(tx: Tx, organizer_id: str) -> str:
    """The content hash that an organizer was registered with; empty if there is no such organizer."""
    row = await tx.one("SELECT content_hash FROM organizer WHERE organizer_id = $1", organizer_id)
    return row[0] if row else ""


async def claim_account(tx: Tx, account: Account, now_us: int) -> bool:
    """Stores a new account. False if the id is taken."""
    row = await tx.one(
        f"""INSERT INTO account ({ACCOUNT}, at_us) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT DO NOTHING RETURNING 1""",
        account.account_id,
        account.email,
        account.name,
        account.password_phc,
        account.locale,
        now_us,
    )
    return row is not None


async def find_account(tx: Tx, account_id: str) -> Account | None:
    """The account of an id."""
    row = await tx.one(f"SELECT {ACCOUNT}, verified FROM account WHERE account_id = $1", account_id)
    return _account(row) if row else None


async def find_accounts(tx: Tx, email: str) -> list[Account]:
    """The accounts of an address: the one that has proven it, then those that claim it, oldest first.

    If there are very many, only the oldest and newest, so that a flood of claims hides neither an old account nor the
    latest.
    """
    rows = await tx.all(
        f"""SELECT {ACCOUNT}, verified FROM account WHERE email = $1 AND (
                verified = 1
                OR account_id IN (SELECT account_id FROM account WHERE email = $1 ORDER BY at_us LIMIT $2)
                OR account_id IN (SELECT account_id FROM account WHERE email = $1 ORDER BY at_us DESC LIMIT $2)
            ) ORDER BY verified DESC, at_us, account_id""",
        email,
        CLAIMS_MAX,
    )
    return [_account(row) for row in rows]


def _account(row: Sequence[Any]) -> Account:
    account_id, email, name, password_phc, locale, verified = row
    return Account(
        account_id=account_id,
        email=email,
        name=name,
        password_phc=password_phc,
        locale=locale,
        verified=bool(verified),
    )


async def lock_account(tx: Tx, account_id: str) -> Account | None:
    """An account, locked until the transaction ends."""
    await tx.lock("SELECT account_id FROM account WHERE account_id = $1", account_id)
    return await find_account(tx, account_id)


async def verify_account(tx: Tx, account_id: str) -> None:
    """Marks an account's e-mail as proven."""
    await tx.run("UPDATE account SET verified = 1 WHERE account_id = $1", account_id)


async def set_password(tx: Tx, account_id: str, phc: str) -> None:
    """Changes an account's password. No password matches an empty one."""
    await tx.run("UPDATE account SET password_phc = $1 WHERE account_id = $2", phc, account_id)


async def save_membership(tx: Tx, member: Membership, now_us: int) -> None:
    """Stores an account's role for an organizer, or replaces it."""
    await tx.run(
        """INSERT INTO membership (organizer_id, account_id, role, invited, became, at_us)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (organizer_id, account_id) DO UPDATE SET role = $3, invited = $4, became = $5""",
        member.organizer_id,
        member.account_id,
        member.role,
        int(member.invited),
        member.became,
        now_us,
    )


async def lock_owners(tx: Tx, organizer_id: str) -> int:
    """The number of an organizer's owners. Their rows are locked until the transaction ends."""
    rows = await tx.lock(
        """SELECT account_id FROM membership WHERE organizer_id = $1 AND role = 1 AND invited = 0
           ORDER BY account_id""",
        organizer_id,
    )
    return len(rows)


async def find_membership(tx: Tx, organizer_id: str, account_id: str) -> Membership | None:
    """An account's role for an organizer."""
    row = await tx.one(f"{MEMBERSHIP} WHERE m.organizer_id = $1 AND m.account_id = $2", organizer_id, account_id)
    return _membership(row) if row else None


async def find_followed_membership(tx: Tx, organizer_id: str, account_id: str) -> Membership | None:
    """An account's role for an organizer, or the role of the account that became the member in its place."""
    found = await find_membership(tx, organizer_id, account_id)
    return await find_membership(tx, organizer_id, found.became) if found and found.became else found


async def find_first_membership(tx: Tx, account_id: str) -> Membership | None:
    """An account's role for the organizer it joined first."""
    row = await tx.one(
        f"""{MEMBERSHIP} WHERE m.account_id = $1 AND m.role > 0 AND m.invited = 0
            ORDER BY m.at_us, m.organizer_id LIMIT 1""",
        account_id,
    )
    return _membership(row) if row else None


async def find_member_at(tx: Tx, organizer_id: str, email: str) -> str:
    """The account with an address that is a member of an organizer or invited to it; empty if there is none."""
    row = await tx.one(
        """SELECT a.account_id FROM membership m JOIN account a USING (account_id)
           WHERE m.organizer_id = $1 AND m.role > 0 AND a.email = $2 ORDER BY a.account_id LIMIT 1""",
        organizer_id,
        email,
    )
    return row[0] if row else ""


def _membership(row: Row) -> Membership:
    organizer_id, account_id, role, proven, locale, invited, became = row
    return Membership(
        organizer_id=organizer_id,
        account_id=account_id,
        role=MemberRole(role),
        proven=bool(proven),
        locale=locale,
        invited=bool(invited),
        became=became,
    )


async def list_members(tx: Tx, organizer_id: str, limit: int) -> list[Member]:
    """An organizer's members and invited accounts, by e-mail."""
    rows = await tx.all(
        f"""SELECT {ACCOUNT}, verified, role, invited FROM membership JOIN account USING (account_id)
            WHERE organizer_id = $1 AND role > 0 ORDER BY email, account_id LIMIT $2""",
        organizer_id,
        limit,
    )
    return [Member(_account(account), MemberRole(role), bool(invited)) for *account, role, invited in rows]


async def find_locale(tx: Tx, email: str) -> str:
    """The language of the address's account, else of its latest guest; empty if it has neither."""
    row = await tx.one("SELECT locale FROM account WHERE email = $1 ORDER BY verified DESC, at_us LIMIT 1", email)
    if row is None:
        row = await tx.one("SELECT locale FROM guest WHERE email = $1 ORDER BY at_us DESC, guest_id LIMIT 1", email)
    return row[0] if row else ""
