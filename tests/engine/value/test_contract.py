"""sBG lands on the published books of contracts, forecasts the years it has not seen, and carries balances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad

from sterna.engine.errors import BadInput
from sterna.engine.value import contract
from tests.engine.value.published import HIGH_END, HIGH_END_LATER, REGULAR, REGULAR_LATER, contracts

MODEL = contract.ShiftedBetaGeometric(0.7, 1.2, -1.0, 1)


@pytest.mark.parametrize(
    ("survivors", "parameters", "log_likelihood", "later"),
    [
        (REGULAR, (0.704, 1.182), -1680.3, REGULAR_LATER),
        (HIGH_END, (0.668, 3.806), -1611.2, HIGH_END_LATER),
    ],
)
def test_R79_books_are_fitted_as_published_and_the_years_unseen_are_met(
    survivors, parameters, log_likelihood, later
):
    model = contract.fit(*contracts(survivors))
    assert (model.alpha, model.beta) == pytest.approx(parameters, abs=1e-3)
    assert model.log_likelihood == pytest.approx(log_likelihood, abs=0.1)
    assert model.customers == 1000 and model.boundary is None and model.standard_errors is not None
    # Of the years 8 to 12, of which nothing was learned, the paper shows the curve lying on the points.
    assert 1000 * contract.survival(model, np.arange(8, 13)) == pytest.approx(later, rel=0.05)


def test_survival_and_retention_by_hand():
    """alpha .5, beta 1.5: S(1) = 3/4, S(2) = 3/4 * 5/6 = 5/8; of those left after 1, 5/6 come through the second."""
    model = contract.ShiftedBetaGeometric(0.5, 1.5, -1.0, 1)
    assert contract.survival(model, [0, 1, 2]) == pytest.approx([1, 3 / 4, 5 / 8])
    assert contract.retention(model, [1, 2]) == pytest.approx([3 / 4, 5 / 6])
    assert contract.survival(model, 1, since=1) == pytest.approx([5 / 6])
    # Two periods to come after one: 5/6 + 5/6 * 7/8 = 75/48.
    assert contract.expected_purchases(model, 1, 1, 1, 2) == pytest.approx([75 / 48])


def test_R79_expected_balances_by_hand():
    """1,000 of somebody one period in, growing by 10 %: after one more 1,100 * 5/6, after two 1,210 * 35/48."""
    model = contract.ShiftedBetaGeometric(0.5, 1.5, -1.0, 1)
    one = contract.expected_balance(model, 1, 1, 1, 1000.0, [0, 1, 2], growth=0.1)
    assert one == pytest.approx([1000, 1100 * 5 / 6, 1210 * 35 / 48])
    # Discounted by as much as it grows, the balances add up like the periods.
    total = contract.discounted_balance(model, 1, 1, 1, 1000.0, 2, discount=0.1, growth=0.1)
    assert total == pytest.approx([1000 * 75 / 48])
    plain = contract.discounted_balance(model, 1, 1, 1, 1000.0, 2, discount=0.25)
    assert plain == pytest.approx([1000 * (5 / 6 / 1.25 + 35 / 48 / 1.25**2)])


def test_a_relationship_that_has_ended_holds_nothing_and_an_unknown_balance_stays_unknown():
    found = contract.expected_balance(MODEL, [3, 7, 7, 3], [3, 7, 7, 3], 7, [500.0, 500.0, np.nan, np.nan], 4)
    assert found[0] == 0 and 0 < found[1] < 500 and np.isnan(found[2:]).all()
    assert contract.alive(MODEL, [3, 7], [3, 7], 7).tolist() == [0, 1]
    assert contract.expected_purchases(MODEL, [3, 7], [3, 7], 7, [4, 0]).tolist() == [0, 0]
    assert np.isnan(contract.discounted_balance(MODEL, 7, 7, 7, np.nan, 4, discount=0.1)).all()


@given(st.floats(0.05, 20), st.floats(0.05, 20), st.integers(0, 60), st.integers(0, 60))
def test_survival_falls_with_time_and_the_old_are_the_loyal(alpha, beta, since, periods):
    model = contract.ShiftedBetaGeometric(alpha, beta, -1.0, 1)
    first, second = contract.survival(model, [periods, periods + 1], since)
    assert 0 < second < first <= 1
    assert contract.survival(model, periods + 1, since + 1)[0] > second
    # To live through a time is to live through its parts one after the other.
    both = contract.survival(model, periods, since) * contract.survival(model, 3, since + periods)
    assert contract.survival(model, periods + 3, since) == pytest.approx(both, rel=1e-9)


def test_gradient_is_that_of_the_log_likelihood():
    x, _, age, weight = contracts(REGULAR)
    inside = contract._Cells(x, x < age, weight)
    value, slope = lambda at: inside.log_likelihood(at)[0], lambda at: inside.log_likelihood(at)[1]
    for theta in ([0.7, 1.2], [3.0, 0.3]):
        assert check_grad(value, slope, theta) < 1e-5 * np.abs(slope(np.array(theta))).max() + 1e-2


def test_truth_lies_within_four_standard_errors():
    rng = np.random.default_rng(9)
    chance = rng.beta(0.9, 6.0, 20_000)
    ended, age = rng.geometric(chance), rng.integers(1, 15, 20_000)
    x = np.minimum(ended - 1, age)
    model = contract.fit(x, x, age)
    assert model.standard_errors is not None
    for value, error, true in zip((model.alpha, model.beta), model.standard_errors, (0.9, 6.0), strict=True):
        assert abs(value - true) < 4 * error < true


def test_one_rate_of_ending_and_one_period_seen_are_boundaries():
    alike = contract.fit(*contracts([81920, 40960, 20480, 10240, 5120, 2560, 1280, 640, 320]))
    assert alike.boundary is not None and alike.boundary.startswith("All relationships end at one rate")
    assert contract.survival(alike, 2) == pytest.approx([1 / 4], rel=1e-3)
    # One period tells the share that ends, and nothing of how customers differ.
    short = contract.fit([0, 1], [0, 1], 1, [30, 70])
    assert short.boundary is not None and short.standard_errors is None
    assert contract.survival(short, 1) == pytest.approx([0.7], rel=1e-4)


@pytest.mark.parametrize(
    ("x", "t_x", "age", "message"),
    [
        ([2], [1], [4], "the same whole number"),
        ([5], [5], [4], "between 0 and age"),
        ([1], [1], [1.5], "the same whole number"),
        ([4, 4], [4, 4], [4, 4], "no relationship has ended"),
        ([0, 0], [0, 0], [4, 4], "no relationship has outlived its first period"),
        ([], [], [], "no relationship has ended"),
    ],
)
def test_impossible_contracts_are_refused(x, t_x, age, message):
    with pytest.raises(BadInput, match=message):
        contract.fit(x, t_x, age)


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_a_rate_that_leaves_nothing_is_refused(rate):
    with pytest.raises(BadInput, match="above -1"):
        contract.expected_balance(MODEL, 1, 1, 1, 5.0, 2, growth=rate)
    with pytest.raises(BadInput, match="above -1"):
        contract.discounted_balance(MODEL, 1, 1, 1, 5.0, 2, discount=rate)
    with pytest.raises(BadInput, match="whole number of periods"):
        contract.expected_purchases(MODEL, 1, 1, 1, 0.5)


def test_a_period_to_come_counts_by_its_discount():
    """Two periods after one: 5/6 and 35/48 as above, the first halved and the second quartered at a rate of log 2."""
    model = contract.ShiftedBetaGeometric(0.5, 1.5, -1.0, 1)
    found = contract.discounted_purchases(model, [1, 0], [1, 0], 1, 2, float(np.log(2)))
    assert found == pytest.approx([5 / 12 + 35 / 192, 0])
