"""`make demo` as a newcomer sees it: real data reconciled, an A/A test, a planted effect found, nothing doubled."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def sterna(home: Path, *arguments: str) -> str:
    """What a command prints on the installation at `home`."""
    done = subprocess.run(
        [sys.executable, "-m", "sterna.cli.main", *arguments],
        env=os.environ | {"STERNA_HOME": str(home), "COLUMNS": "200", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


def demo(home: Path, *arguments: str) -> str:
    """What the demonstration prints, in one line so that the table's breaks do not matter."""
    printed = sterna(home, "demo", "--no-serve", *arguments)
    assert not (home / "postgres" / "postmaster.pid").exists(), "the demonstration left its database running"
    return re.sub(r"[\s│]+", " ", printed)


def outcomes(printed: str) -> list[str]:
    return re.findall(r"outcome ([0-9a-f]{12})", printed)


def test_the_loop_turns_on_real_data_and_a_second_call_doubles_nothing(tmp_path):
    first = demo(tmp_path / "home")
    assert "1,469,307 rows, 4,596,039.58 USD" in first
    assert "Result, A/A cannot tell: A/A test: nobody was contacted before 2018-01-01" in first
    # The half-year that the plan was to bring about, as it was to be expected on the day before, and as it was seen.
    told = re.findall(r"Expected of (\S+) ([\d,]+) \(([\d,]+) to ([\d,]+)\), seen ([\d,]+)", first)
    assert [name for name, *_ in told] == [
        "bronze-to-silver",
        "silver-to-gold",
        "gold-to-platinum",
        "keep-platinum",
    ]
    for _, *figures in told:
        mean, low, high, seen = (int(figure.replace(",", "")) for figure in figures)
        assert low <= mean <= high
        assert low <= seen <= high
    sent = re.search(r"Contacts handed over ([\d,]+)", first)
    assert sent and int(sent[1].replace(",", "")) > 500
    letters = len(list((tmp_path / "home" / "mail").glob("*.eml")))
    second = demo(tmp_path / "home")
    assert "imported before: nothing changed" in second and "nothing was due" in second
    assert outcomes(second) == outcomes(first) and len(outcomes(first)) == 2
    assert f"Contacts handed over {sent[1]}" in second
    assert len(list((tmp_path / "home" / "mail").glob("*.eml"))) == letters > 0


def test_R14_R89_a_planted_effect_is_recovered_inside_its_interval_also_after_the_home_was_moved(tmp_path):
    home, moved = tmp_path / "home", tmp_path / "moved"
    printed = demo(home, "--simulated")
    low, high = map(float, re.search(r"95% interval ([+-][\d.]+) to ([+-][\d.]+)", printed).groups())
    planted = float(re.search(r"Planted effect ([\d.]+) USD", printed)[1])
    assert 0 < low < planted < high
    assert "Result, randomized moved" in printed and "inside the interval" in printed
    home.rename(moved)
    again = demo(moved, "--simulated")
    assert outcomes(again) == outcomes(printed)
    try:
        assert "the same byte for byte" in sterna(moved, "run", "--until", "2017-12-31", "--again")
    finally:
        assert sterna(moved, "stop") == "stopped\n"
    assert not home.exists(), "something still wrote to where the home was"
