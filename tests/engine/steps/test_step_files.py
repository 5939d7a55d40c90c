"""The head of a step's file, the parameters that a step takes, and what its check sees and does not mind."""

from datetime import date
from decimal import Decimal

import pytest

from sterna.engine import steps
from sterna.engine.errors import BadInput, StepFailed
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import FROZEN, LAKE, TABLES
from tests.engine.lake.small_tables import fill, line, listed, rows

SQL = "select goal, from_place, to_place, priority from goals"


def _read(head: str, body: str = SQL) -> steps.Step:
    return steps._parse("value/planted", f"{head}\n\n{body}\n")


def test_a_purpose_of_two_lines_is_one_sentence_and_comments_below_the_head_stay_in_the_sql() -> None:
    step = _read("-- Lists the goals\n-- of a plan.\n-- makes: goals", f"-- why\n{SQL};")
    assert step.purpose == "Lists the goals of a plan."
    assert step.makes is TABLES["goals"]
    assert step.parameters == {}
    assert step.sql == f"-- why\n{SQL}"


def test_a_type_with_a_comma_in_brackets_is_one_type() -> None:
    step = _read("-- Lists.\n-- makes: goals\n-- params: least DECIMAL(18,2), cut DATE,most DECIMAL(38, 4)")
    assert step.parameters == {"least": "DECIMAL(18,2)", "cut": "DATE", "most": "DECIMAL(38, 4)"}


@pytest.mark.parametrize("params", ["cut", "cut DATE, least", "cut DATE, cut BIGINT"])
def test_a_parameter_without_a_type_or_named_twice_is_refused(params: str) -> None:
    with pytest.raises(BadInput) as refused:
        _read(f"-- Lists.\n-- makes: goals\n-- params: {params}")
    assert str(refused.value) == (
        f"step value/planted: `-- params: {params}` is not a list of different names, each with a type"
    )


@pytest.mark.parametrize(
    "text", ["", "\n", SQL, f"-- Lists.\n{SQL}", f"-- makes: goals\n{SQL}", f"\n-- makes: goals\n{SQL}"]
)
def test_a_file_without_a_head_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(
        BadInput, match=r"^step value/planted: needs a sentence of purpose and `-- makes: TABLE`"
    ):
        steps._parse("value/planted", text)


def test_lines_that_end_as_on_windows_make_the_same_step() -> None:
    text = f"-- Lists.\n-- makes: goals\n-- params: cut DATE\n\n{SQL}\n"
    assert steps._parse("a/b", text.replace("\n", "\r\n")) == steps._parse("a/b", text)


def _check(monkeypatch: pytest.MonkeyPatch, body: str) -> list[str]:
    step = _read("-- Lists.\n-- makes: goals", body)
    monkeypatch.setattr(steps, "load", lambda _: step)
    return steps.check("value/planted")


@pytest.mark.parametrize(
    "body",
    [
        SQL,
        "with goals_here as (select * from goals) select goal, from_place, to_place, priority from goals_here",
        f"{SQL} union all {SQL}",
        "select goal, null as from_place, to_place, 2 as priority from goals",
        "select goal, from_place, to_place, cast(priority as double) as priority from goals",
    ],
)
def test_a_sound_select_is_left_in_peace(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    assert _check(monkeypatch, body) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            SQL.replace("priority", "date_part('day', current_date) as priority"),
            "'current_date' gives another answer",
        ),
        (SQL.replace("priority", "hash(goal) as priority"), "'hash(' gives another answer"),
        (
            SQL.replace("priority", "cast(random() * 9 as bigint) as priority"),
            "'random(' gives another answer",
        ),
        (SQL.replace("priority", "goal as priority"), "column priority is TEXT, table goals has INTEGER"),
        (SQL.replace("goal,", "true as goal,"), "column goal is BOOLEAN, table goals has VARCHAR"),
        (SQL.replace(", priority", ""), "makes columns ['goal', 'from_place', 'to_place'], table goals has"),
        (SQL.replace("select ", "select goal as again, "), "makes columns ['again', 'goal'"),
        (f"{SQL} where priority > $least", "declares parameters [] and uses ['least']"),
        ("delete from goals", "is not one SELECT"),
        (f"{SQL}; {SQL}", "is not one SELECT"),
    ],
)
def test_a_fault_is_told_in_one_line_with_the_step_that_has_it(
    monkeypatch: pytest.MonkeyPatch, body: str, problem: str
) -> None:
    [told] = _check(monkeypatch, body)
    assert told.startswith("value/planted: ") and problem in told


@pytest.fixture
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    with open_lake("duckdb", tmp_path_factory.mktemp("steps")) as opened:
        fill(opened)
        yield opened


def test_a_parameter_of_another_kind_is_refused_and_not_guessed_at(lake: Lake) -> None:
    lake.put(TABLES["lines"], rows("lines", line("e1", "2024-03-01", "1.00")))
    for wrong in ("the first of July", 20240701, True):
        with pytest.raises(StepFailed, match=r"^step events/clean_lines failed on duckdb: "):
            steps.run(lake, "events/clean_lines", cut=wrong)


def test_a_step_that_fails_leaves_the_tables_that_it_reads(lake: Lake) -> None:
    lake.put(TABLES["lines"], rows("lines", line("e1", "2024-03-01", "1.00")))
    with pytest.raises(StepFailed):
        steps.run(lake, "events/clean_lines", cut="the first of July")
    assert steps.run(lake, "events/clean_lines", cut=date(2024, 7, 1)).rows == 1
    assert listed(lake, "lines", "amount") == [(Decimal("1.00"),)]


def test_a_second_run_of_a_step_replaces_what_the_first_made(lake: Lake) -> None:
    for events in (["e1", "e2"], ["e3"]):
        lake.put(TABLES["lines"], rows("lines", *(line(event, "2024-03-01", "1.00") for event in events)))
        ran = steps.run(lake, "events/clean_lines", cut=date(2024, 7, 1))
        assert ran.rows == len(events)
        assert listed(lake, "clean_lines", "event_id") == [(event,) for event in events]


def test_what_a_step_reads_was_made_by_a_source_a_brief_or_another_step() -> None:
    """A table that nothing makes would be missing in the night that first needs it."""
    made = {steps.load(name).makes.name for name in steps.names()}
    in_python = {"cell_scores", "spend_scores", "rolled_days", "standings"}
    in_python |= {"influences", "allocations", "comparisons", "clock", "segment_members", "rule_hits"}
    brought = {table.name for table in (*LAKE, *FROZEN)}
    for name in steps.names():
        strangers = {table.name for table in steps.reads(steps.load(name))} - made - in_python - brought
        assert strangers == set(), name
