"""MBG/NBD: drop-out right after the first purchase, so that one purchase is evidence too."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from sterna.engine.value import lifetime
from tests.engine.value.cdnow import cells, sample
from tests.engine.value.population import population


@pytest.fixture(scope="module")
def model() -> lifetime.BetaGeometric:
    data = sample()
    return lifetime.fit(*cells(data.x, data.t_x, data.age), modified=True)


@pytest.mark.oracle
def test_R79_modified_parameters_are_those_of_other_hands(model):
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx((0.5248, 6.183, 0.8914, 1.614), abs=5e-4)
    assert model.modified and model.boundary is None
    rows = lifetime.fit(sample().x, sample().t_x, sample().age, modified=True)
    for name in ("r", "alpha", "a", "b", "log_likelihood"):
        assert getattr(rows, name) == pytest.approx(getattr(model, name), rel=1e-6)


@pytest.mark.oracle
def test_gradient_is_that_of_the_log_likelihood():
    data = sample()
    inside = lifetime._Cells(data.x.astype(float), data.t_x, data.age, np.ones(data.x.size), True)
    value, slope = lambda at: inside.log_likelihood(at)[0], lambda at: inside.log_likelihood(at)[1]
    for theta in ([0.52, 6.2, 0.89, 1.6], [1.5, 20.0, 3.0, 0.4]):
        assert check_grad(value, slope, theta) < 1e-5 * np.abs(slope(np.array(theta))).max() + 1e-2


def test_p_alive_after_one_purchase_falls_with_silence_by_hand(model):
    plain = lifetime.BetaGeometric(1.0, 2.0, 1.0, 3.0, -1.0, 1)
    modified = lifetime.BetaGeometric(1.0, 2.0, 1.0, 3.0, -1.0, 1, modified=True)
    # x = 0: 1 / (1 + a/b (alpha + T)/alpha) = 1 / (1 + 1/3 * 8/2) = 3/7 after 6 weeks.
    assert lifetime.alive(modified, 0, 0.0, [0.0, 6.0]) == pytest.approx([3 / 4, 3 / 7])
    assert lifetime.alive(plain, 0, 0.0, [0.0, 6.0]).tolist() == [1.0, 1.0]


def test_expected_purchases_are_the_mean_over_customers_drawn(model):
    """Drop-out given staying is beta(a, b + x + 1); a customer alive buys (1 - (1 + p h)^-r') / p more, h a stretch."""
    rng = np.random.default_rng(4)
    x, t_x, age, horizon = 3, 20.0, 39.0, 39.0
    p = rng.beta(model.a, model.b + x + 1, 400_000)
    stretch = horizon / (model.alpha + age)
    if_alive = (-np.expm1(-(model.r + x) * np.log1p(p * stretch)) / p).mean()
    alive = lifetime.alive(model, x, t_x, age)[0]
    found = lifetime.expected_purchases(model, x, t_x, age, horizon)[0]
    assert found == pytest.approx(alive * if_alive, rel=0.01)


def test_who_leaves_at_once_is_told_apart_from_who_never_came_to_it():
    """Half of the customers leave at the first purchase: only the modified model sees them go."""
    x, t_x, age = population(3, 6_000, (1.5, 5.0), (0.6, 2.0))
    gone = np.random.default_rng(1).random(x.size) < 0.5
    x, t_x = np.where(gone, 0, x), np.where(gone, 0, t_x)
    plain, modified = (lifetime.fit(x, t_x, age, modified=on) for on in (False, True))
    assert modified.log_likelihood > plain.log_likelihood + 50
    once = x == 0
    assert lifetime.alive(modified, x[once], t_x[once], age[once]).mean() < 0.35
