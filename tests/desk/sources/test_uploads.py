"""Files that are brought in by a page: kept, imported by the job, cancelled, gone on with, known again, removed."""

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from sterna.desk.audit.models import Entry
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.lakehouse.models import Segment
from sterna.desk.sources import actions, queries
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources.actions import imports as engine
from sterna.desk.sources.models import Import, RefusedRow, Source, Upload
from sterna.engine.errors import BadInput
from tests.desk.sources.shop import GOOD, LINES, SOURCE, csv_text

pytestmark = pytest.mark.django_db
MAPPING = SOURCE + LINES
Bring = Callable[..., Upload]


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    """Bring a file of this content in."""

    def go(content: str | bytes = csv_text(*GOOD), name: str = "sales.csv") -> Upload:
        incoming = tmp_path / "incoming"
        incoming.write_bytes(content.encode() if isinstance(content, str) else content)
        return actions.keep_upload(incoming, name, None)

    return go


def waiting_jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name=actions.TASK, status="todo").count()


def test_a_file_is_moved_under_the_home_and_known_by_its_bytes(bring: Bring, home: Path, tmp_path: Path):
    upload = bring()
    path = queries.upload_path(upload)
    assert path == home / "uploads" / str(upload.pk) / "sales.csv"
    assert path.read_text() == csv_text(*GOOD) and not (tmp_path / "incoming").exists()
    assert (upload.size, list(upload.columns)) == (
        path.stat().st_size,
        ["card", "till", "item", "at", "pieces", "paid"],
    )
    assert Entry.objects.get(action="uploaded file").detail == {"file": "sales.csv", "size": upload.size}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\Ann\\sales.csv", "sales.csv"),
        ("a\0b.csv", "ab.csv"),
        ("ü" * 300 + ".csv", "ü" * 98 + ".csv"),
        ("Umsätze [x]*.csv", "Umsätze [x]*.csv"),
    ],
)
def test_a_name_stays_a_name(bring: Bring, home: Path, given: str, kept: str):
    upload = bring(name=given)
    assert upload.file_name == kept
    assert queries.upload_path(upload).parent.parent == home / "uploads"
    assert actions.request_import(upload, MAPPING, None) and actions.import_waiting() == 1


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "a.csv: the file is empty"),
        (b"PAR1 and no more", "a.parquet", "a.parquet: not a whole Parquet file"),
        (b"x", "a.pdf", "a.pdf: files end in"),
        (b"a,a\nx,y\n", "a.csv", None),
        (b"a,a\n1,2\n", "a.csv", "a.csv line 1: column 'a' stands twice"),
        (b"a,A\n1,x\n", "a.csv", "a.csv line 1: column 'a' stands twice"),
        (b"_line,b\nx,y\n", "a.csv", "a.csv line 1: column '_line' has a name that Sterna uses itself"),
        (b"nothing\n", "a.jsonl", "a.jsonl: no line holds a JSON object"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name_and_not_kept(
    bring: Bring, home: Path, content: bytes, name: str, said: str | None
):
    if said is None:
        # Two columns of one name are taken for two values: the file has no header then.
        assert list(bring(content, name).columns) == ["column_1", "column_2"]
        return
    with pytest.raises(BadInput) as caught:
        bring(content, name)
    assert str(caught.value).startswith(said)
    assert not list((home / "uploads").iterdir()) and not Upload.objects.exists()


def test_an_import_waits_for_the_job_that_was_deferred_with_it(bring: Bring):
    upload = bring()
    [found] = actions.request_import(upload, MAPPING, None)
    assert (found.state, found.upload, waiting_jobs()) == ("waiting", upload, 1)
    assert actions.import_waiting() == 1
    found.refresh_from_db()
    assert (found.state, found.rows_accepted, found.file_name) == ("done", 3, "sales.csv")
    assert mappings.parse(found.mapping, "kept") == mappings.parse(MAPPING, "given")
    assert actions.import_waiting() == 0


def test_nothing_is_deferred_when_the_mapping_is_refused(bring: Bring):
    upload = bring()
    for text, said in [
        ("nonsense: [", "mapping of the form line"),
        (MAPPING.replace("paid", "price"), "sales.csv line 1: no column 'price'; the file has card, till"),
        (
            MAPPING + "    join: {file: ../secret.csv, on: card}\n",
            "a `join` takes a second file from a folder",
        ),
        (MAPPING + "    references: {brand: products}\n", "references 'brand'"),
    ]:
        with pytest.raises(BadInput) as caught:
            actions.request_import(upload, text, None)
        assert str(caught.value).startswith(said)
        # What was typed is kept, so that it can be mended.
        assert Upload.objects.get().mapping == text
    assert (Import.objects.count(), waiting_jobs()) == (0, 0)


def test_asked_twice_it_runs_once(bring: Bring):
    upload = bring()
    actions.request_import(upload, MAPPING, None)
    with pytest.raises(Refused, match=r"sales\.csv is in already under this mapping: nothing was changed"):
        actions.request_import(upload, MAPPING, None)
    assert (actions.import_waiting(), waiting_jobs(), Import.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("name", ["sales.csv", "sales of January.csv"])
def test_the_same_file_brought_in_again_is_in_already_under_any_name(bring: Bring, name: str):
    actions.request_import(bring(), MAPPING, None)
    actions.import_waiting()
    again = bring(name=name)
    assert [found.name for found in queries.imports_of(again.sha256)] == ["sales"]
    other_name = MAPPING.replace("name: sales\n", "name: purchases\n").replace("sales.csv", name)
    with pytest.raises(Refused, match="is in already"):
        actions.request_import(again, other_name, None)
    assert Segment.objects.count() == 1


def test_the_same_file_as_something_else_is_another_import(bring: Bring):
    upload = bring()
    actions.request_import(upload, MAPPING, None)
    people = SOURCE + (
        "imports:\n  - {name: pieces, file: sales.csv, into: facts, identify: {kind: card, column: card},\n"
        "     facts: {name.full: item},\n"
        "     columns: {observed_on: {constant: 2017-01-01}, purpose: {constant: service}}}\n"
    )
    actions.request_import(upload, people, None)
    assert actions.import_waiting() == 2
    assert sorted(Import.objects.values_list("name", "state")) == [("pieces", "done"), ("sales", "done")]


def test_a_mapping_of_several_imports_asks_for_each(bring: Bring):
    second = (
        LINES.replace("imports:\n", "")
        .replace("name: sales", "name: again")
        .replace("[till]", "[till, item]")
    )
    found = actions.request_import(bring(), MAPPING + second, None)
    assert [one.name for one in found] == ["sales", "again"]
    assert [len(mappings.parse(one.mapping, "kept").imports) for one in found] == [1, 1]


def test_a_file_that_is_refused_as_a_whole_says_why_without_the_folder(bring: Bring, home: Path):
    # Too far behind for the preview to see it.
    rows = [f"c1,t{n},a,2017-01-05,1,1" for n in range(21_000)]
    [found] = actions.request_import(bring(csv_text(*rows, '"open')), MAPPING, None)
    assert actions.import_waiting() == 0
    found.refresh_from_db()
    assert (found.state, found.error) == (
        "failed",
        "sales.csv line 21002: a quote is opened in this row and never closed",
    )
    assert not Segment.objects.exists() and not list((home / "staging").iterdir())


def test_one_failure_does_not_hold_up_the_next_file(bring: Bring, monkeypatch: pytest.MonkeyPatch):
    [first] = actions.request_import(bring(), MAPPING, None)
    [second] = actions.request_import(bring(csv_text(GOOD[0]), "other.csv"), MAPPING, None)
    queries.upload_path(first.upload).unlink()
    assert actions.import_waiting() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("failed", "done")
    assert first.error == "sales.csv is not kept any more: bring it in again"


def test_a_full_disk_is_written_down_and_not_tried_for_ever(bring: Bring, monkeypatch: pytest.MonkeyPatch):
    [found] = actions.request_import(bring(), MAPPING, None)

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(engine, "_begin", full)
    assert actions.import_waiting() == 0
    found.refresh_from_db()
    assert (found.state, found.error) == ("failed", "no space left on device")
    monkeypatch.undo()


def test_a_cancelled_import_keeps_what_is_in_and_goes_on_where_it_was(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(engine, "PART_ROWS", 2)
    [found] = actions.request_import(
        bring(csv_text(*(f"c{i},t{i},a,2017-01-05,1,1.0{i}" for i in range(7)))), MAPPING, None
    )
    steps: list[int] = []

    def cancel_at_the_second_part() -> None:
        steps.append(Import.objects.get().rows_read)
        if len(steps) == 4:
            actions.cancel_import(found, None)

    assert actions.import_waiting(cancel_at_the_second_part) == 0
    found.refresh_from_db()
    assert (found.state, found.rows_read, found.error, found.upload is not None) == ("cancelled", 4, "", True)
    actions.resume_import(found, None)
    assert actions.import_waiting() == 1
    found.refresh_from_db()
    assert (found.state, found.rows_accepted, str(found.amount)) == ("done", 7, "7.21")
    assert sorted(Segment.objects.values_list("rows", flat=True)) == [1, 2, 2, 2]


def test_cancelled_before_its_turn_nothing_is_loaded(bring: Bring):
    [found] = actions.request_import(bring(), MAPPING, None)
    actions.cancel_import(found, None)
    assert (actions.import_waiting(), Segment.objects.count()) == (0, 0)
    with pytest.raises(Refused, match="this import is cancelled already"):
        actions.cancel_import(found, None)
    actions.request_import(found.upload, MAPPING, None)
    assert actions.import_waiting() == 1


def test_cancelled_while_the_file_is_checked_nothing_is_loaded(bring: Bring):
    [found] = actions.request_import(bring(), MAPPING, None)
    assert actions.import_waiting(lambda: actions.cancel_import(found, None)) == 0
    found.refresh_from_db()
    assert (found.state, found.rows_read, Segment.objects.count()) == ("cancelled", 0, 0)


def test_what_is_done_can_neither_be_cancelled_nor_gone_on_with(bring: Bring):
    [found] = actions.request_import(bring(), MAPPING, None)
    actions.import_waiting()
    with pytest.raises(Refused, match="this import is done already"):
        actions.cancel_import(found, None)
    with pytest.raises(Refused, match="is done already"):
        actions.resume_import(found, None)


def test_an_import_of_the_command_line_goes_on_there(run, bring: Bring):
    with pytest.raises(BadInput):
        run(csv_text("c3,t3,a,yesterday,1,1"))
    failed = Import.objects.get()
    with pytest.raises(Refused, match="came from the command line"):
        actions.resume_import(failed, None)


def test_a_mapping_is_offered_again_for_a_file_that_has_its_columns(bring: Bring):
    actions.request_import(bring(), MAPPING, None)
    offered = [
        found.name for found in queries.templates(["paid", "pieces", "at", "item", "till", "card", "note"])
    ]
    assert offered == ["sales"]
    assert queries.templates(["card", "till", "item", "at", "pieces"]) == []


def test_the_reject_file_holds_the_rows_as_they_came_and_can_be_mended_and_brought_in(
    bring: Bring, home: Path
):
    content = csv_text(
        *GOOD, '=1+1,t9,"a,b",2017-01-07,1,x', "c3,t3,a,2017-01-07", "-5,+6,@a,2017-01-07,1,-2"
    )
    [found] = actions.request_import(bring(content), MAPPING, None)
    actions.import_waiting()
    found.refresh_from_db()
    with (home / found.reject_file).open(encoding="utf-8", newline="") as file:
        heading, *rows = list(csv.reader(file))
    assert heading == [
        *csv_text().strip().split(","),
        "refused_line",
        "refused_column",
        "refused_value",
        "refused_reason",
    ]
    assert rows == [
        # A formula is kept a text; numbers below zero are none.
        ["'=1+1", "t9", "a,b", "2017-01-07", "1", "x", "5", "paid", "x", "is not a number"],
        ["c3", "t3", "a", "2017-01-07", "", "", "6", "", "", "has 4 fields, the header has 6"],
        ["-5", "+6", "'@a", "2017-01-07", "1", "-2", "7", "paid", "-2",
         "is negative, and the mapping does not accept that"],
    ]  # fmt: skip
    mended = (home / found.reject_file).read_text().replace(",x,5,", ",9,5,").replace(",-2,7", ",2,7")
    [again] = actions.request_import(bring(mended, "mended.csv"), MAPPING, None)
    actions.import_waiting()
    again.refresh_from_db()
    assert (again.rows_accepted, again.rows_refused, str(again.amount)) == (2, 1, "11.00")
    assert not (home / again.reject_file).read_text().splitlines()[0].count("refused_line,refused_line")


def test_a_line_that_is_no_json_stands_whole_in_the_reject_file(bring: Bring, home: Path):
    good = '{"card": "c1", "till": "t1", "item": "a", "at": "2017-01-01", "pieces": 1, "paid": 2}'
    [found] = actions.request_import(bring(f'{good}\n=cmd|" /c calc"\n', "sales.jsonl"), MAPPING, None)
    actions.import_waiting()
    found.refresh_from_db()
    [last] = csv.DictReader((home / found.reject_file).read_text().splitlines())
    assert (last["card"], last["refused_line"], last["refused_value"]) == ("", "2", '\'=cmd|" /c calc"')
    assert last["refused_reason"].startswith("is not a JSON object")
    assert RefusedRow.objects.get().line == 2


def test_files_are_kept_for_as_long_as_the_setting_says(
    bring: Bring, home: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STERNA_UPLOAD_DAYS", "2")
    old, waiting, new = bring(), bring(csv_text(GOOD[0])), bring(csv_text(GOOD[1]))
    actions.request_import(waiting, MAPPING, None)
    Upload.objects.exclude(pk=new.pk).update(uploaded_at=clock.now() - timedelta(days=2, minutes=1))
    broken = home / "uploads" / "x.incoming"
    broken.write_text("half")
    assert actions.sweep_uploads() == 1
    assert {path.name for path in (home / "uploads").iterdir()} == {
        str(waiting.pk),
        str(new.pk),
        "x.incoming",
    }
    assert {upload.pk for upload in queries.uploads()} == {waiting.pk, new.pk}
    with pytest.raises(Refused, match="is not kept any more"):
        actions.request_import(old, MAPPING, None)


def test_a_removed_file_takes_no_row_with_it(bring: Bring):
    upload = bring()
    actions.request_import(upload, MAPPING, None)
    with pytest.raises(Refused, match="is being imported: cancel that first"):
        actions.remove_upload(upload, None)
    actions.import_waiting()
    actions.remove_upload(upload, None)
    assert not queries.upload_path(upload).parent.exists()
    assert (Segment.objects.count(), Import.objects.get().state) == (1, "done")
    with pytest.raises(Refused, match="removed already"):
        actions.remove_upload(upload, None)


def test_a_source_that_is_known_as_another_is_refused_and_nothing_waits(bring: Bring):
    Source.objects.create(name="shop", title="Shop", identifier_kind="email", created_at=clock.now())
    with pytest.raises(Refused, match="is known with"):
        actions.request_import(bring(), MAPPING, None)
    assert (Import.objects.count(), waiting_jobs()) == (0, 0)


def test_a_home_with_an_odd_name_imports_and_looks_products_up(
    bring: Bring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STERNA_HOME", str(tmp_path / "home [x]* it's"))
    catalog = SOURCE + "imports:\n  - {name: p, file: p.csv, into: products, columns: {product_id: id}}\n"
    actions.request_import(bring("id\na\n", "p [1].csv"), catalog, None)
    actions.import_waiting()
    [found] = actions.request_import(bring(), MAPPING + "    references: {product_id: products}\n", None)
    assert actions.import_waiting() == 1
    found.refresh_from_db()
    assert (found.rows_accepted, found.rows_unmatched) == (3, 1)
