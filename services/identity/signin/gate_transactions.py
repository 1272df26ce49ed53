"""identity's reads and writes of gate devices."""

from eventhub.refusals import GateNotFound, IdInUse
from services.identity.accounts import MemberRole
from services.identity.signin import signins, store
from services.identity.signin.signins import Gate
from services.identity.signin.transactions import check_role, revoke_tokens
from services.kit.db import Tx


async def enrol(tx: Tx, gate: Gate, *, by: str, now_us: int) -> None:
    """Enrols a gate, or gives it a new secret and ends the tokens given for the old one. by: the account of the owner
    or manager. Raises IdInUse, AccessDenied."""
    await check_role(tx, gate.organizer_id, by, MemberRole.OWNER, MemberRole.MANAGER)
    await store.serialize_on(tx, signins.enrolment_key(gate.device_id), now_us=now_us)
    former = await store.find_gate(tx, gate.device_id)
    if not await store.save_gate(tx, gate, now_us):
        raise IdInUse
    if former is not None:
        await revoke_tokens(tx, [former.secret_id], now_us=now_us)


async def revoke_gate(tx: Tx, device_id: str, organizer_id: str, *, by: str, now_us: int) -> None:
    """Revokes a gate and all its tokens. by: the account of the owner or manager. Raises GateNotFound, AccessDenied."""
    await check_role(tx, organizer_id, by, MemberRole.OWNER, MemberRole.MANAGER)
    if not await store.revoke_gate(tx, device_id, organizer_id):
        raise GateNotFound
    await revoke_tokens(tx, [device_id], now_us=now_us)
