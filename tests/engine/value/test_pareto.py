"""Pareto/NBD lands on what is printed for the CDNOW sample, integrates exactly, and admits where nobody leaves."""

import duckdb
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import check_grad
from scipy.special import hyp2f1

from sterna.engine.errors import BadInput
from sterna.engine.value import pareto
from tests.engine.value.cdnow import cells, sample
from tests.engine.value.population import population


@pytest.fixture(scope="module")
def model() -> pareto.Pareto:
    data = sample()
    return pareto.fit(data.x, data.t_x, data.age)


@pytest.mark.oracle
def test_R79_pareto_parameters_are_the_published_ones(model):
    found = (model.r, model.alpha, model.s, model.beta)
    assert found == pytest.approx((0.553, 10.578, 0.606, 11.669), abs=5e-4)
    assert model.log_likelihood == pytest.approx(-9595.0, abs=0.1)
    assert (model.customers, model.boundary) == (2357, None)


@pytest.mark.oracle
def test_R79_pareto_purchases_of_weeks_40_to_78_are_the_published_ones(model):
    data = sample()
    expected = pareto.expected_purchases(model, data.x, data.t_x, data.age, 39.0)
    group = np.minimum(data.x, 7)
    means = [expected[group == x].mean() for x in range(8)]
    assert means == pytest.approx([0.138, 0.599, 1.196, 1.714, 2.398, 2.907, 3.819, 6.403], abs=6e-4)
    assert expected.mean() == pytest.approx(0.7066, abs=1e-4)
    assert np.corrcoef(expected, data.later)[0, 1] == pytest.approx(0.6302, abs=1e-3)


@pytest.mark.oracle
def test_pareto_cells_give_the_figures_of_rows(model):
    data = sample()
    x, t_x, age, weight = cells(data.x, data.t_x, data.age)
    of_cells = pareto.fit(x, t_x, age, weight)
    for name in ("r", "alpha", "s", "beta", "log_likelihood", "standard_errors"):
        assert getattr(of_cells, name) == pytest.approx(getattr(model, name), rel=1e-6)
    rows = pareto.alive(model, data.x, data.t_x, data.age).sum()
    assert weight @ pareto.alive(of_cells, x, t_x, age) == pytest.approx(rows, rel=1e-6)


@pytest.mark.oracle
def test_unit_of_time_changes_alpha_and_beta_alone(model):
    data = sample()
    days = pareto.fit(data.x, 7 * data.t_x, 7 * data.age)
    assert (days.r, days.alpha, days.s, days.beta) == pytest.approx(
        (model.r, 7 * model.alpha, model.s, 7 * model.beta), rel=1e-6
    )
    weeks = pareto.expected_purchases(model, data.x, data.t_x, data.age, 39.0)
    of_days = pareto.expected_purchases(days, data.x, 7 * data.t_x, 7 * data.age, 273.0)
    assert of_days == pytest.approx(weeks, rel=1e-5)


def by_hypergeometric(theta, x, t_x, age):
    """The likelihood as Fader and Hardie print it, without the factors outside the braces."""
    r, alpha, s, beta = theta
    total, least, most = r + s + x, min(alpha, beta), max(alpha, beta)
    second = s + 1 if alpha >= beta else r + x

    def part(time):
        return hyp2f1(total, second, total + 1, (most - least) / (most + time)) / (most + time) ** total

    return (alpha + age) ** -(r + x) * (beta + age) ** -s + s / total * (part(t_x) - part(age))


@given(st.tuples(*[st.floats(-1, 1.2)] * 4), st.integers(0, 12), st.floats(0, 1), st.floats(1, 100))
def test_the_integral_is_the_printed_difference_of_hypergeometric_functions(logs, x, share, age):
    theta, t_x = np.power(10.0, logs), share * age if x else 0.0
    wanted = by_hypergeometric(theta, x, t_x, age)
    assume(np.isfinite(wanted) and wanted > 1e-280)
    one = pareto._Cells(*(np.array([value], dtype=float) for value in (x, t_x, age, 1)))
    # The printed form is a difference of two large numbers, so it is the one that loses digits.
    assert pareto._fates(one, theta).log_total[0] == pytest.approx(np.log(wanted), abs=1e-6)


@given(st.tuples(*[st.floats(-2, 2)] * 4), st.integers(0, 400), st.floats(0, 1), st.floats(0, 500))
def test_fates_are_the_same_with_many_more_nodes(logs, x, share, age):
    theta = np.power(10.0, logs)
    one = pareto._Cells(*(np.array([value], dtype=float) for value in (x, share * age if x else 0, age, 1)))
    found = pareto._fates(one, theta)
    places, weights = np.polynomial.legendre.leggauss(400)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pareto, "PLACES", (places + 1) / 2)
        patched.setattr(pareto, "WEIGHTS", weights / 2)
        exact = pareto._fates(one, theta)
    assert found.log_total[0] == pytest.approx(exact.log_total[0], abs=1e-9)
    assert found.stays[0] == pytest.approx(exact.stays[0], abs=1e-9)


@pytest.mark.oracle
def test_gradient_is_that_of_the_log_likelihood():
    data = sample()
    inside = pareto._Cells(data.x.astype(float), data.t_x, data.age, np.ones(data.x.size))
    value, slope = lambda at: inside.log_likelihood(at)[0], lambda at: inside.log_likelihood(at)[1]
    for theta in ([0.55, 10.6, 0.61, 11.7], [1.5, 20.0, 3.0, 0.4], [0.2, 0.5, 0.1, 300.0]):
        assert check_grad(value, slope, theta) < 1e-5 * np.abs(slope(np.array(theta))).max() + 1e-2


def drawn(model: pareto.Pareto, x: int, t_x: float, age: float, horizon: float) -> float:
    """Purchases expected of a history, by weighing 400,000 drawn customers with how likely they make it so."""
    rng = np.random.default_rng(3)
    pace, leaving = rng.gamma(model.r, 1 / model.alpha, 400_000), rng.gamma(model.s, 1 / model.beta, 400_000)
    total = pace + leaving
    likelihood = pace**x * (leaving * np.exp(-total * t_x) + pace * np.exp(-total * age)) / total
    stays = pace**x * np.exp(-total * age)
    return float((stays * pace / leaving * -np.expm1(-leaving * horizon)).sum() / likelihood.sum())


@pytest.mark.parametrize(("x", "t_x"), [(0, 0.0), (1, 5.0), (4, 30.0), (9, 39.0)])
@pytest.mark.parametrize("s", [0.606, 1.0, 2.5])
def test_expected_purchases_are_the_mean_over_customers_drawn(x, t_x, s):
    model = pareto.Pareto(0.553, 10.578, s, 11.669, -1.0, 1)
    found = pareto.expected_purchases(model, x, t_x, 39.0, 39.0)[0]
    assert found == pytest.approx(drawn(model, x, t_x, 39.0, 39.0), rel=0.03)


def test_s_of_one_is_no_gap():
    near = [pareto.Pareto(0.5, 10.0, s, 12.0, -1.0, 1) for s in (1 - 1e-7, 1.0, 1 + 1e-7)]
    found = [pareto.expected_purchases(model, 3, 20.0, 39.0, 52.0)[0] for model in near]
    assert found[1] == pytest.approx((found[0] + found[2]) / 2, rel=1e-9)


def test_truth_lies_within_four_standard_errors():
    """Customers drawn from the model: rates gamma(.8, 8), drop-out rates gamma(1.2, 30), 26 to 104 weeks."""
    rng = np.random.default_rng(2)
    pace, gone = rng.gamma(0.8, 1 / 8, 30_000), rng.exponential(1 / rng.gamma(1.2, 1 / 30, 30_000))
    age = rng.uniform(26, 104, 30_000)
    lived = np.minimum(gone, age)
    x = rng.poisson(pace * lived)
    # The last of x uniform moments is the largest of them.
    t_x = np.where(x > 0, lived * rng.random(30_000) ** (1 / np.maximum(x, 1)), 0.0)
    model = pareto.fit(x, t_x, age)
    assert model.standard_errors is not None
    for value, error, true in zip(
        (model.r, model.alpha, model.s, model.beta), model.standard_errors, (0.8, 8, 1.2, 30), strict=True
    ):
        assert abs(value - true) < 4 * error < true
    assert pareto.alive(model, x, t_x, age).mean() == pytest.approx((gone > age).mean(), abs=0.02)


@pytest.mark.parametrize("seed", [1, 2])
def test_R79_nobody_leaving_leaves_p_alive_unknown(seed):
    x, t_x, age = population(seed, 2_000, (1.2, 8.0), None)
    model = pareto.fit(x, t_x, age)
    assert model.boundary is not None and model.standard_errors is model.covariance is None
    assert np.isnan(pareto.alive(model, x, t_x, age)).all()
    expected = pareto.expected_purchases(model, x, t_x, age, 52.0)
    assert expected.mean() == pytest.approx(52 * 1.2 / 8.0, rel=0.06)


@pytest.mark.oracle
@pytest.mark.slow
def test_R79_households_that_shop_every_week_are_a_boundary(complete_journey):
    """Shopping days of 2017 to September: beta runs to 1,302 in other hands; P(alive) would be no news."""
    found = duckdb.sql(
        f"""
        with days as (
          select distinct household_id, cast(transaction_timestamp as date) as day from '{complete_journey}'
        )
        select count(*) - 1 as x, date_diff('day', min(day), max(day)) / 7.0 as t_x,
            date_diff('day', min(day), date '2017-09-30') / 7.0 as age
        from days where day <= '2017-09-30' group by household_id
        """
    ).fetchnumpy()
    model = pareto.fit(*found.values())
    assert model.beta > 500
    assert model.boundary is not None and model.boundary.startswith("Hardly anybody drops out: 0.")


@pytest.mark.parametrize(
    ("x", "t_x", "age", "message"),
    [
        ([1.5], [2], [4], "whole number of repeat purchases"),
        ([1], [5], [4], "between 0 and age"),
        ([0, 0], [0, 0], [4, 5], "no customer has bought again"),
        ([], [], [], "no customer has bought again"),
        ([3, 1], [0, 0], [0, 0], "no customer has bought again|no peak"),
    ],
)
def test_impossible_histories_are_refused(x, t_x, age, message):
    with pytest.raises(BadInput, match=message):
        pareto.fit(x, t_x, age)


def test_no_cells_score_to_no_figures(model):
    assert pareto.alive(model, [], [], []).shape == (0,)
    with pytest.raises(BadInput, match="horizon"):
        pareto.expected_purchases(model, 1, 1.0, 2.0, float("inf"))
