"""The terms on which buyers give tickets back, beyond what the law gives them. Pure."""

from dataclasses import dataclass

from eventhub.refusal import Violation
from eventhub.refusals import RefundTermsWorse
from services.catalog import violations

WITHDRAWAL_HOURS_BEFORE = 48


@dataclass(frozen=True, slots=True)
class Share:
    """The part of the price that buyers get back until some hours before the start."""

    hours_before: int
    percent: int


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """The terms of an event. withdrawal_hours_before: None: the usual hours."""

    shares: tuple[Share, ...] = ()
    withdrawal_hours_before: int | None = None

    @property
    def withdrawal_ends(self) -> int:
        """How many hours before the start the right to withdraw ends."""
        hours = self.withdrawal_hours_before
        return WITHDRAWAL_HOURS_BEFORE if hours is None else hours

    def percent_at(self, hours_left: int) -> int:
        """The percent that buyers get back so many hours before the start."""
        return max((share.percent for share in self.shares if share.hours_before <= hours_left), default=0)


NO_TERMS = RefundTerms()


def problems(terms: RefundTerms) -> dict[str, Violation]:
    """The violations of an event's terms: two shares have one deadline."""
    deadlines = [share.hours_before for share in terms.shares]
    wrong = len(set(deadlines)) < len(deadlines)
    return {"details.refund_terms.shares": violations.SHARES_DIFFER} if wrong else {}


def check_not_worse(before: RefundTerms, after: RefundTerms) -> None:
    """Raises RefundTermsWorse if at some moment buyers would get back less than before."""
    # Both are steps that only change at these hours.
    steps = {share.hours_before for share in (*before.shares, *after.shares)}
    less = any(after.percent_at(hours) < before.percent_at(hours) for hours in steps)
    if less or after.withdrawal_ends > before.withdrawal_ends:
        raise RefundTermsWorse
