"""Says in one word and one sentence whether a treatment moved its customers, or that nobody can tell."""

from dataclasses import dataclass
from typing import Literal

from scipy.special import stdtrit

from sterna.engine.errors import BadInput
from sterna.engine.measurement.statistics import Comparison, SampleRatio

Word = Literal["moved", "not moved", "cannot tell"]
Wished = Literal["up", "down"]

FEWEST = 30  # customers an arm needs before the mean of a skewed spend is near enough to normal


@dataclass(frozen=True)
class Criterion:
    """What a comparison was declared to be judged by before anybody saw a result.

    `smallest` is the smallest effect of interest, above 0, in the unit of the outcome; `wished` the
    direction; `fewest` the customers that each arm must have. Raises BadInput otherwise.
    """

    smallest: float
    wished: Wished = "up"
    fewest: int = FEWEST

    def __post_init__(self) -> None:
        if not 0 < self.smallest < float("inf"):
            raise BadInput(f"the smallest effect of interest is above 0, not {self.smallest}")
        if self.wished not in ("up", "down"):
            raise BadInput(f"the wished direction is up or down, not {self.wished!r}")
        if self.fewest < 2:
            raise BadInput(f"an arm needs at least 2 customers to be judged, not {self.fewest}")


@dataclass(frozen=True)
class Verdict:
    """One word, one sentence with the figures, and the figures; None where there is none to show.

    `detectable` is the smallest effect that these arms would have found at 80 % power. `against` is True when
    the whole interval lies on the side that nobody wished for: the word is then "not moved", and the
    treatment does harm.
    """

    word: Word
    reason: str
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    detectable: float | None = None
    against: bool = False


def judge(
    comparison: Comparison,
    criterion: Criterion,
    adjusted_p: float | None = None,
    sizes: SampleRatio | None = None,
) -> Verdict:
    """The verdict on a randomized comparison.

    "moved" when the whole interval lies on the wished side of zero; "not moved" when it lies wholly on the
    other side, or within the smallest effect of interest of zero on both sides; else "cannot tell". It is
    always "cannot tell", with the reason, for arms of sizes that were not planned (`sizes`; all figures are
    withheld) and for arms too small or outcomes that do not vary (interval and p are withheld). A side of
    zero counts only where `adjusted_p`, over the comparisons made beside this one, supports it as well.
    """
    refusal = _refusal(comparison, criterion, sizes)
    if refusal is not None:
        return refusal
    low, high = _toward(comparison, criterion.wished)
    sided = low > 0 or high < 0
    supported = adjusted_p is None or adjusted_p <= 1 - comparison.level
    if sided and supported:
        return _moved(comparison, criterion, low, high)
    of_interest = _size(criterion.smallest)
    if -criterion.smallest < low and high < criterion.smallest:
        return _verdict("not moved", f"holds nothing as large as the {of_interest} of interest", comparison)
    if sided:
        reason = f"may be chance among so many comparisons (adjusted p {adjusted_p:.2g})"
        return _verdict("cannot tell", reason, comparison)
    other = "one" if high >= criterion.smallest else "a harm"
    needed = f"arms like these find {_size(detectable_effect(comparison) or 0.0)} or more in 4 cases of 5"
    reason = f"holds both no effect and {other} of {of_interest} or more; {needed}"
    return _verdict("cannot tell", reason, comparison)


def detectable_effect(comparison: Comparison, power: float = 0.8) -> float | None:
    """The smallest true effect that a two-sided test on these arms finds with `power`; None without an error.

    (t(1 - alpha/2) + t(power)) standard errors, at the degrees of freedom had. Raises BadInput unless power
    lies between 0.5 and 1, where the other tail no longer counts.
    """
    if not 0.5 <= power < 1:
        raise BadInput(f"power is a share from 0.5 up to 1, not {power}")
    if comparison.standard_error is None or comparison.degrees is None:
        return None
    quantiles = stdtrit(comparison.degrees, [(1 + comparison.level) / 2, power])
    return float(quantiles.sum()) * comparison.standard_error


def _refusal(comparison: Comparison, criterion: Criterion, sizes: SampleRatio | None) -> Verdict | None:
    """The verdict where no interval may be read, or None."""
    arms = f"arms of {comparison.treated.n:,} and {comparison.control.n:,} customers"
    effect, detectable = comparison.effect, detectable_effect(comparison)
    if sizes is not None and sizes.mismatch:
        # A broken assignment breaks the effect too; a figure once shown would be quoted all the same.
        return Verdict("cannot tell", f"The {arms} are not of the sizes planned (p {sizes.p:.2g}).")
    if min(comparison.treated.n, comparison.control.n) < criterion.fewest:
        reason = f"The {arms} are too small: each needs {criterion.fewest:,}."
        return Verdict("cannot tell", reason, effect, detectable=detectable)
    if comparison.low is None:
        reason = f"Nothing varies within the {arms}, so chance cannot be sized."
        return Verdict("cannot tell", reason, effect, detectable=detectable)
    return None


def _moved(comparison: Comparison, criterion: Criterion, low: float, high: float) -> Verdict:
    """The verdict on an interval wholly on one side, `low` and `high` with the wished direction turned up."""
    of_interest = _size(criterion.smallest)
    if high < 0:
        reason = f"went the other way than the wished ({criterion.wished})"
        return _verdict("not moved", reason, comparison, against=True)
    if high < criterion.smallest:
        return _verdict("moved", f"moved, yet by less than the {of_interest} of interest", comparison)
    if low >= criterion.smallest:
        return _verdict("moved", f"moved by at least the {of_interest} of interest", comparison)
    return _verdict("moved", f"moved, perhaps by less than the {of_interest} of interest", comparison)


def _verdict(word: Word, finding: str, comparison: Comparison, against: bool = False) -> Verdict:
    effect, low, high = comparison.effect or 0.0, comparison.low or 0.0, comparison.high or 0.0
    reason = (
        f"{comparison.treated.n:,} treated against {comparison.control.n:,} in hold-out differ by "
        f"{_signed(effect)} ({comparison.level:.0%} interval {_signed(low)} to {_signed(high)}): {finding}."
    )
    return Verdict(word, reason, effect, low, high, comparison.p, detectable_effect(comparison), against)


def _toward(comparison: Comparison, wished: Wished) -> tuple[float, float]:
    """The interval with the wished direction turned up."""
    low, high = comparison.low or 0.0, comparison.high or 0.0
    return (low, high) if wished == "up" else (-high, -low)


def _size(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{_size(value)}"
