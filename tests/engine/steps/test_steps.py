"""Named SQL steps: their heads, the check of their columns, their parameters and how they fail."""

from datetime import date
from pathlib import Path

import pytest

from sterna.engine import steps
from sterna.engine.errors import BadInput, StepFailed
from sterna.engine.lake import open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.drawn_values import values_for
from tests.engine.lake.small_tables import drawn, fill

CELLS = """-- Counts customers by history.
-- makes: cells
-- params: least BIGINT

select frequency, recency_weeks, age_weeks, count(*) as customers
from histories
where frequency >= $least
group by frequency, recency_weeks, age_weeks
"""


def _check(monkeypatch: pytest.MonkeyPatch, text: str) -> list[str]:
    monkeypatch.setattr(steps, "load", lambda name: steps._parse(name, text))
    return steps.check("value/planted")


def test_every_step_keeps_its_contract() -> None:
    assert steps.check_all() == []
    assert len(steps.names()) >= 14


def test_every_step_opens_with_a_sentence() -> None:
    for name in steps.names():
        assert steps.load(name).purpose.endswith("."), name


def test_the_planted_step_is_sound_before_a_fault_is_planted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _check(monkeypatch, CELLS) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("recency_weeks, age_weeks, count", "recency_week, age_weeks, count", "recency_week"),
        ("from histories", "from history", "reads history"),
        ("where", "where exists (select 1 from thin_air) and", "reads thin_air"),
        ("count(*) as customers", "count(*) as people", "makes columns"),
        ("count(*) as customers", "max(first_order_on) as customers", "column customers is DATE"),
        ("select frequency, recency_weeks", "select recency_weeks, frequency", "makes columns"),
        ("where frequency >= $least", "", "declares parameters"),
        ("-- params: least BIGINT\n", "", "declares parameters"),
        ("count(*) as customers", "median (frequency) as customers", "another answer"),
        ("count(*) as customers", "max(7 // 2) as customers", "another answer"),
        ("-- makes: cells\n", "", "makes: TABLE"),
        ("-- makes: cells\n", "-- makes: chairs\n", "makes: TABLE"),
        ("-- Counts customers by history.\n", "", "sentence of purpose"),
        ("group by", "grouped bye", "value/planted"),
    ],
)
def test_a_planted_fault_is_found(monkeypatch: pytest.MonkeyPatch, old: str, new: str, finding: str) -> None:
    assert old in CELLS
    problems = _check(monkeypatch, CELLS.replace(old, new, 1))
    assert problems and finding in " ".join(problems)


def test_a_step_tells_the_tables_that_it_reads_and_not_its_own_parts() -> None:
    read = [table.name for table in steps.reads(steps.load("identity/category_months"))]
    assert read == ["clean_lines", "products", "purchases"]


@pytest.mark.parametrize("name", steps.names())
def test_a_step_makes_one_row_per_key(name: str, tmp_path: Path) -> None:
    """The key orders a saved table: two rows of one key would be saved in either order, with other bytes."""
    step = steps.load(name)
    with open_lake("duckdb", tmp_path) as lake:
        for table in steps.reads(step):
            lake.put(table, drawn(table, seed=7))
        steps.run(lake, name, **values_for(step))
        keys = lake.fetch(step.makes).select(list(step.makes.key))
    assert keys.group_by(keys.column_names).aggregate([]).num_rows == keys.num_rows > 0


@pytest.mark.parametrize("values", [{}, {"cut": date(2024, 1, 1), "till": date(2024, 1, 1)}, {"till": None}])
def test_a_wrong_set_of_parameters_is_refused(tmp_path: Path, values: dict[str, date]) -> None:
    with open_lake("duckdb", tmp_path) as lake, pytest.raises(BadInput, match=r"takes \['cut'\], was given"):
        fill(lake)
        steps.run(lake, "events/clean_lines", **values)


def test_a_failed_step_carries_its_name_its_engine_and_its_sql(tmp_path: Path) -> None:
    with open_lake("duckdb", tmp_path) as lake, pytest.raises(StepFailed) as failed:
        steps.run(lake, "events/clean_lines", cut=date(2024, 1, 1))  # nothing is mounted
    assert failed.value.step == "events/clean_lines"
    assert failed.value.engine == "duckdb"
    assert failed.value.sql == steps.load("events/clean_lines").sql
    assert "lines" in failed.value.reason


def test_a_step_tells_what_it_did(tmp_path: Path) -> None:
    with open_lake("duckdb", tmp_path) as lake:
        fill(lake)
        ran = steps.run(lake, "events/clean_lines", cut=date(2024, 1, 1))
        assert (ran.step, ran.table, ran.rows) == ("events/clean_lines", "clean_lines", 0)
        assert ran.seconds > 0
        assert ran.sql == steps.load("events/clean_lines").sql
        assert lake.fetch(TABLES["clean_lines"]).num_rows == 0


def test_an_unknown_step_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        steps.load("events/never_written")
