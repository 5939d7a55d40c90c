"""A climb that comes to rest where the likelihood is all but level is told from a peak, and from a failure."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from sterna.engine.errors import BadInput
from sterna.engine.value import lifetime, spend
from sterna.engine.value.likelihood import ON_RIDGE, Floats, Likelihood, Peak, climb

FIGURES = (1.4, 1.4, 15.0, 2000.0)


def roof(slope: float) -> Likelihood:
    """Falls by `slope` per logarithm on either side of 2: it has a top, and nowhere a level place."""

    def likelihood(theta: Floats) -> tuple[float, Floats]:
        away = np.log(theta / 2.0)
        return -slope * float(np.abs(away).sum()), -slope * np.where(away < 0, -1.0, 1.0) / theta

    return likelihood


def test_a_climb_that_rests_on_a_slight_slope_is_on_a_ridge_without_errors():
    peak = climb(roof(1e-3), [1.0], 1.0)
    assert peak.parameters == pytest.approx((2.0,), rel=1e-3)
    assert (peak.ridge, peak.at_limit, peak.standard_errors) == (True, (), None)


def test_a_climb_that_rests_on_a_slope_has_failed():
    with pytest.raises(BadInput, match="no peak"):
        climb(roof(0.1), [1.0], 1.0)


def test_a_peak_is_no_ridge():
    def hill(theta: Floats) -> tuple[float, Floats]:
        away = np.log(theta / 2.0)
        return -float(away @ away), -2 * away / theta

    peak = climb(hill, [1.0], 1.0)
    assert peak.parameters == pytest.approx((2.0,))
    assert not peak.ridge and peak.standard_errors is not None


def test_both_models_say_that_they_stand_on_a_ridge():
    ridge, peak = (Peak(FIGURES, -1.0, (), None, ridge=on) for on in (True, False))
    assert lifetime._boundary(ridge, 100.0) == spend._boundary(ridge) == ON_RIDGE
    assert lifetime._boundary(peak, 100.0) is spend._boundary(peak) is None
    # That customers do not drop out says more than how the climb ended.
    never_leave = Peak((1.4, 1.4, 15.0, 22_000.0), -1.0, (), None, ridge=True)
    assert lifetime._boundary(never_leave, 100.0).startswith("Hardly anybody drops out: 0.07%")


@pytest.mark.oracle
@pytest.mark.slow
def test_R79_a_whole_year_of_real_order_days_is_fitted_though_its_likelihood_has_a_ridge(complete_journey):
    """Order days of 2017 in whole weeks, observed until 1 January: the climb rests at a slope of 1e-3."""
    there, before = (_histories(complete_journey, end) for end in ("2018-01-01", "2017-12-31"))
    model, of_the_day_before = lifetime.fit(*there), lifetime.fit(*before)
    assert model.customers == 2469
    assert model.boundary is not None and model.boundary.startswith("Hardly anybody drops out: 0.07%")
    assert model.standard_errors is None
    assert np.isnan(lifetime.alive(model, *there[:3])).all()
    # Seen until the day before, the same purchases have a peak: along the ridge forecasts hardly change.
    peak, ridge = (
        lifetime.expected_purchases(fitted, *seen[:3], 26.0) @ seen[3]
        for fitted, seen in ((of_the_day_before, before), (model, there))
    )
    assert ridge == pytest.approx(peak, rel=0.01)
    assert model.r == pytest.approx(of_the_day_before.r, rel=0.01)


def _histories(lines: Path, end: str) -> tuple[Floats, ...]:
    """x, t_x, age and weight of every household, weeks rounded."""
    found = duckdb.sql(
        f"""
        with days as (
            select household_id,
                cast(transaction_timestamp at time zone 'UTC' at time zone 'America/New_York' as date) as day
            from '{lines}' group by all having sum(cast(sales_value as decimal(18, 2))) > 0
        ),
        histories as (
            select count(*) - 1 as x, round(date_diff('day', min(day), max(day)) / 7.0) as t_x,
                round(date_diff('day', min(day), date '{end}') / 7.0) as age
            from days group by household_id
        )
        select x, t_x, age, count(*) as customers from histories group by all order by all
        """
    )
    return tuple(found.fetchnumpy().values())
