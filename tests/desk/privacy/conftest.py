"""A home of its own for each test of privacy, for what is kept of a person is in files too."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the files of one test; the database is the tests' own."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
