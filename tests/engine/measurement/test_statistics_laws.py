"""Laws that comparisons keep whatever the customers."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sterna.engine.measurement import statistics
from tests.engine.measurement.arms import arm

amounts = st.integers(-10_000, 10_000).map(lambda cents: cents / 100)
pairs = st.lists(st.tuples(amounts, amounts), min_size=2, max_size=40)
p_values = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=30)
methods = pytest.mark.parametrize("method", [statistics.welch, statistics.cuped])


def of(customers, shift=0.0, times=1.0):
    return arm([times * y + shift for y, _ in customers], [x for _, x in customers])


def near(value, scale=1.0):
    return pytest.approx(value, rel=1e-6, abs=1e-6 * scale)


@methods
@given(treated=pairs, control=pairs)
def test_swapped_arms_flip_the_sign(method, treated, control):
    one, other = method(of(treated), of(control)), method(of(control), of(treated))
    assert one.effect == near(-other.effect)
    assume(one.low is not None and other.low is not None)
    assert (one.low, one.high, one.p) == (near(-other.high), near(-other.low), near(other.p))


@methods
@given(treated=pairs, control=pairs, shift=amounts)
def test_shift_of_both_arms_changes_no_difference_and_of_one_adds_to_it(method, treated, control, shift):
    plain = method(of(treated), of(control))
    both = method(of(treated, shift), of(control, shift))
    one = method(of(treated, shift), of(control))
    assert both.effect == near(plain.effect, 100)
    assert one.effect == near(plain.effect + shift, 100)
    assume(plain.standard_error is not None and plain.standard_error > 1e-3)
    assert both.standard_error == near(plain.standard_error)
    assert one.standard_error == near(plain.standard_error)


@methods
@given(treated=pairs, control=pairs, times=st.floats(0.01, 100))
def test_unit_of_the_outcome_scales_the_interval_and_keeps_p(method, treated, control, times):
    plain, scaled = (
        method(of(treated), of(control)),
        method(of(treated, times=times), of(control, times=times)),
    )
    assert scaled.effect == near(times * plain.effect, 100 * times)
    assume(plain.standard_error is not None and plain.standard_error > 1e-3)
    assert (scaled.low, scaled.p) == (near(times * plain.low, 100 * times), near(plain.p))


@given(pairs, pairs)
def test_cuped_never_widens_the_standard_error(treated, control):
    plain, adjusted = statistics.welch(of(treated), of(control)), statistics.cuped(of(treated), of(control))
    assume(plain.standard_error is not None)
    assert (adjusted.standard_error or 0.0) <= plain.standard_error * (1 + 1e-9)
    assert -1e-9 <= adjusted.variance_kept <= 1 + 1e-9


@given(pairs, pairs, st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_interval_holds_the_effect_widens_with_the_level_and_meets_zero_where_p_does(
    treated, control, one, other
):
    low, high = sorted((one, other))
    narrow, wide = (statistics.welch(of(treated), of(control), level) for level in (low, high))
    assume(narrow.low is not None)
    assert wide.low <= narrow.low <= narrow.effect <= narrow.high <= wide.high
    assume(abs(narrow.p - (1 - low)) > 1e-9)
    assert (narrow.low > 0 or narrow.high < 0) == (narrow.p < 1 - low)


@given(pairs)
def test_arm_against_itself_has_no_effect(customers):
    found = statistics.cuped(of(customers), of(customers))
    assert found.effect == pytest.approx(0.0, abs=1e-9)
    assert found.p is None or found.p == pytest.approx(1.0)


@given(p_values)
def test_adjusted_p_are_no_smaller_keep_their_order_and_never_pass_one(p):
    adjusted = statistics.benjamini_hochberg(p)
    assert [value is None for value in adjusted] == [value is None for value in p]
    known = sorted((raw, held) for raw, held in zip(p, adjusted, strict=True) if raw is not None)
    assert all(raw <= held * (1 + 1e-12) and held <= 1 for raw, held in known)
    assert [held for _, held in known] == sorted(held for _, held in known)
    # The largest is taken as it is: it is the only one of so many.
    assert not known or known[-1][1] == pytest.approx(known[-1][0])


@given(st.lists(st.integers(50, 5_000), min_size=2, max_size=6), st.integers(2, 9))
def test_sample_ratio_knows_no_order_and_no_scale_of_shares(counts, times):
    shares = list(range(1, len(counts) + 1))
    one = statistics.sample_ratio(counts, shares)
    other = statistics.sample_ratio(counts[::-1], [times * share for share in shares[::-1]])
    assert other.p == pytest.approx(one.p)
