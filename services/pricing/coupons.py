"""What a coupon is, whether it is still good, and what it takes off one ticket."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eventhub.refusals import ContactUnverified, CouponExhausted, CouponExpired, CouponLimitReached
from services.kit.values import Money


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon of one event. It takes off basis_points of each ticket it applies to (1000 are 10 %) or, where there is
    one, an amount. A limit of 0 is none. ticket_type_ids: the types it applies to, empty: all at full price."""

    coupon_id: str
    event_id: str
    organizer_id: str
    code: str
    basis_points: int
    amount: Money | None
    ticket_type_ids: tuple[str, ...]
    expires_us: int
    uses_max: int
    uses_per_participant_max: int
    tickets_per_use_max: int
    uses: int
    content_hash: str

    def off(self, face: Money) -> Money:
        """What it takes off one ticket, never more than the ticket costs. Shares are rounded half up."""
        return face.percent(self.basis_points) if self.amount is None else min(self.amount, face)

    @property
    def reason(self) -> str:
        """Why a ticket costs less with it: "coupon DESCONTO10: 10 % off"."""
        if self.amount is not None:
            return f"coupon {self.code}: {self.amount} off each ticket"
        whole, part = divmod(self.basis_points, 100)
        share = f"{whole}.{part:02d}".rstrip("0") if part else f"{whole}"
        return f"coupon {self.code}: {share} % off"


def check_time(coupon: Coupon, *, now_us: int, time_zone: str = "") -> None:
    """Raises CouponExpired if the coupon's time is over. time_zone: the event's; empty: not known."""
    if now_us >= coupon.expires_us:
        expired = CouponExpired(expired_at=rfc3339(coupon.expires_us))
        if time_zone:
            expired.facts["time_zone"] = time_zone
        raise expired


def check_uses(coupon: Coupon) -> None:
    """Raises CouponExhausted where no use is left."""
    if coupon.uses_max and coupon.uses >= coupon.uses_max:
        raise CouponExhausted


def check_participant(coupon: Coupon, keys: tuple[str, ...], uses: int) -> None:
    """Whether a participant may use the coupon once more. keys: by which the participant is counted; uses: of the key
    that has used it most. Raises CouponLimitReached, or ContactUnverified where there is nothing to count by."""
    limit = coupon.uses_per_participant_max
    if not limit:
        return
    if not keys:
        raise ContactUnverified
    if uses >= limit:
        raise CouponLimitReached(limit=limit)


def rfc3339(us: int) -> str:
    """A time in microseconds since 1970, as people and programs read it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
