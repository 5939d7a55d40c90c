"""BG/BB lands on the published donations, and its likelihood and forecasts are those of every fate written out."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad
from scipy.special import betaln

from sterna.engine.errors import BadInput
from sterna.engine.value import opportunities
from tests.engine.value.published import donations

MODEL = opportunities.BetaBinomial(1.2, 0.75, 0.66, 2.8, -1.0, 1)


@pytest.fixture(scope="module")
def model() -> opportunities.BetaBinomial:
    return opportunities.fit(*donations())


@pytest.mark.oracle
def test_R79_donors_are_fitted_as_published(model):
    found = (model.alpha, model.beta, model.gamma, model.delta)
    assert found == pytest.approx((1.204, 0.750, 0.657, 2.783), abs=1e-3)
    assert found == pytest.approx((1.2035, 0.7497, 0.6567, 2.7834), abs=5e-5)
    assert model.log_likelihood == pytest.approx(-33225.6, abs=0.1)
    assert (model.customers, model.boundary) == (11104, None)
    assert model.standard_errors is not None and max(model.standard_errors) < 0.4


@pytest.mark.oracle
def test_R79_gifts_of_the_next_five_years_are_those_of_the_paper(model):
    """Table 5 of the paper: .07 for one gift alone, 3.75 for a gift each year, by gifts and the year of the last."""
    x, t_x, years, _ = donations()
    found = dict(
        zip(zip(x, t_x, strict=True), opportunities.expected_purchases(model, x, t_x, years, 5), strict=True)
    )
    assert round(found[0, 0], 2) == 0.07
    assert round(found[6, 6], 2) == 3.75
    assert [round(found[1, year], 2) for year in range(1, 7)] == [0.09, 0.31, 0.59, 0.84, 1.02, 1.15]
    assert [round(found[4, year], 2) for year in range(4, 7)] == [0.58, 2.03, 2.71]


@pytest.mark.oracle
def test_rows_give_the_figures_of_cells(model):
    x, t_x, years, donors = donations()
    rows = opportunities.fit(*(np.repeat(column, donors.astype(int)) for column in (x, t_x, years)))
    for name in ("alpha", "beta", "gamma", "delta", "log_likelihood"):
        assert getattr(rows, name) == pytest.approx(getattr(model, name), rel=1e-6)


@pytest.mark.oracle
def test_gradients_are_those_of_the_log_likelihoods():
    inside = opportunities._Cells(*donations())
    for function, theta in (
        (inside.log_likelihood, [1.2, 0.75, 0.66, 2.8]),
        (inside.log_likelihood, [3.0, 0.2, 5.0, 0.4]),
        (inside.log_likelihood_without_dropout, [1.2, 0.75]),
    ):
        value, slope = lambda at, of=function: of(at)[0], lambda at, of=function: of(at)[1]
        assert check_grad(value, slope, theta) < 1e-5 * np.abs(slope(np.array(theta))).max() + 1e-1


def test_chances_of_all_histories_sum_to_one():
    """Each of the 2^4 strings of gifts has the chance of its x and t_x; together they are everything there is."""
    chance = 0.0
    for gifts in product((0, 1), repeat=4):
        x, t_x = sum(gifts), max((year for year, gave in enumerate(gifts, start=1) if gave), default=0)
        one = opportunities._Cells(*(np.array([value], dtype=float) for value in (x, t_x, 4, 1)))
        theta = np.array([MODEL.alpha, MODEL.beta, MODEL.gamma, MODEL.delta])
        chance += np.exp(one.log_likelihood(theta)[0])
    assert chance == pytest.approx(1, abs=1e-12)


def by_printed_formula(model, x, t_x, n, horizon):
    """Equation 13 of the paper, summed over the opportunities to come."""
    a, b, c, d = model.alpha, model.beta, model.gamma, model.delta
    likelihood = np.exp(betaln(a + x, b + n - x) - betaln(a, b) + betaln(c, d + n) - betaln(c, d)) + sum(
        np.exp(betaln(a + x, b + t_x - x + i) - betaln(a, b) + betaln(c + 1, d + t_x + i) - betaln(c, d))
        for i in range(n - t_x)
    )
    takes = np.exp(betaln(a + x + 1, b + n - x) - betaln(a, b))
    return (
        takes * sum(np.exp(betaln(c, d + n + k) - betaln(c, d)) for k in range(1, horizon + 1)) / likelihood
    )


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.integers(0, 30))
def test_expected_purchases_are_the_printed_formula(x, later, silent, horizon):
    t_x = x + later if x else 0
    n = t_x + silent
    found = opportunities.expected_purchases(MODEL, x, t_x, n, horizon)[0]
    assert found == pytest.approx(by_printed_formula(MODEL, x, t_x, n, horizon), rel=1e-9)
    assert 0 <= found <= horizon
    near = opportunities.discounted_purchases(MODEL, x, t_x, n, horizon, 0.1)[0]
    assert near <= found and near >= found * np.exp(-0.1 * horizon) - 1e-12


@given(st.integers(1, 10), st.integers(0, 10), st.integers(0, 10))
def test_later_gifts_and_more_of_them_never_make_a_donor_less_alive(x, later, silent):
    t_x = x + later
    n = t_x + silent + 1
    alive = opportunities.alive(MODEL, [x, x, x + 1], [t_x, t_x + 1, t_x + 1], [n, n, n])
    assert alive[0] <= alive[1] + 1e-12
    now = opportunities.expected_purchases(MODEL, [x, x + 1], [n, n], [n, n], 5)
    assert now[0] < now[1]


def test_R79_donors_who_never_stop_leave_p_alive_unknown():
    rng = np.random.default_rng(5)
    gave = rng.random((4_000, 8)) < rng.beta(1.2, 1.5, 4_000)[:, None]
    x, t_x = gave.sum(axis=1), np.where(gave, np.arange(1, 9), 0).max(axis=1)
    model = opportunities.fit(x, t_x, np.full(4_000, 8))
    assert model.boundary is not None and model.covariance is None
    assert np.isnan(opportunities.alive(model, x, t_x, 8)).all()
    expected = opportunities.expected_purchases(model, x, t_x, 8, 10)
    assert expected.mean() == pytest.approx(10 * 1.2 / 2.7, rel=0.05)


@pytest.mark.parametrize(
    ("x", "t_x", "age", "message"),
    [
        ([1], [1.5], [4], "whole numbers of opportunities"),
        ([1], [1], [4.5], "whole numbers of opportunities"),
        ([3], [2], [4], "at most the t_x"),
        ([0, 0], [0, 0], [4, 4], "no customer has taken any opportunity"),
        ([], [], [], "no customer has taken any opportunity"),
    ],
)
def test_impossible_histories_are_refused(x, t_x, age, message):
    with pytest.raises(BadInput, match=message):
        opportunities.fit(x, t_x, age)
    with pytest.raises(BadInput, match="whole number of opportunities"):
        opportunities.expected_purchases(MODEL, 1, 1, 2, 1.5)
