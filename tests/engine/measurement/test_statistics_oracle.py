"""The package `tea-tasting`, an independent implementation, agrees with the comparisons."""

import numpy as np
import pyarrow as pa
import pytest
import tea_tasting as tea
from tea_tasting.experiment import ExperimentResult
from tea_tasting.metrics.mean import MeanResult

from sterna.engine.measurement import statistics
from tests.engine.measurement.arms import arm, shoppers

pytestmark = pytest.mark.oracle


@pytest.fixture
def customers() -> dict[str, np.ndarray]:
    """1,500 customers, a third of them treated with an effect of +2."""
    rng = np.random.default_rng(21)
    later, before = shoppers(rng, 1_500)
    treated = np.arange(1_500) % 3 == 0
    return {"treated": treated.astype(int), "y": later + 2 * treated, "x": before}


def arms(customers) -> tuple[statistics.Arm, statistics.Arm]:
    treated = customers["treated"] == 1
    pair = [arm(customers["y"][side], customers["x"][side]) for side in (treated, ~treated)]
    return pair[0], pair[1]


def analyzed(customers, metric) -> MeanResult:
    return tea.Experiment({"m": metric}, variant="treated").analyze(pa.table(customers))["m"]


def same(found: statistics.Comparison, other: MeanResult, rel: float) -> None:
    ours = (found.effect, found.low, found.high, found.p)
    assert ours == pytest.approx(
        (other.effect_size, other.effect_size_ci_lower, other.effect_size_ci_upper, other.pvalue), rel=rel
    )
    relative = (found.relative, found.relative_low, found.relative_high)
    theirs = (other.rel_effect_size, other.rel_effect_size_ci_lower, other.rel_effect_size_ci_upper)
    assert relative == pytest.approx(theirs, rel=rel)


def test_R89_welch_agrees(customers):
    same(statistics.welch(*arms(customers)), analyzed(customers, tea.Mean("y")), 1e-9)


def test_R89_cuped_agrees_exactly_where_arms_are_balanced():
    rng = np.random.default_rng(22)
    later, before = shoppers(rng, 400)
    again = before * rng.gamma(4.0, 0.25, 400)
    customers = {
        "treated": np.repeat([1, 0], 400),
        "y": np.concatenate((later + 3, again)),
        "x": np.concatenate((before, before)),
    }
    same(statistics.cuped(*arms(customers)), analyzed(customers, tea.Mean("y", "x")), 1e-9)


def test_R89_cuped_agrees_closely_where_they_are_not(customers):
    """tea-tasting takes one slope over everybody, we the one with the least variance of the difference."""
    found, other = statistics.cuped(*arms(customers)), analyzed(customers, tea.Mean("y", "x"))
    assert found.effect == pytest.approx(other.effect_size, abs=0.1 * found.standard_error)
    their_error = other.effect_size / other.statistic
    assert 0.98 * their_error < found.standard_error <= their_error


@pytest.mark.parametrize(("treated", "control", "shares"), [(5_100, 4_900, 1.0), (1_020, 9_300, 1 / 9)])
def test_sample_ratio_agrees(treated, control, shares):
    table = pa.table({"treated": np.repeat([1, 0], [treated, control])})
    metric = tea.SampleRatio(shares, method="norm", correction=False)
    other = tea.Experiment({"m": metric}, variant="treated").analyze(table)["m"]
    assert statistics.sample_ratio([treated, control], [shares, 1.0]).p == pytest.approx(
        other.pvalue, rel=1e-9
    )


def test_R90_adjusted_p_agree():
    p = np.random.default_rng(23).beta(0.4, 1.0, 25).tolist()
    results = ExperimentResult(
        {str(place): MeanResult(*[0.0] * 8, value, 0.0) for place, value in enumerate(p)}
    )
    discovery = tea.multiplicity.adjust_fdr({"e": results}).to_dicts()
    assert statistics.benjamini_hochberg(p) == pytest.approx([row["pvalue_adj"] for row in discovery])
