"""pricing's states are those that its tables allow."""

from services.pricing.redemptions import RedemptionState
from tests.sources import SERVICES


def test_a_redemption_has_the_states_of_its_table() -> None:
    states = ", ".join(f"'{state}'" for state in RedemptionState)
    assert f"CHECK (state IN ({states}))" in (SERVICES / "pricing" / "schema" / "0001_coupons.sql").read_text()
