"""The benchmark of the forecast: it is as large as is said, and its peer ends where the chain does."""

import numpy as np
import pytest

from bench.forecast import CUSTOMERS, DRAWS, MONTHS, MOVED, PLACES, forecast_plan, one_by_one


def test_the_peer_moves_customers_by_the_same_chances():
    chances = np.array(MOVED) / np.array(MOVED).sum(axis=1, keepdims=True)
    opening = np.full(len(PLACES), CUSTOMERS / len(PLACES))
    expected = (opening @ np.linalg.matrix_power(chances, MONTHS))[-1]
    assert abs(one_by_one(chances) - expected) < 5 * expected**0.5


@pytest.mark.slow
def test_R88_the_forecast_is_timed_beside_a_draw_of_every_customer():
    told = []
    result = forecast_plan(told.append)
    assert told
    assert (result.sizes["customers"], result.sizes["months"], result.sizes["draws"]) == (
        CUSTOMERS,
        MONTHS,
        DRAWS,
    )
    assert (CUSTOMERS, MONTHS, DRAWS) == (1_000_000, 12, 200)
    assert [target.unit for target in result.targets] == ["s", "GB"]
    assert {figure.what for figure in result.figures} == {
        "forecast",
        "what it hangs on",
        "one draw of every customer",
    }
