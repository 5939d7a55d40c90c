"""Whether anybody leaves: the model in which nobody does, what tells them apart, and likelihoods as integrals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.special import beta as beta_function
from scipy.special import gamma, gammaln

from sterna.engine.value import dropout, lifetime, likelihood
from sterna.engine.value.dropout import WithoutDropout
from sterna.engine.value.likelihood import Peak, climb

NAMES = ("r", "alpha", "a", "b")
sizes = st.floats(-1, 1).map(lambda log: 10.0**log)
cells = st.lists(
    st.tuples(st.integers(0, 12), st.floats(0.5, 60), st.integers(1, 9)), min_size=1, max_size=12
)


def peak(ridge: bool = False, at_limit: tuple[int, ...] = ()) -> Peak:
    return Peak((1.0, 2.0, 3.0, 4.0), -1.0, at_limit, None, ridge)


@given(cells, sizes, sizes)
def test_adding_up_by_x_and_by_age_is_adding_up_by_cell(customers, r, alpha):
    x, age, weight = np.array(customers, dtype=float).T
    each = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
    found, _ = WithoutDropout(x, age, weight)(np.array([r, alpha]))
    assert found == pytest.approx(weight @ each, rel=1e-10, abs=1e-9)


def test_the_gradient_without_drop_out_is_that_of_its_likelihood():
    rng = np.random.default_rng(1)
    without = WithoutDropout(rng.poisson(3, 400).astype(float), rng.uniform(1, 50, 400), np.ones(400))
    for theta in ([0.5, 3.0], [4.0, 0.2]):
        error = check_grad(lambda at: without(at)[0], lambda at: without(at)[1], theta)
        assert error < 1e-5 * np.abs(without(np.array(theta))[1]).max() + 1e-3


def test_one_customer_without_drop_out_by_hand():
    """r = 1, alpha = 2: the chance of x purchases at given times in age 2 is x! 2 / 4^(x + 1); 2! 2 / 64 for two."""
    found, _ = WithoutDropout(np.array([2.0]), np.array([2.0]), np.array([1.0]))(np.array([1.0, 2.0]))
    assert np.exp(found) == pytest.approx(4 / 64)


def by_definition(theta: tuple[float, ...], x: int, t_x: float, age: float, modified: bool) -> float:
    """The likelihood as an integral over one customer's drop-out p, with the purchase rate integrated out."""
    r, alpha, a, b = theta
    chances = x + modified

    def density(p: float) -> float:
        stays = (1 - p) ** chances * (alpha + age) ** -(r + x)
        leaves = p * (1 - p) ** (chances - 1) * (alpha + t_x) ** -(r + x) if chances else 0.0
        return float((stays + leaves) * p ** (a - 1) * (1 - p) ** (b - 1))

    outside = gamma(r + x) / gamma(r) * alpha**r / beta_function(a, b)
    return float(outside * quad(density, 0, 1, limit=200, epsabs=0)[0])


@pytest.mark.parametrize("modified", [False, True])
@pytest.mark.parametrize(("x", "share"), [(0, 0.0), (1, 0.2), (1, 1.0), (5, 0.7), (12, 0.95)])
@pytest.mark.parametrize("theta", [(0.6, 4.0, 1.5, 2.5), (1.2, 0.8, 2.0, 1.2)])
def test_the_closed_likelihoods_are_the_integrals_they_stand_for(theta, x, share, modified):
    age = 20.0
    one = lifetime._Cells(*(np.array([value], dtype=float) for value in (x, share * age, age, 1)), modified)
    assert np.exp(one.log_likelihood(np.array(theta))[0]) == pytest.approx(
        by_definition(theta, x, share * age, age, modified), rel=1e-6
    )


@pytest.mark.parametrize("modified", [False, True])
def test_a_silence_of_a_thousand_purchases_overflows_nothing(modified):
    one = lifetime._Cells(*(np.array([value], dtype=float) for value in (1_000, 1.0, 5_000.0, 1)), modified)
    value, slope = one.log_likelihood(np.array([0.5, 2.0, 0.8, 2.4]))
    assert np.isfinite(value) and np.isfinite(slope).all()
    model = lifetime.BetaGeometric(0.5, 2.0, 0.8, 2.4, -1.0, 1, modified=modified)
    assert lifetime.alive(model, 1_000, 1.0, 5_000.0)[0] == pytest.approx(0, abs=1e-300)


@pytest.mark.parametrize(
    ("found", "gain", "share", "said"),
    [
        (peak(), 1.9, 0.3, "No drop-out can be told"),
        (peak(ridge=True), 0.0, 0.001, "No drop-out can be told"),
        (peak(), 5.0, 0.0049, "Hardly anybody drops out: 0.49% of purchases were a last one."),
        (peak(ridge=True), 5.0, 0.3, likelihood.ON_RIDGE),
        (peak(at_limit=(2, 3)), 5.0, 0.3, "The best fit runs to the limit of a, b, so"),
        (peak(ridge=True, at_limit=(0,)), 5.0, 0.3, likelihood.ON_RIDGE),
    ],
)
def test_the_reason_that_says_most_is_told(found, gain, share, said):
    told = dropout.why_unknown(found, NAMES, gain, share)
    assert told is not None and told.startswith(said)


def test_drop_out_that_is_seen_is_no_boundary():
    assert dropout.why_unknown(peak(), NAMES, 2.0, 0.005) is None


def test_covariance_is_the_inverse_of_the_curvature():
    """Of -(50 u^2 + 30 u v + 50 v^2) in u = x - 2, v = y - 3 the information is [[100, 30], [30, 100]]."""

    def hill(theta):
        u, v = theta - np.array([2.0, 3.0])
        return -(50 * u * u + 30 * u * v + 50 * v * v), np.array([-100 * u - 30 * v, -30 * u - 100 * v])

    top = climb(hill, [1.0, 1.0], 100.0)
    assert np.array(top.covariance) == pytest.approx(np.array([[100, -30], [-30, 100]]) / 9_100, rel=1e-4)
    assert top.standard_errors == pytest.approx(np.sqrt(np.diag(np.array(top.covariance))))


@pytest.mark.parametrize(
    "level", [lambda theta: (0.0, np.zeros(1)), lambda theta: (float(theta[0]), np.ones(1))]
)
def test_where_there_is_no_peak_there_is_no_covariance(level):
    assert climb(level, [1.0], 1e6).covariance is None
