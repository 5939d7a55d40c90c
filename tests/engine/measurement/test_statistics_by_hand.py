"""Comparisons of arms small enough to work out on paper."""

from math import sqrt

import pytest

from sterna.engine.errors import BadInput
from sterna.engine.measurement import statistics
from sterna.engine.measurement.statistics import Arm, SampleRatio
from tests.engine.measurement.arms import arm


def test_R89_welch_by_hand():
    found = statistics.welch(arm([1, 2, 3, 4, 5]), arm([2, 4, 6]))
    assert found.effect == pytest.approx(-1.0)
    assert found.standard_error == pytest.approx(sqrt(2.5 / 5 + 4 / 3))
    assert found.degrees == pytest.approx((11 / 6) ** 2 / (0.5**2 / 4 + (4 / 3) ** 2 / 2))
    # Student's t at 3.53 degrees: 97.5 % quantile 2.9295, from tables between 3.182 (3) and 2.776 (4).
    assert found.high - found.effect == pytest.approx(2.93 * found.standard_error, rel=2e-3)
    assert found.effect - found.low == pytest.approx(found.high - found.effect)
    assert found.p == pytest.approx(0.507, abs=5e-3)
    assert (found.treated.mean, found.control.mean, found.method) == (3.0, 4.0, "Welch's t")


def test_relative_effect_by_hand():
    found = statistics.welch(arm([9, 11] * 50), arm([7, 9] * 50))
    assert found.relative == pytest.approx(0.25)
    error = sqrt(100 / 99 / 100 / 10**2 + 100 / 99 / 100 / 8**2)
    assert found.relative_high == pytest.approx(1.25 * (1 + 1.972 * error) - 1, abs=1e-3)
    assert found.relative_low == pytest.approx(1.25 * (1 - 1.972 * error) - 1, abs=1e-3)


def test_relative_effect_is_unknown_where_the_hold_out_may_be_nothing():
    found = statistics.welch(arm([5, 7] * 20), arm([-9, 10] * 20))
    assert found.effect == pytest.approx(5.5)
    assert (found.relative, found.relative_low, found.relative_high) == (None, None, None)


def test_cuped_by_hand():
    found = statistics.cuped(arm([1, 2, 6], [0, 1, 2]), arm([0, 1, 5], [0, 2, 4]))
    # Slope (2.5/3 + 5/3) / (1/3 + 4/3) = 1.5; x is one lower in the treated arm, so 1 + 1.5.
    assert found.effect == pytest.approx(2.5)
    assert (found.treated.mean, found.control.mean) == pytest.approx((3.75, 1.25))
    assert (found.treated.variance, found.control.variance) == pytest.approx((1.75, 1.0))
    assert found.standard_error == pytest.approx(sqrt(2.75 / 3))
    assert found.variance_kept == pytest.approx(2.75 / 14)


def test_cuped_with_a_constant_covariate_is_welch():
    y = ([1, 2, 6], [0, 1, 5])
    found = statistics.cuped(arm(y[0], [3, 3, 3]), arm(y[1], [3, 3, 3]))
    plain = statistics.welch(arm(y[0]), arm(y[1]))
    assert (found.effect, found.low, found.p) == pytest.approx((plain.effect, plain.low, plain.p))
    assert found.variance_kept == pytest.approx(1.0)


def test_R89_nothing_is_invented_for_arms_of_no_or_one_customer():
    none = statistics.welch(arm([]), arm([1, 2, 3]))
    assert (none.effect, none.low, none.high, none.p, none.standard_error) == (None,) * 5
    one = statistics.welch(arm([4]), arm([1, 2, 3]))
    assert (one.effect, one.low, one.p) == (2.0, None, None)


def test_outcome_that_never_varies_has_no_interval():
    for value in (0.0, 0.1, 123456.7):
        found = statistics.welch(arm([value] * 37), arm([value] * 53))
        assert (found.low, found.high, found.p) == (None, None, None)


def test_perfect_covariate_has_no_interval():
    x, other = [1.1, 2.7, 3.3, 5.9], [2.2, 3.1, 7.4]
    found = statistics.cuped(arm([3 * v for v in x], x), arm([3 * v for v in other], other))
    assert found.effect == pytest.approx(0.0, abs=1e-9)
    assert found.low is None
    assert found.variance_kept == 0.0


@pytest.mark.parametrize(
    ("counts", "shares", "chi_square", "p"),
    [
        ([520, 480], [1, 1], 1.6, 0.2059),
        ([5100, 4900], [0.5, 0.5], 4.0, 0.0455),
        ([900, 80, 20], [0.9, 0.05, 0.05], 36.0, 1.52e-8),
        ([900, 100], [9, 1], 0.0, 1.0),
    ],
)
def test_sample_ratio_by_hand(counts, shares, chi_square, p):
    found = statistics.sample_ratio(counts, shares)
    assert found.chi_square == pytest.approx(chi_square)
    assert found.p == pytest.approx(p, rel=2e-3)
    assert found.mismatch is (p < 0.001)


def test_sample_ratio_of_a_handful_cannot_be_told():
    assert statistics.sample_ratio([30, 1], [0.9, 0.1]) == SampleRatio(None, None, None)


def test_adjusted_p_by_hand():
    p = [0.01, None, 0.04, 0.03, 0.005]
    assert statistics.benjamini_hochberg(p) == [
        pytest.approx(0.02),
        None,
        *map(pytest.approx, (0.04, 0.04, 0.02)),
    ]
    assert statistics.benjamini_hochberg([]) == []
    assert statistics.benjamini_hochberg([None, 0.9, 0.8]) == [None, 0.9, 0.9]
    assert statistics.benjamini_hochberg([None, 1.0]) == [None, 1.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Arm(-1, 0, 0), "-1 customers"),
        (lambda: Arm(3, 9, 26), "squares of y"),
        (lambda: Arm(0, 1, 1), "squares of y"),
        (lambda: Arm(2, float("nan"), 1), "not finite"),
        (lambda: Arm(2, 1, 1, 1), "together"),
        (lambda: Arm(2, 1, 1, 4, 2, 1), "squares of x"),
        (lambda: statistics.cuped(arm([1, 2]), arm([1, 2])), "cuped needs sum_x"),
        (lambda: statistics.cuped(arm([1], [1]), arm([1, 2], [1, 1])), "at least 2 customers"),
        (lambda: statistics.welch(arm([1, 2]), arm([1, 2]), level=95), "level"),
        (lambda: statistics.sample_ratio([10, 10], [1, 0]), "share above 0"),
        (lambda: statistics.sample_ratio([10], [1]), "two arms"),
        (lambda: statistics.benjamini_hochberg([1.2]), "between 0 and 1"),
    ],
)
def test_impossible_input_is_refused_by_name(make, message):
    with pytest.raises(BadInput, match=message):
        make()
