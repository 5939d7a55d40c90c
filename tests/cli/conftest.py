"""The `sterna` command, called in this process or as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sterna.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command ended with, and what it wrote."""

    code: int
    out: str
    err: str

    def refusal(self, code: int = 1) -> str:
        """The one line that a command failed with: nothing else was written, and no traceback."""
        assert (self.code, self.out) == (code, ""), self
        assert self.err.startswith("sterna: ") and self.err.count("\n") == 1, self.err
        return self.err.removeprefix("sterna: ").rstrip("\n")


Sterna = Callable[..., Said]


@pytest.fixture
def sterna(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Sterna:
    """Calls the command in this process, on the tests' database."""

    def call(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["sterna", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return call


def environment(home: Path, **settings: str) -> dict[str, str]:
    """What a process on `home` sees: the settings given and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STERNA_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return kept | {"STERNA_HOME": str(home), "PYTHONPATH": "src:.", "COLUMNS": "80"} | settings


def process(home: Path, *words: str, **settings: str) -> Said:
    """Calls the command as a process of its own on `home`."""
    done = subprocess.run(
        [sys.executable, "-m", "sterna.cli.main", *words],
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Said(done.returncode, done.stdout, done.stderr)
