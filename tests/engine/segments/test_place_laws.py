"""Placing by SQL and by Python agree on every amount, the matrix is a recount, and odd schemes are refused or kept."""

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake, open_lake
from sterna.engine.segments import Band, Scheme, check_scheme, cut_bands, read_recipe
from tests.engine.segments.placing import place_of, placing, run
from tests.engine.segments.test_recipe import EXAMPLE

OPENING = date(2017, 7, 1)
CENT, LARGEST = Decimal("0.01"), Decimal(10**13)  # a sum of dozens of them is still an amount
AMOUNTS = st.decimals(min_value=-LARGEST, max_value=LARGEST, places=2)


@pytest.fixture
def lake(tmp_path):
    with open_lake("duckdb", tmp_path) as opened:
        yield opened


def place(
    lake: Lake,
    bands: tuple[Band, ...],
    values: dict[str, dict],
    goals: list[tuple] = (),
    scheme: str = "tiers",
) -> dict[str, list[dict]]:
    """Everybody of `values` was first seen in 2016, unless `values` says another day as `first_seen_on`."""
    money = ("spend", "spend_before", "headroom", "room_category")
    laid = [placing(bands, OPENING), placing([Band("all", 1, -LARGEST)], OPENING, "other")]
    made = run(
        lake,
        date(2018, 1, 1),
        sorted(laid, key=lambda one: one.name != scheme),
        customers=[
            {"customer_id": who, "unit": who, "first_seen_on": value.get("first_seen_on", date(2016, 1, 1))}
            for who, value in values.items()
        ],
        values=[
            {"customer_id": who} | {name: value[name] for name in money if name in value}
            for who, value in values.items()
        ],
        goals=[dict(zip(("goal", "from_place", "to_place"), goal, strict=True)) for goal in goals],
    )
    return {
        name: [row for row in rows if name == "candidates" or row["scheme"] == scheme]
        for name, rows in made.items()
    }


@st.composite
def schemes(draw: st.DrawFn) -> tuple[Band, ...]:
    edges = sorted(draw(st.lists(AMOUNTS, min_size=1, max_size=6, unique=True)))
    highs = [*edges[1:], None]
    return tuple(
        Band(f"b{n}", n, low, high) for n, (low, high) in enumerate(zip(edges, highs, strict=True), 1)
    )


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schemes(), st.lists(AMOUNTS, max_size=8))
def test_R5_sql_and_python_place_every_amount_alike_at_each_edge_and_a_cent_beside_it(lake, bands, amounts):
    check_scheme(Scheme(name="tiers", currency="USD", window_months=6, bands=bands))
    beside = [band.low + step for band in bands for step in (-CENT, Decimal(0), CENT)]
    tried = [amount for amount in [*amounts, *beside, Decimal(0)] if abs(amount) <= LARGEST]
    values = {f"c{n:03}": {"spend": now, "spend_before": tried[-1 - n]} for n, now in enumerate(tried)}
    made = place(lake, bands, values)
    rows = {row["customer_id"]: row for row in made["places"]}
    assert rows.keys() == values.keys() and len(made["places"]) == len(values)
    for who, value in values.items():
        row = rows[who]
        assert (row["to_place"], row["from_place"]) == (
            place_of(bands, value["spend"]),
            place_of(bands, value["spend_before"]),
        )
        assert (row["to_rank"] == 0) == (row["to_place"] == "none") == (value["spend"] < bands[0].low)
        assert (row["from_amount"], row["to_amount"]) == (value["spend_before"], value["spend"])


BANDS = (Band("low", 1, Decimal(1), Decimal(100)), Band("high", 2, Decimal(100)))
SOME = st.none() | st.sampled_from(
    [Decimal(n) for n in ("-5.00", "0.99", "1.00", "99.99", "100.00", "250.50")]
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(SOME, SOME, st.booleans()), max_size=12))
def test_R4_each_cell_of_the_matrix_is_a_recount_of_heads_and_money(lake, drawn):
    values = {
        f"c{n}": {
            "spend_before": before,
            "spend": now,
            "first_seen_on": OPENING if new else date(2017, 6, 30),
        }
        for n, (before, now, new) in enumerate(drawn)
    }
    heads, before_sum, now_sum = Counter(), Counter(), Counter()
    for before, now, new in drawn:
        move = ("new" if new else place_of(BANDS, before or Decimal(0)), place_of(BANDS, now or Decimal(0)))
        heads[move] += 1
        before_sum[move] += 0 if new else before or 0
        now_sum[move] += now or 0
    matrix = place(lake, BANDS, values)["matrix"]
    # Three places and newcomers open; at the close nobody is new.
    assert len(matrix) == 4 * 3
    for cell in matrix:
        move = (cell["from_place"], cell["to_place"])
        opening = sum(count for (start, _), count in heads.items() if start == move[0])
        assert (cell["customers"], cell["opening"]) == (heads[move], opening)
        assert (cell["from_amount"], cell["to_amount"]) == (before_sum[move], now_sum[move])
        assert cell["share"] == (heads[move] / opening if opening else None)


def test_nobody_at_all_is_a_matrix_of_zeros_without_shares(lake):
    made = place(lake, BANDS, {}, [("up", "low", "high")])
    assert made["places"] == made["candidates"] == []
    assert {(cell["customers"], cell["opening"], cell["share"]) for cell in made["matrix"]} == {(0, 0, None)}


def test_a_scheme_beside_it_places_nobody(lake):
    values = {"a": {"spend": Decimal(5)}}
    assert [row["to_place"] for row in place(lake, BANDS, values)["places"]] == ["low"]
    assert [row["to_place"] for row in place(lake, BANDS, values, scheme="other")["places"]] == ["all"]


def test_places_of_any_spelling_are_kept_as_they_are_written(lake):
    names = ("O'Brien's", "größte; drop table bands", "金")
    edges = (Decimal(1), Decimal(10), Decimal(100), None)
    bands = tuple(Band(name, n, edges[n - 1], edges[n]) for n, name in enumerate(names, start=1))
    made = place(lake, bands, {"a": {"spend": Decimal(50)}}, [("up", names[1], names[2])])
    assert made["places"][0]["to_place"] == names[1]
    assert made["candidates"][0]["reason"].startswith(f"In {names[1]} with 50.00 USD, 50.00 USD short of 金;")


def test_R3_whoever_bought_nothing_can_be_meant_by_a_goal_and_lacks_the_whole_lowest_edge(lake):
    values = {"away": {}, "returned": {"spend": Decimal("-3.00")}, "here": {"spend": Decimal(1)}}
    made = place(lake, BANDS, values, [("back", "none", "low")])
    missing = {row["customer_id"]: (row["spend"], row["missing"]) for row in made["candidates"]}
    assert missing == {"away": (0, Decimal("1.00")), "returned": (Decimal("-3.00"), Decimal("4.00"))}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 99), st.none() | st.integers(0, 3)), min_size=1, max_size=12))
def test_R3_candidates_stand_in_one_order_by_headroom_times_readiness_then_by_what_is_missing_then_by_name(
    lake, drawn
):
    values = {
        f"c{n:02}": {"spend": Decimal(spend), "headroom": room and Decimal(room)}
        for n, (spend, room) in enumerate(drawn)
    }
    rows = place(lake, BANDS, values, [("up", "low", "high"), ("stay", "high", "high")])["candidates"]
    assert {row["goal"] for row in rows} == {"up"}
    rows.sort(key=lambda row: row["position"])
    assert [row["position"] for row in rows] == list(range(1, len(values) + 1))
    for above, below in pairwise(rows):
        keys = [
            (
                row["headroom"] is None,
                -(row["headroom"] or 0) * row["readiness"],
                -row["readiness"],
                row["missing"],
                row["customer_id"],
            )
            for row in (above, below)
        ]
        assert keys[0] < keys[1]
    assert all(row["missing"] == 100 - row["spend"] for row in rows)


@given(
    st.lists(st.integers(1, 10**9), min_size=10, max_size=60, unique=True),
    st.integers(1, 8),
    st.integers(1, 8),
)
def test_R5_cut_tiers_hold_the_shares_they_were_cut_by_to_the_customer(cents, first, second):
    """With amounts that all differ, the tiers up to a cumulated share s hold exactly ceil(s x n) of n customers."""
    shares = [share / (first + second + 4) for share in (first, second, 4)]
    values = [Decimal(cent) / 100 for cent in cents]
    n, whole = len(values), first + second + 4
    upto = [-(-first * n // whole), -(-(first + second) * n // whole)]  # rounded up, in whole numbers
    if upto[0] == upto[1]:  # a middle share of less than one customer
        with pytest.raises(BadInput, match="b and c both start at"):
            cut_bands(values, shares, ["a", "b", "c"], "USD")
        return
    bands = cut_bands(values, shares, ["a", "b", "c"], "USD")
    held = Counter(place_of(bands, value) for value in values)
    assert (held["a"], held["a"] + held["b"], sum(held.values())) == (*upto, n)


@pytest.mark.parametrize("edge", ["NaN", "Infinity", "-Infinity", "1e30", "10000000000000000.00"])
def test_R5_an_edge_that_no_amount_can_have_is_refused(edge):
    bands = (Band("a", 1, Decimal(1), Decimal(edge)), Band("b", 2, Decimal(edge)))
    with pytest.raises(
        BadInput, match=r"scheme tiers: a has the edge .* USD, which is outside what an amount can be"
    ):
        check_scheme(Scheme(name="tiers", currency="USD", window_months=6, bands=bands))


@pytest.mark.parametrize("months", [0, -6])
def test_a_window_of_no_month_is_refused(months):
    with pytest.raises(BadInput, match=f"its window is {months} months, at least 1 is needed"):
        check_scheme(Scheme(name="tiers", currency="USD", window_months=months, bands=BANDS))


def test_all_that_is_wrong_with_a_scheme_is_said_at_once():
    bands = (Band("a", 1, Decimal(5), Decimal(3)), Band("a", 2, Decimal(4), Decimal(9)))
    with pytest.raises(BadInput) as refused:
        check_scheme(Scheme(name="tiers", currency="USD", window_months=0, bands=bands))
    said = str(refused.value)
    for part in (
        "window is 0",
        "two bands have the place a",
        "a is empty",
        "gap between a and a",
        "leave it open",
    ):
        assert part in said


@pytest.mark.parametrize("shares", [[float("nan"), 0.5], [float("inf"), 0.5], [1.5, -0.5]])
def test_shares_that_are_no_shares_are_refused(shares):
    with pytest.raises(BadInput, match="shares above 0 that sum to 1"):
        cut_bands([Decimal(1), Decimal(2)], shares, ["a", "b"], "USD")


def test_fewer_customers_with_spend_than_tiers_are_refused():
    with pytest.raises(BadInput, match="1 customers with spend are too few for 2 bands"):
        cut_bands([Decimal(1), Decimal(0), Decimal(-4)], [0.5, 0.5], ["a", "b"], "USD")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("until: 2017-06-30", "until: 2017-06-31", "day is out of range"),
        ("until: 2017-06-30", "until: soon", "until"),
        ("version: 1", "version: 1\nnested: " + "[" * 1500, "nested too deeply"),
        ("version: 1", 'version: "\\0"', "version"),
        ("tiers:", "tiers: bronze\nother:", "tiers"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_refused_by_the_name_of_its_file(old, new, said):
    text = EXAMPLE.read_text()
    assert old in text
    with pytest.raises(BadInput, match=f"^mine.yaml: .*{said}"):
        read_recipe(text.replace(old, new, 1), "mine.yaml")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b", "\x00"])
def test_what_is_no_recipe_is_refused(text):
    with pytest.raises(BadInput, match=r"tiers\.yaml: "):
        read_recipe(text)
