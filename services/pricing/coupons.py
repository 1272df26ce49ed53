"""Coupons: their terms, their limits and their discount on one ticket. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eventhub.refusals import ContactUnverified, CouponExhausted, CouponExpired, CouponLimitReached
from services.kit.values import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A coupon of an event or of a series, whose id is scope_id. It lowers the price of each ticket it applies to by
    amount, or if that is None by basis_points (1000 means 10 %). ticket_type_ids: types it applies to; for a series
    ticket_type_names, as each night has types of its own; if both are empty, all full-price types. *_max: 0 means no
    limit."""

    coupon_id: str
    scope_id: str
    organizer_id: str
    code: str
    basis_points: int
    amount: Money | None
    ticket_type_ids: tuple[str, ...]
    ticket_type_names: tuple[str, ...] = ()
    expires_us: int
    uses_max: int
    uses_per_participant_max: int
    tickets_per_use_max: int
    uses: int
    content_hash: str

    def off(self, face: Money) -> Money:
        """The discount on one ticket. face: the ticket's price. Shares are rounded half up, amounts limited to face."""
        return face.percent(self.basis_points) if self.amount is None else min(self.amount, face)

    @property
    def reason(self) -> str:
        """Its discount, for programs: "coupon DESCONTO10: 10 % off"."""
        if self.amount is not None:
            return f"coupon {self.code}: {self.amount} off each ticket"
        whole, part = divmod(self.basis_points, 100)
        share = f"{whole}.{part:02d}".rstrip("0") if part else f"{whole}"
        return f"coupon {self.code}: {share} % off"


def check_time(coupon: Coupon, *, now_us: int, time_zone: str = "") -> None:
    """Raises CouponExpired if the coupon has expired. time_zone: of the event; empty if unknown."""
    if now_us >= coupon.expires_us:
        expired = CouponExpired(expired_at=rfc3339(coupon.expires_us))
        if time_zone:
            expired.facts["time_zone"] = time_zone
        raise expired


def check_uses(coupon: Coupon) -> None:
    """Raises CouponExhausted if the coupon has no use left."""
    if coupon.uses_max and coupon.uses >= coupon.uses_max:
        raise CouponExhausted


def check_participant(coupon: Coupon, keys: tuple[str, ...], uses: int) -> None:
    """Raises CouponLimitReached if a participant may not use the coupon once more, ContactUnverified if the participant
    has no keys to count by. keys: the keys by which the participant is counted. uses: the most uses of any of them."""
    limit = coupon.uses_per_participant_max
    if not limit:
        return
    if not keys:
        raise ContactUnverified
    if uses >= limit:
        raise CouponLimitReached(limit=limit)


def rfc3339(us: int) -> str:
    """A time in RFC 3339 format. us: microseconds since 1970."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
