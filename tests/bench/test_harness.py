"""The benchmarks from the command line on a tiny shop: plausible figures, whole JSON, nothing left behind."""

import json
import platform
import re
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sterna.engine import flow
from sterna.engine.simulation import population, write_shop

ROOT = Path(__file__).resolve().parents[2]
CUSTOMERS = 150


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """`python -m bench` as `make bench` calls it."""
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)


def processes_of(folder: Path) -> list[str]:
    """Command lines that name the folder: a database that was left running."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [line for line in found if str(folder) in line]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    return folder, write_shop(folder, population(CUSTOMERS, 7), date(2017, 1, 1), date(2017, 12, 31))


@pytest.fixture(scope="module")
def ran(shop, tmp_path_factory):
    """One run of `import` and `turn`: what it said, the folder of its homes, and its JSON."""
    work = tmp_path_factory.mktemp("bench")
    homes, results = work / "homes", work / "results"
    said = bench(
        *("import", "turn", "--data", str(shop[0]), "--homes", str(homes), "--results", str(results))
    )
    assert said.returncode == 0, said.stderr
    (written,) = results.iterdir()
    return said, homes, written


@pytest.fixture(scope="module")
def results(ran):
    return {result["name"]: result for result in json.loads(ran[2].read_text())["results"]}


def figure(result, what):
    (found,) = [each for each in result["figures"] if each["what"].strip() == what]
    return found


@pytest.mark.slow
def test_nothing_is_left_behind(ran):
    assert list(ran[1].iterdir()) == []
    assert processes_of(ran[1]) == []


@pytest.mark.slow
def test_the_json_tells_the_machine_and_not_its_name(ran):
    text = ran[2].read_text()
    written = json.loads(text)
    assert set(written) == {"schema", "begun", "machine", "results"}
    assert written["schema"] == 1
    assert written["machine"]["cores"] >= 1
    assert written["machine"]["memory_gib"] > 0
    assert {"duckdb", "sterna"} <= set(written["machine"]["versions"])
    assert str(ran[1].parent) not in text
    # A machine may be named after a word that stands in the figures; then its name proves nothing.
    assert len(platform.node()) < 6 or platform.node() not in text
    assert [result["name"] for result in written["results"]] == ["import", "turn"]
    assert re.fullmatch(r"local-\d{8}T\d{6}\.json", ran[2].name)


@pytest.mark.slow
def test_the_import_counts_the_rows_of_the_files(results, shop):
    folder, truth = shop
    names = (
        "transactions",
        "products",
        "campaigns",
        "campaign_descriptions",
        "coupon_redemptions",
        "demographics",
    )
    rows = sum(pq.read_metadata(folder / f"{name}.parquet").num_rows for name in names)
    measured = results["import"]
    assert figure(measured, "sterna import")["rows"] == rows
    assert figure(measured, "raw copy")["rows"] == rows
    lines = figure(measured, "transactions")
    assert lines["rows"] == truth.lines
    # 100,000 rows a second are what an import is held to, by the longest of its files.
    [target] = measured["targets"]
    assert (target["what"], target["limit"]) == ("100,000 rows of transactions into the lake", 1.0)
    assert target["measured"] == pytest.approx(100_000 * lines["seconds"] / lines["rows"])


@pytest.mark.slow
def test_a_ratio_is_its_seconds_by_the_raw_seconds(results):
    for result in results.values():
        assert result["ratios"]
        for ratio in result["ratios"]:
            assert ratio["times"] == pytest.approx(ratio["seconds"] / ratio["raw_seconds"])
            assert ratio["times"] > 1


@pytest.mark.slow
def test_the_turn_shows_every_stage_of_both_runs(results):
    parts = [each["what"].strip() for each in results["turn"]["figures"]]
    stages = [stage.name for stage in flow.STAGES]
    for until, following in (
        ("run 2017-06-30", "sterna run 2017-12-31"),
        ("run 2017-12-31", "all commands"),
    ):
        inside = parts[parts.index(f"sterna {until}") : parts.index(following)]
        assert [part for part in inside if part in stages] == stages


@pytest.mark.slow
def test_the_parts_of_a_run_add_up_to_its_command(results):
    figures = results["turn"]["figures"]
    names = [each["what"] for each in figures]
    start, end = names.index("sterna run 2017-12-31"), names.index("all commands")
    parts = [each["seconds"] for each in figures[start + 1 : end] if not each["what"].startswith("    ")]
    assert sum(parts) == pytest.approx(figures[start]["seconds"])
    assert min(parts) > 0


@pytest.mark.slow
def test_memory_and_processor_time_are_those_of_the_command(results):
    command = figure(results["turn"], "sterna run 2017-12-31")
    assert 50e6 < command["peak_bytes"] < 2e9
    # Two cores at the most worked for it.
    assert 0 < command["processor_seconds"] < 2.5 * command["seconds"] + 1
    peaks = [each["peak_bytes"] for each in results["turn"]["figures"] if each["peak_bytes"]]
    (memory,) = [target for target in results["turn"]["targets"] if target["unit"] == "GB"]
    assert memory["measured"] * 1e9 == pytest.approx(max(peaks))
    assert memory["met"] is (memory["measured"] < memory["limit"])


@pytest.mark.slow
def test_the_tables_show_ratios_before_figures_and_progress_goes_to_the_error_stream(ran):
    said = ran[0]
    assert 0 < said.stdout.index("import / raw copy") < said.stdout.index("sterna import")
    assert "raw scan of the lake" in said.stdout
    assert "turn 1/1" in said.stderr
    assert "sterna run --until 2017-06-30" in said.stderr


@pytest.mark.slow
def test_a_command_that_fails_ends_the_run_with_one_line_and_an_empty_folder(tmp_path):
    homes, empty = tmp_path / "homes", tmp_path / "empty"
    empty.mkdir()
    said = bench(
        "import", "--data", str(empty), "--homes", str(homes), "--results", str(tmp_path / "results")
    )
    assert said.returncode == 1
    assert "there is no such file" in said.stderr
    assert said.stderr.strip().splitlines()[-1].startswith("bench: `sterna.cli.main import")
    assert list(homes.iterdir()) == []
    assert processes_of(homes) == []
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
@pytest.mark.kill
def test_an_ended_benchmark_stops_its_database_and_removes_its_home(shop, tmp_path):
    homes = tmp_path / "homes"
    options = ("--data", str(shop[0]), "--homes", str(homes), "--results", str(tmp_path / "results"))
    command = [sys.executable, "-m", "bench", "import", *options]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "sterna import" in line:
                process.terminate()
            if "sterna stop" in line:
                process.terminate()  # somebody impatient: the cleaning goes on to its end
        process.wait(timeout=300)
    assert process.returncode == 128 + signal.SIGTERM
    assert list(homes.iterdir()) == []
    assert processes_of(homes) == []


def test_an_unknown_benchmark_is_refused():
    said = bench("everything")
    assert said.returncode == 2
    assert "everything" in said.stderr
