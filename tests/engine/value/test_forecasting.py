"""What is learned and scored, its intervals by the delta method, and the lifetime value of the literature."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gammaln, hyperu

from sterna.engine.errors import BadInput
from sterna.engine.value import forecasting, models, spend, uncertainty
from tests.engine.value.cdnow import cells, sample
from tests.engine.value.population import population
from tests.engine.value.published import donations

BG, PARETO = models.MODELS["bg-nbd"], models.MODELS["pareto-nbd"]


@pytest.fixture(scope="module")
def cdnow():
    data = sample()
    return cells(data.x, data.t_x, data.age)


@pytest.fixture(scope="module")
def learned(cdnow):
    return {model.name: forecasting.learn(model, *cdnow) for model in (BG, PARETO)}


@pytest.mark.oracle
def test_what_is_told_has_the_names_of_the_literature(learned):
    told = learned["pareto-nbd"].told()
    assert list(told) == ["model", "parameters", "log_likelihood", "warnings"]
    assert list(told["parameters"]) == ["r", "alpha", "s", "beta"] == list(learned["pareto-nbd"].errors())
    assert told["warnings"] == [] and learned["pareto-nbd"].notes == ()
    (note,) = learned["bg-nbd"].notes
    assert "P(alive) of the 1,411 customers with one purchase is 1 by assumption" in note


@pytest.mark.oracle
def test_p_alive_that_is_only_assumed_is_no_score_but_counts_in_the_mean(learned, cdnow):
    x, t_x, age, weight = cdnow
    scores = {
        name: forecasting.score(models.MODELS[name], fit, x, t_x, age, 39.0) for name, fit in learned.items()
    }
    assert (np.isnan(scores["bg-nbd"].p_alive) == (x == 0)).all()
    assert np.isfinite(scores["pareto-nbd"].p_alive).all()
    assert all(np.isfinite(each.purchases).all() for each in scores.values())
    found = scores["bg-nbd"].p_alive
    mean = (np.nansum(found * weight) + weight[x == 0].sum()) / weight.sum()
    assert forecasting.mean_alive(BG, learned["bg-nbd"], *cdnow) == pytest.approx(mean)


def test_without_a_fit_every_score_is_unknown_and_the_reason_is_a_sentence():
    none = forecasting.learn(BG, [0, 0], [0, 0], [4, 5], [1, 1])
    assert none.told()["parameters"] is none.told()["log_likelihood"] is none.errors() is None
    assert none.warnings[0].startswith("No customer has bought again") and none.warnings[0].endswith(".")
    assert np.isnan(forecasting.score(BG, none, [0, 3], [0, 1], 4, 26).purchases).all()
    assert np.isnan(forecasting.worth(BG, none, [0], [0], 4, 26, 0.1).discounted).all()
    assert forecasting.mean_alive(BG, none, [0], [0], 4, 1) is None


def test_R79_at_a_boundary_purchases_are_forecast_and_p_alive_and_errors_are_unknown():
    x, t_x, age = population(1, 2_000, (1.2, 8.0), None)
    fit = forecasting.learn(BG, x, t_x, age, 1.0)
    assert fit.warnings == (fit.fitted.boundary,) and fit.notes == () and fit.errors() is None
    scores = forecasting.score(BG, fit, x, t_x, age, 52)
    assert np.isnan(scores.p_alive).all() and scores.purchases.mean() == pytest.approx(7.8, rel=0.05)
    assert forecasting.mean_alive(BG, fit, x, t_x, age, 1.0) is None
    worth = forecasting.worth(BG, fit, x, t_x, age, 52, 0.1)
    assert np.isfinite(worth.discounted).all() and np.isnan(worth.error).all()
    low, high = uncertainty.interval(worth.discounted, None)
    assert np.isnan(low).all() and np.isnan(high).all()


@pytest.mark.oracle
def test_R79_discounted_lifetime_is_the_closed_form_of_the_literature(learned, cdnow):
    """Fader, Hardie and Lee 2005, "RFM and CLV", equation 4: discounted residual transactions without an end."""
    fitted, (x, t_x, age, _) = learned["pareto-nbd"].fitted, cdnow
    rate = np.log(1.15) / forecasting.WEEKS_A_YEAR
    alive = PARETO.alive(fitted, x, t_x, age)
    # Their likelihood L is that of being alive at the end over P(alive).
    r, alpha, s, beta = fitted.r, fitted.alpha, fitted.s, fitted.beta
    log_likelihood = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        - (r + x) * np.log(alpha + age) - s * np.log(beta + age) - np.log(alive)
    )  # fmt: skip
    closed = np.exp(
        r * np.log(alpha) + s * np.log(beta) + (s - 1) * np.log(rate) + gammaln(r + x + 1) - gammaln(r)
        - (r + x + 1) * np.log(alpha + age) - log_likelihood
    ) * hyperu(s, s, rate * (beta + age))  # fmt: skip
    # After 6,000 weeks e^-16 of a purchase is left to be counted.
    found = forecasting.worth(PARETO, learned["pareto-nbd"], x, t_x, age, 6_000, 0.15).discounted
    assert found == pytest.approx(closed, rel=1e-5)


@pytest.mark.parametrize("yearly", [-0.1, float("nan"), float("inf")])
def test_a_discount_that_is_none_is_refused(yearly):
    none = forecasting.learn(BG, [0], [0], [4], [1])
    with pytest.raises(BadInput, match="a yearly discount is at least 0"):
        forecasting.worth(BG, none, [0], [0], [4], 26, yearly)


def test_errors_by_hand():
    """Of the mean p g / (q - 1): slopes of its log by the logs are 1, -q / (q - 1) and 1; errors .1, .2 and .05."""
    model = spend.GammaGamma(6.0, 4.0, 15.0, -1.0, 1, covariance=((0.36, 0, 0), (0, 0.64, 0), (0, 0, 0.5625)))
    error = uncertainty.relative_error(model, spend.NAMES, lambda fitted: np.array([fitted.population_mean]))
    assert error == pytest.approx([np.sqrt(0.1**2 + (4 / 3 * 0.2) ** 2 + 0.05**2)], rel=1e-4)
    low, high = uncertainty.interval(np.array([30.0]), error)
    assert low * high == pytest.approx([900]) and high / 30 == pytest.approx(np.exp(1.96 * error), rel=1e-4)
    assert (
        uncertainty.relative_error(replace(model, covariance=None), spend.NAMES, lambda _: np.ones(1)) is None
    )


def test_errors_of_parameters_that_move_together_cancel():
    """r / alpha of two parameters that are estimated up to one factor is known exactly."""
    model = spend.GammaGamma(
        2.0, 4.0, 8.0, -1.0, 1, covariance=((0.04, 0, 0.16), (0, 1e-12, 0), (0.16, 0, 0.64))
    )
    error = uncertainty.relative_error(model, spend.NAMES, lambda fitted: np.array([fitted.p / fitted.gamma]))
    assert error == pytest.approx([0], abs=1e-5)


def test_R79_the_interval_of_a_forecast_is_the_spread_of_repeated_samples():
    truth = ((0.8, 6.0), (0.8, 2.4))
    totals, errors = [], []
    for seed in range(40):
        people = population(seed, 1_500, *truth)
        fit = forecasting.learn(BG, *people, 1.0)

        def mean(fitted, people=people):
            # For one fixed history, so that only the parameters move.
            return BG.expected(fitted, [0, 2, 9], [0, 30.0, 50.0], 52.0, 26.0)

        totals.append(mean(fit.fitted))
        errors.append(uncertainty.relative_error(fit.fitted, BG.parameters, mean))
    assert np.median(errors, axis=0) == pytest.approx(np.std(np.log(totals), axis=0), rel=0.35)


def test_spend_tied_to_frequency_is_a_warning():
    rng = np.random.default_rng(1)
    x = rng.integers(1, 12, 2_000)
    tied = forecasting.learn_spend(x, x * rng.gamma(5, 1, 2_000), 1.0)
    assert tied.warnings[-1].startswith(
        "Spend a purchase is tied to how often a customer buys (correlation 0."
    )
    free = forecasting.learn_spend(x, rng.gamma(6 * x) / (x * rng.gamma(4, 1 / 15, 2_000)), 1.0)
    assert free.warnings == () and list(free.told()["parameters"]) == ["p", "q", "gamma"]


@pytest.mark.oracle
def test_discrete_models_discount_by_the_period():
    bb = models.MODELS["bg-bb"]
    x, t_x, years, donors = donations()
    fit = forecasting.learn(bb, x, t_x, years, donors)
    one, two = (bb.expected(fit.fitted, x, t_x, years, periods) for periods in (1, 2))
    factor = 1.1 ** (-1 / forecasting.WEEKS_A_YEAR)
    worth = forecasting.worth(bb, fit, x, t_x, years, 2, 0.1)
    assert worth.discounted == pytest.approx(one * factor + (two - one) * factor**2)
    assert (worth.error > 0).all()
