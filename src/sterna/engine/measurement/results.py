"""Turns the exact sums of each arm into comparisons with verdicts, and counts whom foreign campaigns reached."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake import Lake
from sterna.engine.lake.arrow import schema
from sterna.engine.measurement.statistics import (
    Arm,
    Comparison,
    SampleRatio,
    benjamini_hochberg,
    cuped,
    sample_ratio,
    welch,
)
from sterna.engine.measurement.verdicts import FEWEST, Criterion, Verdict, Wished, judge
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES

PRIMARY = "primary"
RANDOMIZED, AA_TEST = "randomized", "A/A"
MEASURES = {"spend"}
COVARIATES = {None, "spend_before"}


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment was declared to be judged by before anybody was drawn.

    `share` is its hold-out's; `smallest_effect` the smallest effect of interest as a share of the hold-out's
    mean; `adjust_by` the behavior before that the outcome is adjusted by, or None.
    """

    name: str
    share: float
    measure: str = "spend"
    adjust_by: str | None = "spend_before"
    smallest_effect: float = 0.05
    wished: Wished = "up"
    least_per_arm: int = FEWEST


def compare(lake: Lake, experiments: Sequence[Declared], cut: date) -> list[Ran]:
    """Make `arm_sums`, `comparisons` and `campaign_reach` of everything before `cut`.

    The outcome is what a customer spent from their assignment up to `cut`, by the arm they were drawn into and
    not by what reached them. One primary comparison for each experiment; those by goal are adjusted for false
    discovery. Reads assignments, purchases, customers, happenings and campaigns. Raises BadInput for a measure
    that is not known.
    """
    summed = steps.run(lake, "measurement/arm_sums", cut=cut)
    begun = time.perf_counter()
    sums = lake.fetch(TABLES["arm_sums"]).to_pylist()
    rows = [row for declared in experiments for row in _comparisons(declared, sums, cut)]
    lake.put(TABLES["comparisons"], pa.Table.from_pylist(rows, schema=schema(TABLES["comparisons"])))
    purpose = "Compares treated with held out: effect, interval, p and verdict."
    seconds = time.perf_counter() - begun
    compared = Ran("measurement/comparisons", purpose, "comparisons", len(rows), seconds, "")
    return [summed, compared, steps.run(lake, "measurement/campaign_reach", cut=cut)]


def _comparisons(declared: Declared, sums: Iterable[Mapping[str, Any]], cut: date) -> list[dict[str, Any]]:
    """The rows of one experiment: the primary comparison, then those by goal in order of their names."""
    if declared.measure not in MEASURES or declared.adjust_by not in COVARIATES:
        wanted = f"{declared.measure!r} adjusted by {declared.adjust_by!r}"
        raise BadInput(f"experiment {declared.name}: cannot measure {wanted}, only spend by spend_before")
    mine = [row for row in sums if row["experiment"] == declared.name]
    arms = {(row["comparison"], row["arm"]): row for row in mine}
    exposed = sum(row["exposed"] for row in mine if row["arm"] == "treated")
    others = sorted({row["comparison"] for row in mine} - {PRIMARY})
    made = {name: _difference(declared, arms, name) for name in (PRIMARY, *others)}
    adjusted = dict(zip(others, benjamini_hochberg([made[name].p for name in others]), strict=True))
    return [
        _row(declared, name, comparison, adjusted.get(name), exposed > 0, cut)
        for name, comparison in made.items()
    ]


def _difference(
    declared: Declared, arms: Mapping[tuple[str, str], Mapping[str, Any]], comparison: str
) -> Comparison:
    treated, held_out = (_arm(arms.get((comparison, arm))) for arm in ("treated", "held out"))
    if declared.adjust_by is None or min(treated.n, held_out.n) < 2:
        return welch(treated, held_out)
    return cuped(treated, held_out)


def _arm(row: Mapping[str, Any] | None) -> Arm:
    if row is None:
        return Arm(0, 0.0, 0.0)
    names = ("sum_y", "sum_yy", "sum_x", "sum_xx", "sum_xy")
    return Arm(row["customers"], *(float(row[name]) for name in names))


def _row(
    declared: Declared, name: str, made: Comparison, adjusted: float | None, exposed: bool, cut: date
) -> dict[str, Any]:
    verdict = _verdict(declared, made, adjusted, name == PRIMARY)
    if not exposed:
        verdict = _nothing_to_tell(verdict, cut)
    shown = verdict.effect is not None  # a verdict without an effect withholds all figures
    sure = verdict.low is not None
    return {
        "experiment": declared.name,
        "comparison": name,
        "is_primary": name == PRIMARY,
        "measure": declared.measure,
        "design": RANDOMIZED if exposed else AA_TEST,
        "treated": made.treated.n,
        "held_out": made.control.n,
        "mean_treated": made.treated.mean if shown else None,
        "mean_held_out": made.control.mean if shown else None,
        "effect": verdict.effect,
        "low": verdict.low,
        "high": verdict.high,
        "relative": made.relative if shown else None,
        "relative_low": made.relative_low if sure else None,
        "relative_high": made.relative_high if sure else None,
        "p": verdict.p,
        "p_adjusted": adjusted if sure else None,
        "verdict": verdict.word,
        "reason": verdict.reason,
    }


def _verdict(declared: Declared, made: Comparison, adjusted: float | None, is_primary: bool) -> Verdict:
    base = made.control.mean
    if base is None:
        return Verdict("cannot tell", "Nobody is in the hold-out, so there is nothing to compare with.")
    if base <= 0:
        spent = f"The hold-out of {made.control.n:,} customers spent {base:,.2f} each"
        return Verdict("cannot tell", f"{spent}, so a share of it means nothing.")
    criterion = Criterion(declared.smallest_effect * base, declared.wished, declared.least_per_arm)
    return judge(made, criterion, adjusted, _sizes(declared, made) if is_primary else None)


def _nothing_to_tell(verdict: Verdict, cut: date) -> Verdict:
    """The verdict of an A/A test: its figures stand, and say nothing of contacts that reached nobody in time."""
    words = f"A/A test: nobody was contacted before {cut}, so any difference is chance."
    if verdict.low is None or verdict.high is None:
        return replace(verdict, word="cannot tell", reason=f"{words} {verdict.reason}")
    holds = verdict.low <= 0 <= verdict.high
    chance = (
        "holds zero, as nineteen in twenty do" if holds else "misses zero, as one in twenty does by chance"
    )
    interval = f"{verdict.low:,.2f} to {verdict.high:,.2f}"
    reason = f"{words} The 95 % interval of the difference, {interval}, {chance}."
    return replace(verdict, word="cannot tell", reason=reason)


def _sizes(declared: Declared, made: Comparison) -> SampleRatio:
    """Whether the arms have the sizes that were drawn; only the primary comparison has a planned share."""
    return sample_ratio([made.treated.n, made.control.n], [1 - declared.share, declared.share])
