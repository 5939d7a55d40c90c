"""A home that was moved: its runs find their inputs where they lie now, those with older briefs too."""

import json
from pathlib import Path

import pytest

from sterna.desk.runs import actions
from sterna.desk.runs.actions import briefing, running
from sterna.desk.runs.models import Run
from sterna.engine import flow
from sterna.engine.errors import LakeMissing
from tests.desk.runs import shop


@pytest.fixture
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home before it is moved; the database is the tests' own."""
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "first"))
    return tmp_path / "first"


@pytest.fixture
def move(first: Path, monkeypatch: pytest.MonkeyPatch):
    """Moves the home to another folder, under another name and deeper."""

    def go() -> Path:
        moved = first.parent / "elsewhere" / "deep" / "second"
        moved.parent.mkdir(parents=True)
        first.rename(moved)
        monkeypatch.setenv("STERNA_HOME", str(moved))
        return moved

    return go


def paths(run: Run) -> list[str]:
    """Every path that a stored brief names."""
    lake = [file["path"] for files in run.brief["files"].values() for file in files]
    return lake + [file["path"] for file in run.brief["frozen"].values()]


def as_once_stored(run: Run, home: Path) -> None:
    """Gives the run the brief that earlier versions kept: with absolute paths."""
    named = json.dumps(run.brief)
    for path in paths(run):
        named = named.replace(f'"{path}"', f'"{home / path}"')
    Run.objects.filter(pk=run.pk).update(brief=json.loads(named))


@pytest.mark.django_db(transaction=True)
def test_a_brief_names_its_files_relative_to_the_home(first):
    shop.open_shop()
    run = actions.run(shop.FIRST).run
    assert {path.split("/")[0] for path in paths(run)} == {"lake", "runs"}
    assert not any(Path(path).is_absolute() for path in paths(run)) and len(paths(run)) > 5
    assert str(first) not in json.dumps(run.brief)
    opened = briefing.opened(run.brief)
    named = [file.path for files in opened.files.values() for file in files]
    assert all(Path(path).is_relative_to(first) and Path(path).exists() for path in named)


@pytest.mark.django_db(transaction=True)
def test_after_a_move_the_run_is_the_same_brief_and_the_same_bytes(move):
    shop.open_shop()
    run = actions.run(shop.FIRST).run
    moved = move()
    assert actions.run(shop.FIRST).run == run, "where the home lies is no part of a brief"
    assert "the same byte for byte" in actions.run(shop.FIRST, again=True).sentence
    assert actions.run(shop.SECOND).run.published_at is not None
    assert (moved / "runs" / str(run.pk) / "places.parquet").exists()


@pytest.mark.django_db(transaction=True)
def test_an_older_brief_with_absolute_paths_is_read_before_and_after_a_move(first, move):
    shop.open_shop()
    run = actions.run(shop.FIRST).run
    as_once_stored(run, first)
    assert "the same byte for byte" in actions.run(shop.FIRST, again=True).sentence
    move()
    assert "the same byte for byte" in actions.run(shop.FIRST, again=True).sentence
    assert Run.objects.get().outcome_sha256 == run.outcome_sha256


@pytest.mark.django_db(transaction=True)
def test_an_interrupted_run_goes_on_after_a_move(move, monkeypatch):
    def fail(lake: object, brief: flow.Brief) -> flow.Done:
        raise LakeMissing("the disk was pulled out")

    shop.open_shop()
    real = running.flow.STAGES
    broken = [flow.Stage(s.name, fail, s.makes, s.has_models) if s.name == "segments" else s for s in real]
    monkeypatch.setattr(running.flow, "STAGES", tuple(broken))
    with pytest.raises(LakeMissing, match="pulled out"):
        actions.run(shop.FIRST)
    monkeypatch.setattr(running.flow, "STAGES", real)
    before = dict(Run.objects.get().stages.values_list("name", "ended_at"))
    assert len(before) == 4
    move()
    done = actions.run(shop.FIRST).run
    assert done.state == Run.State.DONE
    assert before.items() <= dict(done.stages.values_list("name", "ended_at")).items(), "kept, not made again"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("older", [False, True], ids=["relative", "absolute"])
def test_a_file_that_is_nowhere_is_named_and_the_published_run_stays(first, older):
    shop.open_shop()
    run = actions.run(shop.FIRST).run
    if older:
        as_once_stored(run, first)
    lost = next((first / "lake").rglob("*.parquet"))
    lost.unlink()
    with pytest.raises(LakeMissing, match=lost.name):
        actions.run(shop.FIRST, again=True)
    assert Run.objects.get().state == Run.State.DONE and Run.objects.get().published_at is not None


def test_an_absolute_path_is_found_by_what_it_ends_in(tmp_path, monkeypatch):
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    here = tmp_path / "lake" / "lines" / "a.parquet"
    here.parent.mkdir(parents=True)
    here.touch()
    (tmp_path / "a.parquet").touch()
    assert briefing._absolute("/gone/before/lake/lines/a.parquet") == str(here), "the longest end counts"
    assert briefing._absolute("lake/lines/a.parquet") == str(here)
    assert briefing._absolute(str(here)) == str(here)
    with pytest.raises(LakeMissing, match=r"/gone/lake/lines/b\.parquet, which is neither there nor"):
        briefing._absolute("/gone/lake/lines/b.parquet")
