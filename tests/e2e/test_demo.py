"""`make demo` as a newcomer sees it: real data reconciled, an A/A test, a planted effect found, nothing doubled."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def demo(home: Path, *arguments: str) -> str:
    """What the demonstration prints, in one line so that the table's breaks do not matter."""
    done = subprocess.run(
        [sys.executable, "-m", "sterna.cli.main", "demo", "--no-serve", *arguments],
        env=os.environ | {"STERNA_HOME": str(home), "COLUMNS": "200", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert not (home / "postgres" / "postmaster.pid").exists(), "the demonstration left its database running"
    return re.sub(r"[\s│]+", " ", done.stdout)


def outcomes(printed: str) -> list[str]:
    return re.findall(r"outcome ([0-9a-f]{12})", printed)


def test_the_loop_turns_on_real_data_and_a_second_call_doubles_nothing(tmp_path):
    first = demo(tmp_path / "home")
    assert "1,469,307 rows, 4,596,039.58 USD" in first
    assert "Result, A/A cannot tell: A/A test: nobody was contacted before 2018-01-01" in first
    sent = re.search(r"Contacts handed over ([\d,]+)", first)
    assert sent and int(sent[1].replace(",", "")) > 500
    letters = len(list((tmp_path / "home" / "mail").glob("*.eml")))
    second = demo(tmp_path / "home")
    assert "imported before: nothing changed" in second and "nothing was due" in second
    assert outcomes(second) == outcomes(first) and len(outcomes(first)) == 2
    assert f"Contacts handed over {sent[1]}" in second
    assert len(list((tmp_path / "home" / "mail").glob("*.eml"))) == letters > 0


def test_R14_R89_a_planted_effect_is_recovered_inside_its_interval(tmp_path):
    printed = demo(tmp_path / "home", "--simulated")
    low, high = map(float, re.search(r"95% interval ([+-][\d.]+) to ([+-][\d.]+)", printed).groups())
    planted = float(re.search(r"Planted effect ([\d.]+) USD", printed)[1])
    assert 0 < low < planted < high
    assert "Result, randomized moved" in printed and "inside the interval" in printed
    again = demo(tmp_path / "home", "--simulated")
    assert outcomes(again) == outcomes(printed)
