"""Going on after a kill: what was left is read as it was journaled or refused by name, and the rest is made anew."""

from datetime import date
from decimal import Decimal

import msgspec
import pyarrow.parquet as pq
import pytest

from sterna.engine import plans
from sterna.engine.errors import BadInput, LakeMissing
from sterna.engine.flow import STAGES, File, PlanTerms, ValueTerms, turn
from sterna.engine.lake import files, open_lake
from tests.engine.flow import small_world
from tests.engine.flow.test_turn import NAMES, Journal, go

TWELVE = 12  # customers: enough for every stage, and quick


def left(journal: Journal, upto: str) -> dict[str, dict[str, str]]:
    """What the journal of a turn that died right after the stage `upto` holds."""
    return {name: journal.done[name] for name in NAMES[: NAMES.index(upto) + 1]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A brief, the folder of its unbroken turn, the journal and the outcome."""
    root = tmp_path_factory.mktemp("resuming")
    brief, journal = small_world.brief(root / "inputs", customers=TWELVE), Journal()
    return brief, root / "run", journal, go(brief, root / "run", journal)


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of the folder that the unbroken turn left."""
    for path in whole[1].iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_a_turn_that_died_after_its_last_stage_makes_nothing_again(whole, copy):
    brief, _, journal, outcome = whole
    stamps = {path: path.stat().st_mtime_ns for path in copy.glob("*.parquet")}
    later = Journal()
    again = go(brief, copy, later, journal.done)
    assert (again.sha256, dict(again.tables), later.done) == (outcome.sha256, dict(outcome.tables), {})
    assert again.models == outcome.models and again.models
    assert {path: path.stat().st_mtime_ns for path in copy.glob("*.parquet")} == stamps


@pytest.mark.parametrize("stage", list(STAGES), ids=lambda stage: stage.name)
def test_any_file_of_any_stage_that_was_tampered_with_is_refused_by_name(whole, copy, stage):
    brief, _, journal, _ = whole
    name = "models.json" if stage.has_models else f"{stage.makes[-1]}.parquet"
    path = copy / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(LakeMissing, match=f"{name} is not the file it was: SHA-256 "):
        go(brief, copy, Journal(), left(journal, stage.name))
    path.unlink()
    with pytest.raises(LakeMissing, match=f"{name} is missing"):
        go(brief, copy, Journal(), left(journal, stage.name))


def test_a_file_of_a_stage_that_was_not_journaled_is_made_again_over_what_lies_there(whole, copy):
    """A turn killed while it wrote: the half stage's files are whatever they are, and nothing rests on them."""
    brief, _, journal, outcome = whole
    for name in ("values.parquet", "models.json", "places.parquet"):
        (copy / name).write_bytes(b"half a file")
    (copy / ".values.parquet.1.unfinished").write_bytes(b"less than half")
    later = Journal()
    assert go(brief, copy, later, left(journal, "profiles")).sha256 == outcome.sha256
    assert list(later.done) == NAMES[3:]
    assert later.done["value"] == journal.done["value"]


def test_a_journal_that_names_other_files_than_the_stage_leaves_is_refused(whole, copy):
    brief, _, journal, _ = whole
    wrong = {"events": {name: sha for name, sha in journal.done["events"].items() if name != "clean_lines"}}
    with pytest.raises(BadInput, match=r"stage events is journaled with .* it leaves .*clean_lines"):
        go(brief, copy, Journal(), wrong)


def test_the_hash_of_a_table_with_the_same_rows_and_other_bytes_is_another(whole, copy):
    """A file written again by another program holds the same rows; the turn still refuses it."""
    brief, _, journal, _ = whole
    path = copy / "customers.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows, path, compression="none")
    assert pq.read_table(path).equals(rows)
    with pytest.raises(LakeMissing, match=r"customers\.parquet is not the file it was"):
        go(brief, copy, Journal(), left(journal, "identity"))


def test_a_journal_that_cannot_be_written_stops_the_turn_before_the_next_stage(whole, tmp_path):
    heard: list[str] = []

    def full(*told: object) -> None:
        raise OSError("no space left")

    with (
        pytest.raises(OSError, match="no space left"),
        open_lake("duckdb", tmp_path / "scratch", "1GB") as lake,
    ):
        turn(lake, whole[0], tmp_path / "run", full, {}, heard.append)
    assert heard == ["events"]


@pytest.mark.parametrize("customers", [0, 1])
def test_a_shop_of_nobody_and_of_one_turns_as_well(tmp_path, customers):
    brief = small_world.brief(tmp_path / "inputs", customers=customers)
    outcome = go(brief, tmp_path / "run", Journal())
    counts = {
        name: pq.read_metadata(path).num_rows for name, path in outcome.files.items() if name != "models"
    }
    for table in ("customers", "profiles", "values", "places", "decisions"):
        assert counts[table] == customers, table
    # Three bands, "none" and "new" at the opening, no "new" at the close: whoever is there.
    assert counts["matrix"] == 20
    told = pq.read_table(outcome.files["comparisons"]).to_pylist()
    primary = next(row for row in told if row["is_primary"])
    assert (primary["verdict"], primary["effect"]) == ("cannot tell", None)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"until": date(2017, 6, 29)}, True),
        ({"known_at": "2017-07-02T06:00:00Z"}, False),
        ({"value": ValueTerms(horizon_weeks=13)}, True),
        ({"measure": ()}, True),
    ],
    ids=["another day", "known later", "another horizon", "nothing to measure"],
)
def test_the_outcome_differs_exactly_where_what_is_computed_differs(whole, tmp_path, change, differs):
    other = msgspec.structs.replace(whole[0], **change)
    assert other.sha256() != whole[0].sha256()
    assert (go(other, tmp_path, Journal()).sha256 != whole[3].sha256) == differs


def test_R5_money_of_another_currency_than_the_plan_reaches_nobody(whole, tmp_path):
    body = dict(whole[0].plan.body) | {"currency": "EUR"}
    terms = PlanTerms(name="spring", version=1, sha256="0" * 64, body=body)
    outcome = go(msgspec.structs.replace(whole[0], plan=terms), tmp_path, Journal())
    rows = pq.read_table(outcome.files["decisions"]).to_pylist()
    assert {row["reason_code"] for row in rows} == {"plan has errors"}
    assert {row["reason"] for row in rows} == {
        "The plan has 1 error, so nobody is contacted; the first: the plan's currency is EUR, and this turn's is USD."
    }


def test_R88_the_budget_of_the_plan_is_the_budget_of_the_turn(whole, tmp_path):
    plan = plans.of_body(whole[0].plan.body).plan
    assert plan.budget == Decimal("20.00")
    spent = []
    for budget in ("2.02", "2.01"):  # a voucher of 2.00 by an e-mail of .02
        body = plans.body(msgspec.structs.replace(plan, budget=Decimal(budget)))
        terms = msgspec.structs.replace(whole[0].plan, body=body)
        folder = tmp_path / budget
        outcome = go(msgspec.structs.replace(whole[0], plan=terms, experiment=None), folder, Journal())
        rows = pq.read_table(outcome.files["decisions"]).to_pylist()
        spent.append([row["cost"] for row in rows if row["outcome"] == "contact"])
    assert spent == [[Decimal("2.02")], []]


def test_a_segment_of_the_lake_that_is_split_in_two_gives_the_same_outcome(whole, tmp_path):
    brief, _, _, outcome = whole
    path = brief.files["lines"][0].path
    rows = pq.read_table(path)
    halves = []
    for name, part in (
        ("late", rows.slice(rows.num_rows // 2)),
        ("early", rows.slice(0, rows.num_rows // 2)),
    ):
        pq.write_table(part, tmp_path / f"{name}.parquet")
        halves.append(File(str(tmp_path / f"{name}.parquet"), files.sha256(tmp_path / f"{name}.parquet")))
    split = msgspec.structs.replace(brief, files=brief.files | {"lines": tuple(halves)})
    assert go(split, tmp_path / "run", Journal()).sha256 == outcome.sha256
