"""The verdict at each border, one step to either side of it, and the same figures without the slow library."""

import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from math import nextafter

import numpy as np
import pytest
from scipy.special import chdtrc, stdtr, stdtrit
from scipy.stats import chi2
from scipy.stats import t as student

from sterna.engine.measurement import statistics, verdicts
from sterna.engine.measurement.statistics import Comparison, SampleRatio, Summary
from sterna.engine.measurement.verdicts import Criterion
from tests.engine.measurement.arms import arm

UP, DOWN = float("inf"), float("-inf")


def interval(low: float, high: float, customers: int = 500) -> Comparison:
    """Two arms of the same size whose difference lies between `low` and `high`."""
    side = Summary(customers, 10.0, 1.0)
    made = statistics.compare(side, side, "Welch's t", 0.95)
    return replace(made, effect=(low + high) / 2, low=low, high=high)


@pytest.mark.parametrize(
    ("low", "high", "word", "finding"),
    [
        # Zero itself is inside the interval: an end on it has not left it.
        (0.0, 3.0, "cannot tell", "one of 2 or more"),
        (nextafter(0, UP), 3.0, "moved", "perhaps by less"),
        (-3.0, 0.0, "cannot tell", "a harm of 2 or more"),
        (-3.0, nextafter(0, DOWN), "not moved", "other way"),
        # An effect of exactly the smallest of interest is of interest.
        (-1.0, 2.0, "cannot tell", "one of 2 or more"),
        (-1.0, nextafter(2, DOWN), "not moved", "nothing as large"),
        (-2.0, 1.0, "cannot tell", "a harm of 2 or more"),
        (nextafter(-2, UP), 1.0, "not moved", "nothing as large"),
        (1.0, 2.0, "moved", "perhaps by less"),
        (1.0, nextafter(2, DOWN), "moved", "yet by less"),
        (2.0, 3.0, "moved", "by at least"),
        (nextafter(2, DOWN), 3.0, "moved", "perhaps by less"),
    ],
)
def test_R90_the_word_at_each_border_of_the_interval(low, high, word, finding):
    found = verdicts.judge(interval(low, high), Criterion(2.0))
    assert (found.word, finding in found.reason) == (word, True), found.reason


def test_R89_thirty_customers_are_enough_and_one_fewer_are_not():
    assert verdicts.judge(interval(2.0, 3.0, 30), Criterion(2.0)).word == "moved"
    assert verdicts.judge(interval(2.0, 3.0, 29), Criterion(2.0)).word == "cannot tell"


def test_R90_an_adjusted_p_of_exactly_one_in_twenty_supports_a_move():
    assert verdicts.judge(interval(2.0, 3.0), Criterion(2.0), adjusted_p=0.05).word == "moved"
    assert verdicts.judge(interval(2.0, 3.0), Criterion(2.0), adjusted_p=0.0501).word == "cannot tell"


def test_R89_sizes_that_nobody_could_test_withhold_nothing():
    """Fewer than five expected in an arm: the test of sizes is silent, and the arms are too small anyway."""
    untested = SampleRatio(None, None, None)
    assert verdicts.judge(interval(2.0, 3.0), Criterion(2.0), sizes=untested).word == "moved"


@pytest.mark.parametrize(
    ("counts", "mismatch"), [([5, 5], False), ([4, 5], None), ([0, 10], False), ([0, 40], True)]
)
def test_R89_arm_sizes_are_tested_from_five_expected_customers_on(counts, mismatch):
    # 0 of 10: chi-square 10, p .0016, above one in a thousand; 0 of 40: chi-square 40.
    assert statistics.sample_ratio(counts, [0.5, 0.5]).mismatch is mismatch


POPULATION = (
    (10, 12),
    (20, 19),
    (30, 33),
    (40, 38),
    (55, 60),
    (70, 66),
    (80, 85),
    (95, 90),
)  # spend before, after
PLANTED = 6.0


def every_split(method) -> np.ndarray:
    """The effects that `method` finds over all seventy ways to treat four of the eight."""
    found = []
    for chosen in combinations(range(8), 4):
        sides = []
        for treated in (True, False):
            mine = [pair for n, pair in enumerate(POPULATION) if (n in chosen) is treated]
            sides.append(
                arm([after + PLANTED * treated for _, after in mine], [before for before, _ in mine])
            )
        found.append(method(*sides).effect)
    return np.array(found)


def test_R14_over_all_draws_there_are_the_effect_is_right_on_average_and_adjustment_makes_it_steadier():
    plain, adjusted = every_split(statistics.welch), every_split(statistics.cuped)
    assert plain.size == 70
    assert plain.mean() == pytest.approx(PLANTED, abs=1e-12)  # exact, by the symmetry of the draws
    assert adjusted.mean() == pytest.approx(PLANTED, abs=1e-9)
    # Spend before explains nearly all of spend after: their correlation is .99.
    assert adjusted.var() < 0.05 * plain.var()
    assert np.abs(adjusted - PLANTED).max() < np.abs(plain - PLANTED).max() / 4


def test_the_distributions_are_those_of_the_full_library_to_twelve_digits():
    degrees = np.array([1.0, 1.7, 3.53, 29.0, 100.3, 2467.0, 1e6])
    for share in (0.5, 0.8, 0.9, 0.975, 0.9995):
        assert stdtrit(degrees, share) == pytest.approx(student.ppf(share, degrees), rel=1e-12, abs=1e-12)
    for size in (0.0, 0.1, 1.96, 5.0, 20.0):
        assert stdtr(degrees, -size) == pytest.approx(student.sf(size, degrees), rel=1e-12)
    for size in (0.0, 0.1, 4.0, 36.0, 400.0):
        for free in (1, 2, 9):
            assert chdtrc(free, size) == pytest.approx(chi2.sf(size, free), rel=1e-12)


def test_the_flow_starts_without_the_library_that_takes_seconds_to_import():
    listed = "import sys, sterna.engine.flow; print([name for name in sys.modules if name == 'scipy.stats'])"
    told = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
