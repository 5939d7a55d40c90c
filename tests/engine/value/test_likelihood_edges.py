"""Data that teach too little: constant columns, one customer, customers alike; never an invented figure."""

import json
from collections import Counter
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.value import lifetime, models, spend
from sterna.engine.value.fitting import Horizon, Scored, score_lifetime, score_spend
from sterna.engine.value.likelihood import ON_RIDGE, REACH, Floats, climb
from tests.engine.lake.small_tables import rows
from tests.engine.value.population import population

CUSTOMERS = 5_000.0
HALF = Horizon(26, 104, 0.1)


def product_alone(theta: Floats) -> tuple[float, Floats]:
    """Knows the product of two parameters and nothing of either."""
    away = np.log(theta[0] * theta[1] / 2)
    return -CUSTOMERS * float(away**2), -CUSTOMERS * 2 * away / theta


def first_alone(theta: Floats) -> tuple[float, Floats]:
    """A constant column: the second parameter changes nothing at all."""
    away = np.log(theta[0] / 2)
    return -CUSTOMERS * float(away**2), np.array([-CUSTOMERS * 2 * away / theta[0], 0.0])


@pytest.mark.parametrize("likelihood", [product_alone, first_alone])
def test_a_direction_that_is_level_is_a_ridge_and_has_no_standard_errors(likelihood):
    peak = climb(likelihood, [1.0, 1.0], CUSTOMERS)
    assert (peak.ridge, peak.standard_errors, peak.at_limit) == (True, None, ())
    assert spend._boundary(peak) == ON_RIDGE


def test_standard_errors_are_those_of_the_curvature():
    # -n (ln x - ln 2)^2 has the second derivative -2n / x^2 at its top x = 2: the error is 2 / sqrt(2n) = 0.02.
    def hill(theta: Floats) -> tuple[float, Floats]:
        away = np.log(theta / 2)
        return -CUSTOMERS * float(away @ away), -CUSTOMERS * 2 * away / theta

    peak = climb(hill, [1.0], CUSTOMERS)
    assert peak.parameters == pytest.approx((2.0,))
    assert peak.standard_errors == pytest.approx((0.02,), rel=1e-4)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_likelihood_that_grows_for_ever_ends_at_the_limit_that_it_names(sign):
    # It levels off as it grows, so that the climb may end with no slope left; it is no peak for all that.
    def endless(theta: Floats) -> tuple[float, Floats]:
        return -float(theta[0] ** -sign), np.array([sign * float(theta[0] ** (-sign - 1))])

    peak = climb(endless, [3.0], 1.0)
    assert peak.at_limit == (0,)
    assert peak.standard_errors is None
    assert abs(np.log(peak.parameters[0] / 3.0)) == pytest.approx(REACH)


def test_a_likelihood_that_is_not_a_number_is_refused():
    with pytest.raises(BadInput, match="no peak"):
        climb(lambda theta: (float("nan"), np.array([float("nan")])), [1.0], 1.0)


def test_nobody_who_bought_more_than_twice_leaves_drop_out_unidentified():
    """With x of 0 and 1 alone the likelihood knows a / (a + b) and neither a nor b."""
    x, t_x, age = population(3, 2_000, (0.9, 6.0), (0.8, 2.5))
    few = x <= 1
    model = lifetime.fit(x[few], t_x[few], age[few])
    assert model.boundary is not None
    assert model.standard_errors is None
    assert np.isnan(lifetime.alive(model, x[few], t_x[few], age[few])).all()


@st.composite
def few_cells(draw) -> tuple[np.ndarray, ...]:
    """One to six histories, some of them many customers', with counts and ages at their extremes."""
    cells = []
    for _ in range(draw(st.integers(1, 6))):
        age = draw(st.sampled_from([0, 1, 2, 52, 3_000]))
        x = draw(st.sampled_from([0, 1, 2, 7, 400]))
        cells.append((x, draw(st.integers(0, age)) if x else 0, age, draw(st.sampled_from([1, 3, 10**7]))))
    return tuple(np.array(cells, dtype=float).T)


@settings(max_examples=40, deadline=None)
@given(few_cells())
def test_a_handful_of_histories_is_fitted_within_bounds_or_refused(cells):
    x, t_x, age, weight = cells
    try:
        model = lifetime.fit(x, t_x, age, weight)
    except BadInput:
        return
    assert all(np.isfinite(value) and value > 0 for value in (model.r, model.alpha, model.a, model.b))
    expected = lifetime.expected_purchases(model, x, t_x, age, 26.0)
    assert np.isfinite(expected).all() and (expected >= 0).all()
    alive = lifetime.alive(model, x, t_x, age)
    assert np.isnan(alive).all() if model.boundary else ((alive >= 0) & (alive <= 1)).all()
    assert (model.standard_errors is None) == (model.boundary is not None)


def _lifetime(*cells: tuple[int, int, int, int]) -> Scored:
    names = ("frequency", "recency_weeks", "age_weeks", "customers")
    return score_lifetime(
        rows("cells", *(dict(zip(names, cell, strict=True)) for cell in cells)), models.BG_NBD, HALF
    )


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([], "Nobody has ordered anything yet."),
        (
            [(0, 0, 26, 900)],
            "No customer has bought again in any time, so there is no purchase rate to learn.",
        ),
        (
            [(3, 0, 0, 4), (0, 0, 0, 9)],
            "No customer has bought again in any time, so there is no purchase rate",
        ),
        (
            [(1, 9, 4, 1)],
            "T_x, the time of the last purchase, lies between 0 and age; 1 of 1 cells break this",
        ),
    ],
)
def test_without_a_fit_nobody_has_a_score_and_the_reason_is_one_sentence(cells, reason):
    scored = _lifetime(*cells)
    assert scored.record["reason"].startswith(reason) and scored.record["reason"].endswith(".")
    assert scored.record["parameters"] is scored.record["log_likelihood"] is None
    assert scored.scores.num_rows == len(cells)
    for name in ("alive", "expected_orders"):
        assert scored.scores.column(name).null_count == len(cells)


def test_one_history_of_a_thousand_customers_is_forecast_near_its_own_rate():
    # 10 orders in 50 of 52 weeks, all alike: about 10 / 52 a week, so 5 in the next 26.
    scored = _lifetime((10, 50, 52, 1_000))
    assert scored.record["boundary"]
    assert scored.scores.column("alive").to_pylist() == [None]
    assert scored.scores.column("expected_orders").to_pylist() == [pytest.approx(5.0, rel=0.05)]


def _spend(*customers: tuple[int, str]) -> Scored:
    counted = Counter((frequency, Decimal(amount)) for frequency, amount in customers)
    given = (
        {"frequency": frequency, "repeat_spend": amount, "customers": count}
        for (frequency, amount), count in sorted(counted.items())
    )
    return score_spend(rows("spend_cells", *given), "USD")


@pytest.mark.parametrize(
    "customers",
    [
        [],
        [(0, "0.00")],
        [(0, "0.00"), (0, "0.00"), (1, "5.00")],
        [(1, "0.10"), (3, "0.30")],  # as floats 0.3 / 3 is not 0.1
        [(1, "58.88"), (2, "117.76"), (3, "176.64"), (7, "412.16")],
        [(2, "19999999999999.98"), (1, "9999999999999.99"), (59, "589999999999999.41")],
    ],
)
def test_spend_is_not_learned_where_no_two_repeat_buyers_differ(customers):
    scored = _spend(*customers)
    assert scored.record["reason"] == "Spend is learned from customers who differ, and no two of these do."
    assert scored.record["customers"] == sum(frequency > 0 for frequency, _ in customers)
    assert scored.scores.column("expected_order_value").null_count == len(set(customers))


def test_one_cent_of_difference_is_a_difference():
    scored = _spend((1, "9999999.99"), (1, "10000000.00"), (0, "0.00"))
    assert scored.record["reason"] is None
    assert scored.scores.column("expected_order_value").to_pylist() == [pytest.approx(1e7, rel=1e-3)] * 3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 10**9)), max_size=8))
def test_an_order_value_is_above_zero_or_unknown_and_unknown_only_where_there_is_no_mean(customers):
    cells = sorted({(frequency, Decimal(f"{frequency * cents}e-2")) for frequency, cents in customers})
    scored = _spend(*((frequency, f"{frequency * cents}e-2") for frequency, cents in customers))
    json.dumps(scored.record, allow_nan=False)
    got = scored.scores.column("expected_order_value").to_pylist()
    if scored.record["reason"]:
        assert got == [None] * len(cells)
        return
    assert (scored.record["standard_errors"] is None) == (scored.record["boundary"] is not None)
    assert all(value > 0 for value in got if value is not None)
    assert None not in got or scored.record["parameters"]["q"] <= 1
    pooled = {value for value, (frequency, _) in zip(got, cells, strict=True) if not frequency}
    assert len(pooled) <= 1


def test_scores_of_no_rows_keep_their_columns_and_types():
    assert _lifetime().scores.schema.field("alive").type == pa.float64()
    assert _spend().scores.column_names == [
        "frequency",
        "repeat_spend",
        "expected_order_value",
        "order_value_error",
    ]
