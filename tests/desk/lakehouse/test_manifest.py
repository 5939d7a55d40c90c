"""The manifest: versions, checksums, and the sweep of files that nothing lists."""

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection, transaction

from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse import actions, queries

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STERNA_HOME", str(tmp_path))
    return tmp_path


def part(origin: str, text: str = "rows") -> actions.Part:
    return actions.Part("lines", origin, 1, None, None, lambda path: path.write_text(text) and None)


def test_each_addition_is_a_version_and_old_versions_stay_readable():
    assert (queries.current_version(), queries.known_at(), queries.manifest()["lines"]) == (0, None, [])
    actions.add_parts([part("a")])
    actions.add_parts([part("b"), part("c")])
    assert queries.current_version() == 2
    assert [len(queries.manifest(version)["lines"]) for version in (0, 1, 2, None)] == [0, 1, 3, 3]
    assert queries.known_at(1) <= queries.known_at(2)


def test_a_clock_that_is_set_back_does_not_make_a_later_version_known_earlier(
    monkeypatch: pytest.MonkeyPatch,
):
    actions.add_parts([part("a")])
    monkeypatch.setattr(clock, "now", lambda: datetime(2001, 1, 1, tzinfo=UTC))
    actions.add_parts([part("b")])
    assert queries.known_at(2) == queries.known_at(1)


def test_an_origin_enters_once():
    actions.add_parts([part("a")])
    with pytest.raises(Exception, match="segment_origin_once"):
        actions.add_parts([part("a")])
    assert queries.current_version() == 1


def test_missing_and_changed_files_are_found(home: Path):
    actions.add_parts([part("a"), part("b"), part("c")])
    paths = [Path(path) for path, _ in queries.manifest()["lines"]]
    paths[0].unlink()
    paths[1].write_text("others")
    assert {damage.reason for damage in queries.damaged()} == {
        "the file is missing",
        "the file is not the one that was written",
    }


def test_the_sweep_takes_orphans_and_waits_for_writers(home: Path):
    actions.add_parts([part("a")])
    orphan = home / "lake" / "lines" / ".half.parquet.1.unfinished"
    orphan.write_text("half")
    details = connection.get_connection_params() | {"autocommit": True}
    details.pop("cursor_factory", None)
    details.pop("context", None)
    with psycopg.connect(**details) as other:
        other.execute("select pg_advisory_lock_shared(%s)", [actions.WRITING])
        assert actions.sweep() == []
        other.execute("select pg_advisory_unlock_shared(%s)", [actions.WRITING])
    assert actions.sweep() == [orphan]
    assert len(list((home / "lake" / "lines").iterdir())) == 1


def test_a_mark_never_goes_back():
    with transaction.atomic():
        mark = actions.locked_mark("inbox")
        actions.move_mark(mark, 5)
        with pytest.raises(Refused, match="cannot go back"):
            actions.move_mark(mark, 4)
