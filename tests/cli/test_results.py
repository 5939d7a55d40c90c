"""A place that cannot be written is refused before anything is read."""

from pathlib import Path

import pytest

from sterna.cli.files.results import require_writable
from sterna.engine.errors import BadInput


@pytest.mark.parametrize("command", ["link", "value", "wallet"])
def test_a_result_below_a_file_is_refused_before_the_input_is_looked_for(sterna, tmp_path, command):
    (tmp_path / "taken").write_text("")
    told = sterna(command, tmp_path / "nowhere.csv", "--out", tmp_path / "taken" / "deep")
    assert told.code != 0 and "taken is no folder" in " ".join(told.err.split())


def test_a_folder_that_has_the_name_of_a_file_is_refused(tmp_path):
    (tmp_path / "scores.csv").mkdir()
    with pytest.raises(BadInput, match="is a folder; name a file or a folder without"):
        require_writable(tmp_path / "scores.csv")


def test_a_folder_that_is_not_ours_is_refused_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr("os.access", lambda place, mode: False)
    with pytest.raises(BadInput, match="cannot be written"):
        require_writable(tmp_path / "new" / "folder")


def test_what_is_not_there_yet_and_none_at_all_are_fine(tmp_path):
    require_writable(tmp_path / "a" / "b" / "pairs.parquet")
    require_writable(None)
    assert list(Path(tmp_path).iterdir()) == []
