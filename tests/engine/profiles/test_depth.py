"""How deep a relationship is: by hand, and that nothing but silence and recency ever lowers it (R13)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.profiles.depth import Depth, Heard, depth

ON = date(2017, 7, 1)


def back(days: int) -> date:
    return ON - timedelta(days=days)


def scores(of: Depth) -> dict[str, float | None]:
    return {part.name: part.score for part in of.parts}


def test_R13_the_parts_by_hand():
    found = depth(Heard([back(1)] * 6, [back(180), back(400)], products=3, products_before=1), ON)
    # 6/(6+6), 2/(2+4), half of the recency after 180 days, 3/(3+3): together (0.5 + 1/3 + 0.5 + 0.5) / 4.
    assert scores(found) == pytest.approx({"facts": 0.5, "contacts": 1 / 3, "recency": 0.5, "products": 0.5})
    assert found.score == pytest.approx(100 * (0.5 + 1 / 3 + 0.5 + 0.5) / 4)
    trends = {part.name: part.trend for part in found.parts}
    # 90 days ago: no fact, both contacts, the last 90 days before, one product (1/4).
    assert trends == pytest.approx(
        {"facts": 0.5, "contacts": 0.0, "recency": 0.5 - 0.5**0.5, "products": 0.25}
    )


def test_of_a_stranger_nothing_is_known_and_the_products_are_unknown_not_none():
    found = depth(Heard([], []), ON)
    assert found.score == found.trend == 0
    assert scores(found)["products"] is None
    assert [part.count for part in found.parts] == [0, 0, None, None]


def test_what_is_to_come_does_not_count_yet():
    assert depth(Heard([back(-1)], [back(-1)]), ON) == depth(Heard([], []), ON)


days = st.lists(st.integers(0, 900).map(back), max_size=12)
heard = st.builds(Heard, facts=days, contacts=days, products=st.none() | st.integers(0, 20))


@given(one=heard, more=st.integers(0, 900).map(back))
def test_R13_another_fact_or_reply_never_lowers_any_part(one, more):
    before = depth(one, ON)
    for wider in (
        Heard([*one.facts, more], one.contacts, one.products),
        Heard(one.facts, [*one.contacts, more], one.products),
    ):
        after = depth(wider, ON)
        assert after.score >= before.score
        for part, was in zip(after.parts, before.parts, strict=True):
            assert part.score is None or part.score >= (was.score or 0.0)


@given(one=heard, silence=st.integers(1, 2_000))
def test_R13_silence_lowers_nothing_but_the_recency(one, silence):
    now, later = scores(depth(one, ON)), scores(depth(one, ON + timedelta(days=silence)))
    recency, faded = now.pop("recency"), later.pop("recency")
    assert later == now
    assert faded <= recency
