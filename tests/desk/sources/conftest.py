"""A lake of its own for each test of sources, and a way to import a file into it."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the lake of one test; the database is the tests' own."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def run(tmp_path: Path):
    """Write a file and import it; returns the first import that it made."""
    # Django's models can be imported only now: its settings are not ready when this file is read.
    from sterna.desk.sources import mapping as mappings
    from sterna.desk.sources.actions import import_files
    from tests.desk.sources import shop

    def go(content: str | bytes, mapping: str = shop.LINES, name: str = "sales.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_files(mappings.parse(shop.SOURCE + mapping, "map.yaml"), path)[0].record

    return go
