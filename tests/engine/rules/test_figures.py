"""Sums of behavior in the days before and after a day of each customer: as memory counts them, and by hand."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.lake.arrow import schema
from sterna.engine.rules import AVERAGED, SUMS, Behavior, compile_sums, done
from sterna.engine.tables import Table
from tests.engine.rules import drawn_rules as drawn
from tests.engine.rules.drawn_rules import ON, Event, Told

WATCHED = Table(
    "watched",
    ("customer_id", "arm"),
    dict.fromkeys(("customer_id", "arm"), "VARCHAR")
    | dict.fromkeys(("before_on", "on_day", "after_on"), "DATE"),
)
FIGURES = Table(
    "figures", ("arm",), {"arm": "VARCHAR", "customers": "BIGINT"} | dict.fromkeys(SUMS[2:], "DOUBLE")
)
DAY = timedelta(days=1)
Watch = tuple[str, date, int, int]  # arm, day, days before, days after

shops = st.none() | st.sampled_from(drawn.TOUCHPOINTS)
bought = st.builds(Behavior, of=st.sampled_from(AVERAGED), touchpoint=shops)
on_a_shelf = st.builds(
    Behavior,
    of=st.sampled_from(["times", "days", "amount", "touchpoints"]),
    category=st.sampled_from(drawn.SHELVES),
    touchpoint=shops,
)
others = st.builds(
    Behavior,
    kind=st.sampled_from(["page", "call"]),
    of=st.sampled_from(["times", "days", "touchpoints"]),
    touchpoint=shops,
)
watches = st.dictionaries(
    st.sampled_from(drawn.CUSTOMERS),
    st.tuples(st.sampled_from(["treated", "held out"]), drawn.days, st.integers(1, 30), st.integers(1, 30)),
    min_size=1,
)


def counted(lake, figure: Behavior, watched: Mapping[str, Watch]) -> dict[str, tuple[float, ...]]:
    """The sums of each arm, as the lake counts them."""
    rows = [
        {"customer_id": who, "arm": arm, "on_day": on, "before_on": on - before * DAY, "after_on": on + after * DAY}
        for who, (arm, on, before, after) in watched.items()
    ]  # fmt: skip
    lake.put(WATCHED, pa.Table.from_pylist(rows, schema=schema(WATCHED)))
    lake.make(FIGURES, *compile_sums(figure))
    return {row["arm"]: tuple(row[name] for name in SUMS[1:]) for row in lake.fetch(FIGURES).to_pylist()}


def remembered(
    world: Mapping[str, Told], figure: Behavior, watched: Mapping[str, Watch]
) -> dict[str, tuple[float, ...]]:
    """The same recounted in memory, customer by customer, from the events."""
    people, sums = drawn.people(world), {}
    for who, (arm, on, before, after) in watched.items():
        x, y = (
            float(done(msgspec.structs.replace(figure, within_days=days), people[who], cut) or 0)
            for days, cut in ((before, on), (after, on + after * DAY))
        )
        held = sums.get(arm, (0.0,) * 6)
        sums[arm] = tuple(a + b for a, b in zip(held, (1, x, x * x, y, y * y, x * y), strict=True))
    return sums


@settings(max_examples=200)
@given(figure=bought | on_a_shelf | others, world=drawn.worlds, watched=watches)
def test_R62_the_figures_of_any_behavior_equal_a_recount_of_the_events(lake, figure, world, watched):
    drawn.lay_out(lake, world)
    found, expected = counted(lake, figure, watched), remembered(world, figure, watched)
    assert found.keys() == expected.keys()
    for arm, sums in found.items():
        assert sums == pytest.approx(expected[arm], rel=1e-9, abs=1e-6)


def buys(on: date, *lines: tuple[str, str], at: str = "shop") -> Event:
    return Event("purchase", on, at, tuple((shelf, Decimal(amount)) for shelf, amount in lines))


def told(*events: Event) -> Told:
    return drawn.NOBODY._replace(events=events)


WORLD = {
    # Before: two days, bread for 3 and wine for 10 and 5. After: one purchase, and a return of 4.
    "ann": told(
        buys(ON - 3 * DAY, ("bread", "3.00"), ("wine", "10.00")),
        buys(ON - DAY, ("wine", "5.00"), at="web"),
        buys(ON, ("bread", "7.00"), ("bread", "1.00")),
        buys(ON + DAY, ("bread", "-4.00")),
        Event("call", ON, None),
    ),
    # One day too early and one day too late for five days on either side.
    "bob": told(buys(ON - 6 * DAY, ("bread", "9.00")), buys(ON + 5 * DAY, ("bread", "9.00"))),
}
BY_HAND = {
    # figure: what Ann did before and after; Bob did nothing.
    Behavior(of="times"): (2, 1),
    Behavior(of="days"): (2, 1),
    Behavior(of="categories"): (2, 1),
    Behavior(of="touchpoints"): (2, 1),
    Behavior(of="amount"): (18, 4),
    Behavior(of="amount", category="wine"): (15, 0),
    Behavior(of="times", category="bread"): (1, 1),
    Behavior(of="times", touchpoint="web"): (1, 0),
    Behavior(kind="call", of="times"): (0, 1),
}


@pytest.mark.parametrize(("figure", "ann"), BY_HAND.items(), ids=lambda one: str(one)[:60])
def test_R62_by_hand_two_customers_in_five_days_on_either_side(lake, figure, ann):
    drawn.lay_out(lake, WORLD)
    x, y = ann
    watched = dict.fromkeys(("ann", "bob"), ("treated", ON, 5, 5))
    assert counted(lake, figure, watched) == {"treated": (2, x, x * x, y, y * y, x * y)}


def test_R62_each_customer_has_a_day_of_their_own_and_each_arm_its_sums(lake):
    drawn.lay_out(lake, WORLD)
    watched = {"ann": ("treated", ON, 3, 1), "bob": ("held out", ON + 5 * DAY, 20, 1)}
    found = counted(lake, Behavior(of="amount"), watched)
    assert found == {"treated": (1, 18, 324, 8, 64, 144), "held out": (1, 9, 81, 9, 81, 81)}


@pytest.mark.spark
def test_R62_spark_counts_the_same(spark_lake):
    drawn.lay_out(spark_lake, WORLD)
    for figure, (x, y) in BY_HAND.items():
        watched = dict.fromkeys(("ann", "bob"), ("treated", ON, 5, 5))
        assert counted(spark_lake, figure, watched) == {"treated": (2, x, x * x, y, y * y, x * y)}


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (Behavior(of="last"), "last of purchase is nothing that everybody has"),
        (Behavior(of="share", category="wine"), "share of purchase is nothing that everybody has"),
        (Behavior(of="times", household=True), "no figure of each of its members"),
    ],
)
def test_R62_of_what_not_everybody_has_there_is_no_mean(figure, said):
    with pytest.raises(BadInput, match=said):
        compile_sums(figure)
