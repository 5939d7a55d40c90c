"""What is said of a comparison: one word, one sentence, and no more than the figures bear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from sterna.engine.errors import BadInput
from sterna.engine.measurement import statistics, verdicts
from sterna.engine.measurement.statistics import Comparison, SampleRatio, Summary
from sterna.engine.measurement.verdicts import Criterion
from tests.engine.measurement.arms import arm


def comparison(effect: float, half: float, treated: int = 1_076, control: int = 1_393) -> Comparison:
    """A comparison whose 95 % interval reaches `half` to either side of `effect`."""
    degrees = treated + control - 2
    error = half / student.ppf(0.975, degrees)
    p = 2 * student.sf(abs(effect) / error, degrees)
    interval = (effect, effect - half, effect + half, p, None, None, None)
    sides = (Summary(treated, 10.0 + effect, 1.0), Summary(control, 10.0, 1.0))
    return Comparison(*interval, "Welch's t", 0.95, error, degrees, *sides)


@pytest.mark.parametrize(
    ("effect", "half", "word", "finding"),
    [
        (5.0, 2.0, "moved", "moved by at least the 2 of interest"),
        (3.0, 2.0, "moved", "moved, perhaps by less than the 2 of interest"),
        (1.0, 0.5, "moved", "moved, yet by less than the 2 of interest"),
        (0.5, 1.0, "not moved", "holds nothing as large as the 2 of interest"),
        (0.0, 1.9, "not moved", "holds nothing as large as the 2 of interest"),
        (0.0, 2.1, "cannot tell", "holds both no effect and one of 2 or more"),
        (1.0, 1.5, "cannot tell", "holds both no effect and one of 2 or more"),
        (-2.0, 2.5, "cannot tell", "holds both no effect and a harm of 2 or more"),
        (-4.0, 3.0, "not moved", "went the other way than the wished (up)"),
        (-1.0, 0.5, "not moved", "went the other way than the wished (up)"),
    ],
)
def test_R90_verdict_by_where_the_interval_lies(effect, half, word, finding):
    found = verdicts.judge(comparison(effect, half), Criterion(2.0))
    assert (found.word, found.against) == (word, "other way" in finding)
    assert finding in found.reason
    assert found.reason.startswith("1,076 treated against 1,393 in hold-out differ by")
    assert found.reason.endswith(".")
    assert (found.effect, found.low, found.high) == (effect, effect - half, effect + half)


def test_R90_reason_is_one_sentence_with_its_figures():
    assert verdicts.judge(comparison(5.0, 2.25), Criterion(2.0)).reason == (
        "1,076 treated against 1,393 in hold-out differ by +5 (95% interval +2.75 to +7.25): "
        "moved by at least the 2 of interest."
    )
    assert verdicts.judge(comparison(12345.6, 20000.0), Criterion(2500.0)).reason == (
        "1,076 treated against 1,393 in hold-out differ by +12,346 (95% interval -7,654 to +32,346): "
        "holds both no effect and one of 2,500 or more; arms like these find 28,585 or more in 4 cases of 5."
    )


@given(st.floats(-10, 10), st.floats(0.01, 10), st.floats(0.01, 10))
def test_R90_wish_for_less_mirrors_the_wish_for_more(effect, half, smallest):
    up = verdicts.judge(comparison(effect, half), Criterion(smallest, "up"))
    down = verdicts.judge(comparison(-effect, half), Criterion(smallest, "down"))
    assert (up.word, up.against, up.detectable) == (down.word, down.against, down.detectable)
    assert (up.low, up.high) == (-down.high, -down.low)


@given(st.floats(-10, 10), st.floats(0.01, 10), st.floats(0.01, 10))
def test_R90_moved_and_not_moved_are_never_both_bought_by_more_data(effect, half, smallest):
    """Halving the interval about the same effect never turns moved into not moved, nor back."""
    wide = verdicts.judge(comparison(effect, half), Criterion(smallest))
    narrow = verdicts.judge(comparison(effect, half / 2), Criterion(smallest))
    if wide.word == "moved":
        assert narrow.word == "moved"
    if wide.word == "not moved" and narrow.word != "not moved":
        assert narrow.word == "moved" and 0 < narrow.high < smallest


@pytest.mark.parametrize(("treated", "control"), [(29, 5_000), (5_000, 29), (3, 3)])
def test_R89_small_arm_cannot_tell_however_large_the_effect(treated, control):
    found = verdicts.judge(comparison(50.0, 1.0, treated, control), Criterion(2.0))
    assert found.word == "cannot tell"
    assert found.reason == f"The arms of {treated:,} and {control:,} customers are too small: each needs 30."
    assert (found.effect, found.low, found.high, found.p) == (50.0, None, None, None)


def test_R89_arms_of_nobody_cannot_tell():
    found = verdicts.judge(statistics.welch(arm([]), arm([1, 2, 3])), Criterion(2.0))
    assert (found.word, found.effect, found.detectable) == ("cannot tell", None, None)


def test_stated_minimum_is_the_one_used():
    close = comparison(5.0, 1.0, 40, 50)
    assert verdicts.judge(close, Criterion(2.0, fewest=40)).word == "moved"
    assert verdicts.judge(close, Criterion(2.0, fewest=41)).word == "cannot tell"


def test_R90_outcome_nobody_showed_cannot_tell():
    """Not one sale in either arm proves nothing about sales: the interval is not zero wide."""
    found = verdicts.judge(statistics.welch(arm([0] * 60), arm([0] * 70)), Criterion(0.1))
    assert (found.word, found.low) == ("cannot tell", None)
    assert found.reason == "Nothing varies within the arms of 60 and 70 customers, so chance cannot be sized."


def test_R89_unplanned_arm_sizes_withhold_every_figure():
    sizes = statistics.sample_ratio([1_076, 1_393], [1, 1])
    found = verdicts.judge(comparison(5.0, 1.0), Criterion(2.0), sizes=sizes)
    assert (found.word, found.effect, found.low, found.p) == ("cannot tell", None, None, None)
    assert "are not of the sizes planned" in found.reason
    planned = SampleRatio(0.1, 0.75, False)
    assert verdicts.judge(comparison(5.0, 1.0), Criterion(2.0), sizes=planned).word == "moved"


@pytest.mark.parametrize(("effect", "word"), [(2.0, "moved"), (-2.0, "not moved")])
def test_R90_side_that_many_comparisons_do_not_support_cannot_be_told(effect, word):
    found = comparison(effect, 1.9)
    assert verdicts.judge(found, Criterion(2.0), adjusted_p=0.04).word == word
    cautious = verdicts.judge(found, Criterion(2.0), adjusted_p=0.2)
    assert (cautious.word, cautious.against) == ("cannot tell", False)
    assert "may be chance among so many comparisons (adjusted p 0.2)" in cautious.reason


def test_R90_unsupported_move_too_small_to_matter_is_not_moved():
    found = verdicts.judge(comparison(1.0, 0.9), Criterion(2.0), adjusted_p=0.2)
    assert (found.word, found.against) == ("not moved", False)
    assert "holds nothing as large as the 2 of interest" in found.reason


def test_detectable_effect_by_hand():
    """Two arms of 1,000 with variance 4: 1.961 + 0.842 standard errors of 0.0894."""
    side = Summary(1_000, 1.0, 4.0)
    found = statistics.compare(side, side, "Welch's t", 0.95)
    assert verdicts.detectable_effect(found) == pytest.approx(2.803 * (8 / 1_000) ** 0.5, rel=1e-3)
    assert verdicts.detectable_effect(found, 0.5) == pytest.approx(found.high, rel=1e-9)
    assert verdicts.detectable_effect(statistics.welch(arm([1]), arm([2, 3]))) is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Criterion(0.0), "smallest effect"),
        (lambda: Criterion(float("nan")), "smallest effect"),
        (lambda: Criterion(1.0, "sideways"), "up or down"),
        (lambda: Criterion(1.0, fewest=1), "at least 2"),
        (lambda: verdicts.detectable_effect(comparison(1.0, 1.0), 0.2), "power"),
    ],
)
def test_impossible_criteria_are_refused_by_name(make, message):
    with pytest.raises(BadInput, match=message):
        make()
