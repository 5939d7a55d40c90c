"""Compares two arms from their sums, and keeps many comparisons honest.

An arm is what a scan over customers leaves behind, so that comparing a hundred million customers costs what
comparing ten does. Feed arms in one fixed order: float sums taken in another differ in their last digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, sqrt

import numpy as np
from scipy.special import chdtrc, stdtr, stdtrit  # scipy.stats says the same and takes seconds to import

from sterna.engine.errors import BadInput

ROUNDING = 1e-11  # a variance below this part of the mean square is the rounding of its sums, not variation
FEWEST_EXPECTED = 5  # customers an arm must expect for the chi-square approximation to hold
SRM_THRESHOLD = 0.001


@dataclass(frozen=True)
class Arm:
    """The customers of one arm, summed: `n` of them, their outcome y and, where known, a second measure x.

    x is the same behavior before the experiment; None means that it was not measured. Raises BadInput on sums that
    no n customers can have.
    """

    n: int
    sum_y: float
    sum_yy: float
    sum_x: float | None = None
    sum_xx: float | None = None
    sum_xy: float | None = None

    def __post_init__(self) -> None:
        if self.n < 0:
            raise BadInput(f"an arm has {self.n} customers")
        for name, total, squares in (("y", self.sum_y, self.sum_yy), ("x", self.sum_x, self.sum_xx)):
            if total is not None and squares is not None:
                self._check(name, total, squares)
        measured = [value is not None for value in (self.sum_x, self.sum_xx, self.sum_xy)]
        if any(measured) != all(measured):
            raise BadInput("an arm needs sum_x, sum_xx and sum_xy together, or none of them")

    def _check(self, name: str, total: float, squares: float) -> None:
        if not (isfinite(total) and isfinite(squares)):
            raise BadInput(f"the sums of {name} are not finite")
        if squares * self.n < total**2 * (1 - ROUNDING):
            raise BadInput(f"the squares of {name} sum to {squares}, less than {self.n} customers can have")


@dataclass(frozen=True)
class Summary:
    """A mean over `n` customers and the variance between them; None where n is too small for it (0 and 1)."""

    n: int
    mean: float | None
    variance: float | None


@dataclass(frozen=True)
class Comparison:
    """The difference of two arms, treated less control, in the unit of the outcome per customer.

    `low` to `high` is its interval at `level`, `p` is two-sided. All are None where an arm has fewer than two
    customers or nothing varies in either. `relative` is the difference as a share of the control's mean; it
    is None with its interval unless both means are clearly above zero: a share of nothing means nothing.
    `variance_kept` is the part of the variance that adjustment left (None without one).
    """

    effect: float | None
    low: float | None
    high: float | None
    p: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    method: str
    level: float
    standard_error: float | None
    degrees: float | None
    treated: Summary
    control: Summary
    variance_kept: float | None = None


@dataclass(frozen=True)
class SampleRatio:
    """Whether arms have the sizes that were planned; all None when an arm expects too few to tell."""

    chi_square: float | None
    p: float | None
    mismatch: bool | None


def welch(treated: Arm, control: Arm, level: float = 0.95) -> Comparison:
    """The difference of mean y with Welch's t interval (B. L. Welch, Biometrika 34, 1947)."""
    return compare(_outcome(treated), _outcome(control), "Welch's t", level)


def cuped(treated: Arm, control: Arm, level: float = 0.95) -> Comparison:
    """The difference of mean y, less what x, the customers' behavior before, explains of it.

    Source: A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the Sensitivity of Online Controlled Experiments
    by Utilizing Pre-Experiment Data", WSDM 2013. The slope is the one with the least variance of the
    difference, so adjustment never widens the standard error. Raises BadInput when x was not measured or
    n < 2 in an arm. x must have been measured before the treatment, or it takes away part of the effect.
    """
    pair = [_moments(arm) for arm in (treated, control)]
    covariance = sum(moments.covariance / moments.n for moments in pair)
    spread = sum(moments.variance_x / moments.n for moments in pair)
    slope = covariance / spread if spread > 0 else 0.0
    center = sum(moments.n * moments.mean_x for moments in pair) / sum(moments.n for moments in pair)
    adjusted = [moments.less(slope, center) for moments in pair]
    plain = sum(moments.variance_y / moments.n for moments in pair)
    kept = sum((summary.variance or 0.0) / summary.n for summary in adjusted) / plain if plain > 0 else None
    return compare(adjusted[0], adjusted[1], "Welch's t on CUPED-adjusted outcomes", level, kept)


def compare(
    treated: Summary, control: Summary, method: str, level: float, variance_kept: float | None = None
) -> Comparison:
    """Welch's comparison of two means; raises BadInput unless 0 < level < 1."""
    if not 0 < level < 1:
        raise BadInput(f"level is a share between 0 and 1, not {level}")
    effect = None
    if treated.mean is not None and control.mean is not None:
        effect = treated.mean - control.mean
    error, degrees = _error(treated, control)
    low = high = p = None
    if effect is not None and error is not None and degrees is not None:
        half = float(stdtrit(degrees, (1 + level) / 2)) * error
        low, high, p = effect - half, effect + half, float(2 * stdtr(degrees, -abs(effect) / error))
    shares = _relative(treated, control, level)
    figures = (effect, low, high, p, *shares)
    return Comparison(*figures, method, level, error, degrees, treated, control, variance_kept)


def sample_ratio(
    counts: Sequence[int], shares: Sequence[float], threshold: float = SRM_THRESHOLD
) -> SampleRatio:
    """The chi-square test of arm sizes against planned shares (any positive weights, in the same order).

    A mismatch means that assignment or logging is broken, and no effect may be read. The threshold is strict
    because the test is run on every experiment. Raises BadInput on shares that are not positive.
    """
    observed, planned = np.asarray(counts, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    if observed.shape != planned.shape or observed.size < 2 or (planned <= 0).any() or (observed < 0).any():
        raise BadInput("sample_ratio needs a count and a planned share above 0 for each of two arms or more")
    expected = observed.sum() * planned / planned.sum()
    if expected.min() < FEWEST_EXPECTED:
        return SampleRatio(None, None, None)
    statistic = float((np.square(observed - expected) / expected).sum())
    p = float(chdtrc(observed.size - 1, statistic))
    return SampleRatio(statistic, p, p < threshold)


def benjamini_hochberg(p: Sequence[float | None]) -> list[float | None]:
    """Adjusted p values that hold the false discovery rate (Y. Benjamini, Y. Hochberg, JRSS B 57, 1995).

    Returned in the order given. None (a comparison that could not be made) stays None and is not counted.
    """
    known = sorted((value, place) for place, value in enumerate(p) if value is not None)
    if any(not 0 <= value <= 1 for value, _ in known):
        raise BadInput("a p value lies between 0 and 1")
    raised = np.array([value * len(known) / rank for rank, (value, _) in enumerate(known, start=1)])
    lowest = np.minimum.accumulate(raised[::-1])[::-1]
    adjusted: list[float | None] = [None] * len(p)
    for (_, place), value in zip(known, lowest.tolist(), strict=True):
        adjusted[place] = min(value, 1.0)
    return adjusted


@dataclass(frozen=True)
class _Moments:
    n: int
    mean_y: float
    mean_x: float
    variance_y: float
    variance_x: float
    covariance: float

    def less(self, slope: float, center: float) -> Summary:
        """The outcome less `slope` times x's distance from `center`."""
        variance = self.variance_y - 2 * slope * self.covariance + slope**2 * self.variance_x
        # A perfect covariate leaves rounding, which as a variance would make a certain effect of nothing.
        size = self.variance_y + slope**2 * self.variance_x
        kept = variance if variance > ROUNDING * size else 0.0
        return Summary(self.n, self.mean_y - slope * (self.mean_x - center), kept)


def _moments(arm: Arm) -> _Moments:
    if arm.sum_x is None or arm.sum_xx is None or arm.sum_xy is None:
        raise BadInput("cuped needs sum_x, sum_xx and sum_xy of both arms")
    if arm.n < 2:
        raise BadInput(f"cuped needs at least 2 customers in each arm, not {arm.n}")
    variance_y = _variance(arm.n, arm.sum_y, arm.sum_yy)
    variance_x = _variance(arm.n, arm.sum_x, arm.sum_xx)
    covariance = (arm.sum_xy - arm.sum_x * arm.sum_y / arm.n) / (arm.n - 1)
    return _Moments(arm.n, arm.sum_y / arm.n, arm.sum_x / arm.n, variance_y, variance_x, covariance)


def _outcome(arm: Arm) -> Summary:
    mean = arm.sum_y / arm.n if arm.n else None
    return Summary(arm.n, mean, _variance(arm.n, arm.sum_y, arm.sum_yy) if arm.n > 1 else None)


def _variance(n: int, total: float, squares: float) -> float:
    centered = squares - total**2 / n
    return centered / (n - 1) if centered > ROUNDING * squares else 0.0


def _error(treated: Summary, control: Summary) -> tuple[float | None, float | None]:
    """The standard error of the difference and Welch-Satterthwaite's degrees of freedom."""
    if treated.variance is None or control.variance is None:
        return None, None
    parts = [(arm.variance or 0.0) / arm.n for arm in (treated, control)]
    if sum(parts) == 0:
        return None, None
    shares = [part / sum(parts) for part in parts]
    return sqrt(sum(parts)), 1 / (shares[0] ** 2 / (treated.n - 1) + shares[1] ** 2 / (control.n - 1))


def _relative(
    treated: Summary, control: Summary, level: float
) -> tuple[float | None, float | None, float | None]:
    """The relative effect, by the delta method on its logarithm, so that its interval cannot pass -100 %."""
    logs = [_log_summary(arm, level) for arm in (treated, control)]
    if logs[0] is None or logs[1] is None or treated.mean is None or control.mean is None:
        return None, None, None
    times = treated.mean / control.mean
    error, degrees = _error(logs[0], logs[1])
    if error is None or degrees is None:
        return times - 1, None, None
    factor = exp(float(stdtrit(degrees, (1 + level) / 2)) * error)
    return times - 1, times / factor - 1, times * factor - 1


def _log_summary(arm: Summary, level: float) -> Summary | None:
    """The mean's logarithm as a summary; None unless the mean's own interval lies above zero."""
    if arm.mean is None or arm.variance is None:
        return None
    reach = float(stdtrit(arm.n - 1, (1 + level) / 2)) * sqrt(arm.variance / arm.n)
    return Summary(arm.n, 0.0, arm.variance / arm.mean**2) if arm.mean > reach else None
