"""The terms of refunds: their rules, and that they never get worse for buyers after publication."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.refusals import InvalidRequest, RefundTermsWorse
from services.catalog.refund_terms import NO_TERMS, RefundTerms, Share, check_not_worse
from tests.catalog.requests import general
from tests.catalog.world import World, open_world
from tests.stage import Stage

SHARES = st.lists(
    st.builds(Share, st.integers(0, 300), st.integers(1, 100)), max_size=5, unique_by=lambda s: s.hours_before
)
TERMS = st.builds(RefundTerms, st.builds(tuple, SHARES), st.none() | st.integers(0, 168))


def terms(*shares: tuple[int, int], withdrawal: int | None = None) -> nouns.RefundTerms:
    return nouns.RefundTerms(
        shares=[nouns.RefundShare(hours_before=hours, percent=percent) for hours, percent in shares],
        withdrawal_hours_before=withdrawal,
    )


async def with_terms(world: World, wanted: nouns.RefundTerms) -> nouns.Event:
    return await world.update("details.refund_terms", details=nouns.EventDetails(refund_terms=wanted))


def test_the_largest_share_whose_deadline_is_ahead_counts() -> None:
    found = RefundTerms((Share(168, 100), Share(48, 50)))
    assert [found.percent_at(hours) for hours in (200, 168, 167, 48, 47, 0)] == [100, 100, 50, 50, 0, 0]
    assert (found.withdrawal_ends, NO_TERMS.withdrawal_ends, RefundTerms((), 0).withdrawal_ends) == (48, 48, 0)


@given(before=TERMS, after=TERMS)
def test_terms_are_worse_if_they_are_so_at_some_hour(before: RefundTerms, after: RefundTerms) -> None:
    less = any(after.percent_at(hours) < before.percent_at(hours) for hours in range(302))
    if less or after.withdrawal_ends > before.withdrawal_ends:
        with pytest.raises(RefundTermsWorse):
            check_not_worse(before, after)
    else:
        check_not_worse(before, after)


async def test_buyers_see_the_terms_that_an_organizer_gives(stage: Stage) -> None:
    world = await open_world(stage)
    await world.venue()
    wanted = terms((168, 100), (48, 50), withdrawal=24)
    event = await world.event(general(details=nouns.EventDetails(refund_terms=wanted)))
    assert event.details.refund_terms == wanted
    assert (await world.get()).details.refund_terms == wanted


async def test_a_draft_may_get_worse_terms_and_a_published_event_only_better_ones(stage: Stage) -> None:
    world = await open_world(stage)
    await world.draft()
    await with_terms(world, terms((24, 100)))
    await with_terms(world, terms((48, 50)))
    await world.publish()
    better = await with_terms(world, terms((48, 50), (96, 80), withdrawal=0))
    for worse in (terms((48, 50), withdrawal=0), terms((48, 50), (96, 80)), terms((49, 50), (96, 80), withdrawal=0)):
        with pytest.raises(RefundTermsWorse):
            await with_terms(world, worse)
    assert await world.get() == better
    assert (await world.changes())[-1] == {
        "refund_terms": ("48 h: 50 %\nwithdrawal: 48 h", "48 h: 50 %\n96 h: 80 %\nwithdrawal: 0 h")
    }


async def test_two_shares_with_one_deadline_are_refused(stage: Stage) -> None:
    world = await open_world(stage)
    before = await world.draft()
    with pytest.raises(InvalidRequest) as refused:
        await with_terms(world, terms((48, 50), (48, 60)))
    assert set(refused.value.fields) == {"details.refund_terms.shares"}
    assert await world.get() == before
