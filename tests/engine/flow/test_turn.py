"""One turn: the same bytes every time, whole or killed and resumed; inputs that changed are refused."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from sterna.engine.errors import BadInput, LakeMissing
from sterna.engine.flow import PUBLISHED, STAGES, Brief, File, Outcome, turn
from sterna.engine.lake import open_lake
from sterna.engine.segments.months import months_before
from sterna.engine.tables import TABLES
from tests.engine.flow import small_world

NAMES = [stage.name for stage in STAGES]


class Killed(RuntimeError):
    """Stands for the end of a process right after a stage was journaled."""


@dataclass
class Journal:
    """Keeps what a run's record would keep; dies after the stage `dies_after`."""

    dies_after: str = ""
    done: dict[str, dict[str, str]] = field(default_factory=dict)
    steps: dict[str, list[str]] = field(default_factory=dict)

    def __call__(self, stage: str, ran: list, hashes: dict[str, str], seconds: float) -> None:
        assert seconds >= 0
        self.done[stage] = hashes
        self.steps[stage] = [step.step for step in ran]
        if stage == self.dies_after:
            raise Killed(stage)


@dataclass(frozen=True)
class Turned:
    brief: Brief
    outcome: Outcome
    journal: Journal
    folder: Path


def go(
    brief: Brief, folder: Path, journal: Journal, done: dict | None = None, heard: list | None = None
) -> Outcome:
    with open_lake("duckdb", folder / "scratch", "1GB") as lake:
        return turn(lake, brief, folder, journal, done or {}, (heard if heard is not None else []).append)


@pytest.fixture(scope="module")
def turned(tmp_path_factory) -> Turned:
    root = tmp_path_factory.mktemp("turn")
    brief, journal = small_world.brief(root / "inputs"), Journal()
    return Turned(brief, go(brief, root / "run", journal), journal, root / "run")


def rows(turned: Turned, table: str) -> list[dict]:
    with open_lake("duckdb", turned.folder / "scratch") as lake:
        lake.mount(TABLES[table], [str(turned.outcome.files[table])])
        return lake.fetch(TABLES[table]).to_pylist()


def test_the_stages_come_in_order_each_with_its_steps_and_its_files(turned):
    assert NAMES == ["events", "identity", "profiles", "value", "segments", "decisions", "measurement"]
    assert list(turned.journal.done) == NAMES
    assert all(turned.journal.steps.values())
    for stage, hashes in turned.journal.done.items():
        for name, sha in hashes.items():
            path = turned.folder / f"{name}.{'json' if name == 'models' else 'parquet'}"
            assert hashlib.sha256(path.read_bytes()).hexdigest() == sha, (stage, name)


def test_the_same_brief_gives_the_same_bytes_in_another_folder(turned, tmp_path):
    again = go(small_world.again(turned.brief), tmp_path, Journal())
    assert again.tables == turned.outcome.tables
    assert again.sha256 == turned.outcome.sha256
    assert set(again.tables) == {*PUBLISHED, "models"}


@pytest.mark.parametrize("stage", NAMES)
def test_a_turn_killed_after_any_stage_goes_on_to_the_same_outcome(turned, tmp_path, stage):
    first = Journal(dies_after=stage)
    with pytest.raises(Killed):
        go(turned.brief, tmp_path, first)
    second, heard = Journal(), []
    outcome = go(turned.brief, tmp_path, second, first.done, heard)
    assert list(second.done) == NAMES[NAMES.index(stage) + 1 :]
    assert heard == NAMES
    assert outcome.sha256 == turned.outcome.sha256


def test_a_file_left_by_a_killed_turn_that_changed_is_refused(turned, tmp_path):
    first = Journal(dies_after="identity")
    with pytest.raises(Killed):
        go(turned.brief, tmp_path, first)
    path = tmp_path / "purchases.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(LakeMissing, match=r"purchases\.parquet is not the file it was"):
        go(turned.brief, tmp_path, Journal(), first.done)


def test_an_input_that_changed_or_is_gone_is_refused(turned, tmp_path):
    stale = {"facts": File(turned.brief.files["lines"][0].path, "0" * 64)}
    wrong = msgspec.structs.replace(turned.brief, frozen=stale)
    with pytest.raises(LakeMissing, match="is not the file it was"):
        go(wrong, tmp_path, Journal())
    gone = msgspec.structs.replace(
        turned.brief, frozen={"facts": File(str(tmp_path / "no.parquet"), "0" * 64)}
    )
    with pytest.raises(LakeMissing, match=r"no\.parquet is missing"):
        go(gone, tmp_path, Journal())


@pytest.mark.parametrize("name", ["bands", "goals", "values", "nonsense"])
def test_a_table_that_no_turn_reads_from_a_file_is_refused(turned, tmp_path, name):
    brief = msgspec.structs.replace(turned.brief, frozen={name: File("x", "y")})
    with pytest.raises(BadInput, match=f"names {name}"):
        go(brief, tmp_path, Journal())


def test_R4_every_customer_is_placed_once_and_the_matrix_sums_to_them(turned):
    assert len(rows(turned, "places")) == 60
    assert sum(cell["customers"] for cell in rows(turned, "matrix")) == 60


def test_a_past_day_has_its_own_customers_each_with_one_row_in_every_table(tmp_path):
    """Customer k buys for the first time on 1 July 2016 plus k days: twenty of the sixty by 20 July."""
    brief = small_world.brief(tmp_path / "inputs", until=date(2016, 7, 20))
    made = Turned(brief, go(brief, tmp_path / "run", Journal()), Journal(), tmp_path / "run")
    for table in ("customers", "profiles", "values", "places", "decisions"):
        assert [row["customer_id"] for row in rows(made, table)] == [f"c{k:03}" for k in range(20)], table
    first_days = [row["first_seen_on"] for row in rows(made, "places")]
    assert first_days == [date(2016, 7, 1) + timedelta(days=k) for k in range(20)]
    assert sum(cell["customers"] for cell in rows(made, "matrix")) == 20


def test_everybody_has_one_decision_and_whoever_is_left_out_a_reason(turned):
    decided = rows(turned, "decisions")
    assert len(decided) == 60
    assert {row["outcome"] for row in decided} == {"contact", "held out", "left out"}
    assert all(row["reason"] for row in decided)
    assert all((row["reason_code"] is None) == (row["outcome"] != "left out") for row in decided)


def decided(brief: Brief, folder: Path) -> tuple[list[dict], Journal]:
    journal = Journal()
    outcome = go(brief, folder, journal)
    return rows(Turned(brief, outcome, journal, folder), "decisions"), journal


def test_R61_a_plan_with_errors_contacts_nobody_and_the_journal_says_why(turned, tmp_path):
    text = small_world.PLAN.replace("audience: bronze, ", "")
    made, journal = decided(small_world.brief(tmp_path / "inputs", text), tmp_path / "run")
    assert {(row["outcome"], row["reason_code"]) for row in made} == {("left out", "plan has errors")}
    assert made[0]["reason"] == (
        "The plan has 1 error, so nobody is contacted; the first: goal up does not say who should move."
    )
    assert journal.steps["decisions"][0] == "plans/check"
    assert "plans/check" not in turned.journal.steps["decisions"]


def test_a_plan_for_another_scheme_contacts_nobody(tmp_path):
    text = small_world.PLAN.replace("scheme: tiers", "scheme: groups")
    made, _ = decided(small_world.brief(tmp_path / "inputs", text), tmp_path / "run")
    assert {row["reason_code"] for row in made} == {"plan has errors"}
    assert "the plan's scheme is groups, and this turn's is tiers" in made[0]["reason"]


def test_without_a_plan_nobody_is_contacted(turned, tmp_path):
    made, _ = decided(msgspec.structs.replace(turned.brief, plan=None, experiment=None), tmp_path)
    assert {(row["outcome"], row["reason_code"]) for row in made} == {("left out", "no plan")}


@pytest.mark.parametrize(
    ("opens", "closes", "said"),
    [
        ("2017-01-01", "2017-06-30", "The plan closed on 2017-06-30, so nobody is contacted."),
        ("2017-01-01", "2017-07-01", None),
        ("2017-07-02", "2017-12-31", "The plan opens on 2017-07-02, so nobody is contacted before."),
        ("2017-07-01", "2017-12-31", None),
    ],
)
def test_a_plan_contacts_nobody_outside_its_days_and_still_shows_who_could_move(
    tmp_path, opens, closes, said
):
    text = small_world.PLAN.replace("2017-12-31", closes).replace("opens: 2017-07-01", f"opens: {opens}")
    brief = small_world.brief(tmp_path / "inputs", text)
    made = Turned(brief, go(brief, tmp_path / "run", Journal()), Journal(), tmp_path / "run")
    decided, candidates = rows(made, "decisions"), rows(made, "candidates")
    assert len(decided) == 60 and candidates
    if said is None:
        assert {row["outcome"] for row in decided} == {"contact", "held out", "left out"}
        return
    assert {row["reason"] for row in decided} == {said}
    assert {row["outcome"] for row in decided} == {"left out"}


def test_the_days_of_a_brief_follow_the_calendar(turned):
    brief = turned.brief
    assert (brief.cut, brief.opening, brief.before) == (date(2017, 7, 1), date(2017, 1, 1), date(2016, 7, 1))
    assert months_before(date(2017, 8, 31), 6) == date(2017, 2, 28)
    assert months_before(date(2016, 8, 31), 6) == date(2016, 2, 29)
    assert months_before(date(2017, 1, 15), 1) == date(2016, 12, 15)
    assert months_before(date(2017, 12, 1), 12) == date(2016, 12, 1)


def test_the_brief_has_one_hash_through_its_record(turned):
    assert small_world.again(turned.brief).sha256() == turned.brief.sha256()
    other = msgspec.structs.replace(turned.brief, until=date(2017, 6, 29))
    assert other.sha256() != turned.brief.sha256()


@pytest.mark.spark
@pytest.mark.slow
def test_R15_R18_the_turn_lists_the_best_by_each_definition(turned):
    values = {row["customer_id"]: row for row in rows(turned, "values")}
    listed = rows(turned, "best_customers")
    spenders = [row for row in listed if row["best"] == "spenders"]
    score = {
        name: row["expected_spend"] + row["influence"] / 2
        for name, row in values.items()
        if row["expected_spend"] is not None
    }
    assert {row["customer_id"] for row in spenders} == set(sorted(score, key=score.get, reverse=True)[:5])
    broad = {row["customer_id"] for row in listed if row["best"] == "broad"}
    # Who has no cost on record has no margin, and is told as unknown.
    assert broad and all(int(name[1:]) % 2 == 0 for name in broad)
    told = {model["model"]: model for model in turned.outcome.models}
    assert told["best broad"]["unknown"] == {"margin is unknown": 30}
    assert (told["best broad"]["version"], told["best spenders"]["members"]) == (2, 5)


def test_R17_the_turn_credits_who_brought_newcomers_by_what_these_buy(turned):
    values = {row["customer_id"]: row for row in rows(turned, "values")}
    c010 = values["c010"]
    surely, anyway, perhaps = (values[f"c01{later}"]["spend"] / 2 for later in (1, 2, 3))
    assert c010["influence_low"] == surely
    assert c010["influence"] == surely + perhaps == c010["by_referral"] + c010["by_knowledge"]
    assert (c010["by_influence"], c010["newcomers"]) == (0, 3) and anyway > 0


def test_R79_the_turn_tests_its_models_on_the_half_year_behind_it(turned):
    told = {model["model"]: model for model in turned.outcome.models}
    tested = told["back-test bg-nbd"]
    assert (tested["past"], tested["weeks"], tested["chosen"]) == ("2016-12-31", 26, True)
    assert tested["customers"] == len(rows(turned, "values")) == 60
    assert {name for name in told if name.startswith("back-test")} == {
        "back-test bg-nbd",
        "back-test mbg-nbd",
        "back-test pareto-nbd",
    }


def test_a_definition_that_names_no_measure_makes_no_list_and_stops_nothing(turned, tmp_path):
    body = dict(turned.brief.value.best[0], weigh=[{"measure": "fame"}])
    terms = msgspec.structs.replace(turned.brief.value, best=(body, turned.brief.value.best[1]))
    outcome = go(msgspec.structs.replace(turned.brief, value=terms), tmp_path, Journal())
    told = {model["model"]: model for model in outcome.models}
    assert told["best spenders"]["reason"] == "best spenders: there is no measure fame"
    assert told["best broad"]["members"] > 0


def test_spark_turns_to_the_same_rows(turned, tmp_path):
    """Money and counts are equal between engines, floats to 1e-9."""
    with open_lake("local[2]", tmp_path / "scratch", "1GB") as lake:
        outcome = turn(lake, turned.brief, tmp_path / "run", Journal(), {})
    spark = Turned(turned.brief, outcome, Journal(), tmp_path / "run")
    for name in PUBLISHED:
        for here, there in zip(rows(turned, name), rows(spark, name), strict=True):
            assert here.keys() == there.keys()
            for column, value in here.items():
                same = pytest.approx(value, rel=1e-9, nan_ok=True) if isinstance(value, float) else value
                assert there[column] == same, (name, column)
