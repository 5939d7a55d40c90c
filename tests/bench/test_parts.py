"""The parts of the harness: measuring a process, the raw side, the grown plan, the best of several attempts."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from bench import raw, shop
from bench.homes import home
from bench.measuring import CommandFailed, python
from bench.results import Figure, Ratio, Result, Target, as_json, best, machine, save
from sterna.engine import plans
from sterna.engine.lake.beside import Beside

ROOT = Path(__file__).resolve().parents[2]
# Started by a small process of its own: a child's peak begins at that of its parent, and a test run is large.
MEASURES = """
import os
from bench.measuring import python
sizes = [python("timeit", ["-n1", "-r1", f"b'1' * {size}"], os.environ).peak_bytes for size in (300_000_000, 10)]
print(*sizes)
"""


def test_peak_memory_is_that_of_one_process_and_not_of_one_before():
    printed = subprocess.run(
        [sys.executable, "-c", MEASURES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    large, small = map(int, printed.stdout.split())
    assert large > 300_000_000
    assert small < 100_000_000


def test_a_measured_process_tells_what_it_printed_and_took():
    done = python("timeit", ["-n1", "-r1", "-s", "import time", "time.sleep(.3)"], os.environ)
    assert "1 loop" in done.output
    assert done.seconds >= 0.3
    assert done.processor_seconds < done.seconds + 1


def test_a_process_that_fails_is_no_measurement():
    with pytest.raises(CommandFailed, match="ended with 2"):
        python("timeit", ["--no-such-option"], os.environ)


def test_columns_of_a_mapping_are_those_that_the_import_reads():
    mapping = yaml.safe_load((shop.EXAMPLE / "mapping.yaml").read_text())
    specs = {spec["name"]: raw.columns_named(spec) for spec in mapping["imports"]}
    assert specs["transactions"] == {
        *("household_id", "basket_id", "product_id", "transaction_timestamp", "quantity"),
        *("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"),
    }
    assert specs["campaign contacts"] == {"campaign_id", "household_id", "start_date"}
    assert "kids_count" in specs["demographics"]
    people = yaml.safe_load((shop.EXAMPLE / "people.yaml").read_text())
    assert raw.columns_named(people["imports"][2]) >= {
        "household_id",
        "consent_email",
        "consent_letter_recognition",
    }


def test_the_raw_scan_reads_every_segment(tmp_path, capsys):
    for table, part, rows in (("lines", "a", 3), ("lines", "b", 2), ("events", "a", 4)):
        (tmp_path / table).mkdir(exist_ok=True)
        columns = {
            "key": ["k"] * rows,
            "day": pa.array([datetime(2017, 1, 1)] * rows, pa.timestamp("us")),
            "amount": pa.array([1.5] * rows),
        }
        pq.write_table(pa.table(columns), tmp_path / table / f"{part}.parquet")
    (tmp_path / "products").mkdir()
    raw.main("scan", str(tmp_path))
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == 9
    assert found["bytes"] == sum(path.stat().st_size for path in tmp_path.rglob("*.parquet"))
    assert found["seconds"] > 0


def test_a_plan_grown_tenfold_has_no_errors_and_keeps_its_prices(tmp_path):
    path = shop.plan_for(10 * shop.REAL_CUSTOMERS, tmp_path / "plan")
    grown, example = (yaml.safe_load(each.read_text()) for each in (path, shop.EXAMPLE / "plan.yaml"))
    assert grown["budget"] == 10 * example["budget"]
    assert grown["goals"][0]["customers"] == 10 * example["goals"][0]["customers"]
    assert grown["assets"][0]["routes"][1]["capacity"] == 10 * example["assets"][0]["routes"][1]["capacity"]
    assert grown["assets"][0]["cap"] == example["assets"][0]["cap"]
    assert grown["assets"][0]["unit_cost"] == example["assets"][0]["unit_cost"]
    found = plans.check(
        plans.load(path.read_text(), Beside(path.parent)),
        plans.Known(places=("bronze", "silver", "gold", "platinum")),
    )
    assert plans.errors(found) == []


def result(seconds: float) -> Result:
    return Result(
        "turn",
        seconds,
        {"customers": 2},
        (Ratio("run / raw scan", seconds, 0.5),),
        (Target("one turn", seconds, 60, "s"), Target("peak", 3.0, 2, "GB")),
        (Figure("sterna run", seconds, 100, 1.0, 10**9), Figure("stage", 0.0)),
    )


def test_the_best_attempt_is_the_fastest_and_all_are_named():
    assert best([result(9.0), result(4.0), result(5.0)]).seconds == 4.0
    written = json.loads(as_json({}, datetime(2026, 1, 2, tzinfo=UTC), [[result(9.0), result(4.0)]]))
    (found,) = written["results"]
    assert found["attempts_seconds"] == [9.0, 4.0]
    assert found["ratios"] == [{"what": "run / raw scan", "seconds": 4.0, "raw_seconds": 0.5, "times": 8.0}]
    assert [target["met"] for target in found["targets"]] == [True, False]
    assert [each["rows_per_second"] for each in found["figures"]] == [25.0, None]


def test_the_facts_of_the_machine_hold_no_name_and_no_path():
    facts = machine()
    assert facts["cores"] == os.cpu_count()
    assert not {"node", "host", "home", "path"} & set(facts)
    assert "/" not in json.dumps(facts)


def test_results_are_saved_where_git_leaves_them_alone(tmp_path):
    path = save(tmp_path / "results", "{}\n", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert path.name == "local-20260102T030405.json"
    assert "bench/results/local-*" in (ROOT / ".gitignore").read_text().splitlines()


def test_a_home_never_writes_to_a_database_of_somebodys_own(tmp_path, monkeypatch):
    monkeypatch.setenv("STERNA_DATABASE_URL", "postgresql://prod/sterna")
    monkeypatch.setenv("STERNA_NOW", "2017-07-01T12:00:00+00:00")
    monkeypatch.setenv("STERNA_LAKE_MEMORY", "1GB")
    told: list[str] = []
    with home(tmp_path, told.append) as fresh:
        environment, path = fresh.environment, fresh.path
        assert path.is_dir()
    assert "STERNA_DATABASE_URL" not in environment
    assert "STERNA_NOW" not in environment
    assert environment["STERNA_LAKE_MEMORY"] == "1GB"
    assert Path(environment["STERNA_HOME"]).is_relative_to(tmp_path)
    assert not path.exists()
    assert told == ["sterna stop"]


def test_a_home_can_be_kept(tmp_path):
    told: list[str] = []
    with home(tmp_path, told.append, keep=True) as fresh:
        pass
    assert fresh.path.is_dir()
    assert told[-1] == f"kept: {fresh.path}"
