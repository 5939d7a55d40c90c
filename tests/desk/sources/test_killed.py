"""Imports and the sealer killed with SIGKILL at random moments: what follows resumes and doubles nothing."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.killing import own_home

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.kill, pytest.mark.slow]


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home with a database of its own."""
    with own_home(tmp_path_factory) as found:
        monkeypatch.setenv("STERNA_HOME", str(found))
        yield


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "sterna.desk.config.settings"}
    command = [sys.executable, "-m", "tests.desk.sources.killing", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def call(*arguments: str) -> str:
    process = start(*arguments)
    out, _ = process.communicate(timeout=180)
    assert process.returncode == 0
    return out


def report() -> dict:
    line = next(line for line in call("report").splitlines() if line.startswith("report "))
    return json.loads(line.removeprefix("report "))


def kill_after(process: subprocess.Popen[str], steps: int, delay: float) -> bool:
    """Kill the process `delay` seconds after its step number `steps`; False when it had ended before."""
    assert process.stdout is not None
    for _ in range(steps):
        process.stdout.readline()
    time.sleep(delay)
    alive = process.poll() is None
    process.kill()
    process.wait(30)
    process.stdout.close()
    return alive


def test_an_import_that_is_killed_again_and_again_loads_every_row_once(tmp_path: Path):
    rows = [f"c{i % 700},t{i},a,2017-01-05,1,{i % 90}.{i % 10}0" for i in range(60_000)]
    file = tmp_path / "sales.csv"
    file.write_text("\n".join(["card,till,item,at,pieces,paid", *rows]) + "\n")
    chance = random.Random(20170105)
    # Before the first part, between parts, and inside them.
    kills = [
        kill_after(start("import", str(file)), steps, chance.uniform(0, 0.15)) for steps in (1, 2, 3, 4, 5)
    ]
    assert sum(kills) >= 3
    call("import", str(file))
    call("import", str(file))
    found = report()
    cents = sum((i % 90) * 100 + (i % 10) * 10 for i in range(60_000))
    amount = f"{cents // 100}.{cents % 100:02d}"
    assert (found["rows"], found["unique"], found["amount"]) == (60_000, 60_000, amount)
    assert found["imports"] == [["done", "60000", "60000", amount]]
    assert found["segments"] == found["origins"] == found["versions"] == found["files"] == 12
    assert (found["customers"], found["records"], found["damaged"]) == (700, 700, 0)


def test_a_sealer_that_is_killed_seals_every_event_once():
    call("receive", "2400")
    chance = random.Random(7)
    kills = [kill_after(start("seal"), 1, chance.uniform(0.02, 0.2)) for _ in range(4)]
    assert sum(kills) >= 2
    call("seal")
    found = report()
    assert (found["rows"], found["unique"], found["amount"]) == (2_400, 2_400, "2400.00")
    assert found["segments"] == found["origins"] == found["versions"] == found["files"] == 24
    assert (found["damaged"], found["marks"]) == (0, [2400])
