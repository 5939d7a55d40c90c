"""Files as people really bring them in: each is read right, or refused as a whole or by the row in words to act on."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.desk.sources.actions import import_waiting, keep_upload, request_import
from sterna.desk.sources.guessing import how_written
from sterna.desk.sources.models import Import, Upload
from sterna.desk.sources.preview import Preview, look
from sterna.desk.sources.reading import MOST_COLUMNS
from sterna.engine.errors import BadInput
from tests.desk.sources.shop import LINES, SOURCE

HEADER = "card,till,item,at,pieces,paid\n"
ROW = "c1,t1,a,2017-01-05,1,3.50\n"
MORE = "c2,t2,b,2017-01-06,2,4.00\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def go(content: bytes | str, name: str = "odd.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return go


def seen(path: Path) -> Preview:
    return look(path, how_written(path), month_first=False)


def texts(path: Path) -> list[list[str | None]]:
    return [list(row.values) for row in seen(path).rows]


PLAIN = [["c1", "t1", "a", "2017-01-05", "1", "3.50"], ["c2", "t2", "b", "2017-01-06", "2", "4.00"]]


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROW + MORE,
        HEADER + ROW + MORE.rstrip("\n"),
        "\ufeff" + HEADER + ROW + MORE,
        "\ufeff" + '"card","till","item","at","pieces","paid"\n' + ROW + MORE,
        (HEADER + ROW + MORE).replace("\n", "\r\n"),
        (HEADER + ROW + MORE).replace("\n", "\r\n", 1),
        (HEADER + ROW + MORE).replace(",", ";"),
        (HEADER + ROW + MORE).replace(",", "|"),
        HEADER + ROW + "\n\n" + MORE + "\n",
        HEADER + '"c1","t1","a","2017-01-05","1","3.50"\n' + MORE,
    ],
)
def test_one_table_however_it_is_written(write: Write, content: str):
    path = write(content)
    assert list(seen(path).columns) == ["card", "till", "item", "at", "pieces", "paid"]
    assert texts(path) == PLAIN


def test_tabs_are_found_too(write: Write):
    assert texts(write((HEADER + ROW + MORE).replace(",", "\t"), "odd.tsv")) == PLAIN


def test_breaks_quotes_and_delimiters_within_quotes_are_the_field_s(write: Write):
    path = write(HEADER + 'c1,t1,"a\nb ""x"", c",2017-01-05,1,3.50\n' + MORE)
    assert texts(path)[0][2] == 'a\nb "x", c'
    assert [row.line for row in seen(path).rows] == [2, 4]


def test_windows_letters_are_read_as_such_and_the_page_says_so(write: Write):
    path = write((HEADER + ROW.replace("a,", "Käse €,")).encode("cp1252"))
    assert how_written(path).encoding == "cp1252"
    assert texts(path)[0][2] == "Käse €"


def test_names_that_stand_twice_are_told_where_values_stand_below_them(write: Write):
    path = write(HEADER.replace("item", "till") + ROW)
    assert how_written(path).header
    with pytest.raises(BadInput, match="line 1: column 'till' stands twice"):
        seen(path)


def test_a_file_of_words_alone_whose_first_row_repeats_one_has_no_header(write: Write):
    path = write("Ann,Ann,x\nBob,Lee,y\n")
    assert not how_written(path).header
    assert texts(path) == [["Ann", "Ann", "x"], ["Bob", "Lee", "y"]]


def test_a_column_whose_days_are_written_in_three_ways_is_no_day(write: Write):
    path = write("card,at\nc1,2017-01-05\nc2,05/01/2017\nc3,5 Jan 2017\n")
    assert seen(path).guesses.columns["at"].kind == "text"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"\xef\xbb\xbf", "odd.csv", "line 1: the file has no header"),
        (b"\n", "odd.csv", "line 1: the file has no header"),
        (
            (HEADER + ROW).replace("\n", "\r"),
            "odd.csv",
            "line 1: a carriage return stands without a line feed",
        ),
        (
            HEADER + 'c1,t1,"a,1,1,1\n' + MORE,
            "odd.csv",
            "line 2: a quote is opened in this row and never closed",
        ),
        (HEADER + 'c1,t1,"a"b,1,1,1\n', "odd.csv", "line 2: a quote within a quoted field is not doubled"),
        (
            HEADER + f"c1,t1,{'x' * 10_000_000},1,1,1\n",
            "odd.csv",
            "line 2: a field is longer than 131,072 char",
        ),
        (
            HEADER.replace("item", "_line") + ROW,
            "odd.csv",
            "column '_line' has a name that Sterna uses itself",
        ),
        (HEADER.encode("utf-16"), "odd.csv", "is written in UTF-16; save it as UTF-8"),
        (
            (HEADER + ROW).encode() + b"c\x81,t,a,1,1,1\n",
            "odd.csv",
            "line 3: byte 0x81 at position 2 is not cp1252",
        ),
        ('{"": "c1"}\n', "odd.jsonl", "line 1: a column has no name"),
        ('{"a\\u0000b": "c1"}\n', "odd.jsonl", "line 1: a column's name holds a NUL character"),
        ('{"a": 1}\n{"A": 2}\n', "odd.jsonl", "line 1: column 'a' stands twice"),
        ('[{"a": 1}]\n', "odd.jsonl", "no line holds a JSON object"),
        ('{"a": "Käse"}\n'.encode("cp1252"), "odd.jsonl", "is not utf-8; JSON lines are written in UTF-8"),
        (HEADER + ROW, "odd.parquet", "not a whole Parquet file"),
    ],
)
def test_what_makes_a_file_unreadable_is_said_in_words_to_act_on(
    write: Write, content: bytes | str, name: str, said: str
):
    with pytest.raises(BadInput) as caught:
        seen(write(content, name))
    assert said in str(caught.value)


def test_a_file_may_have_a_thousand_columns_and_no_more(write: Write):
    columns = [f"c{number}" for number in range(MOST_COLUMNS + 1)]
    with pytest.raises(BadInput, match="has 1,001 columns, at most 1,000"):
        seen(write("{" + ", ".join(f'"{column}": 1' for column in columns) + "}\n", "odd.jsonl"))
    path = write(",".join(columns[1:]) + "\n" + ",".join("1" for _ in columns[1:]) + "\n")
    assert len(seen(path).columns) == MOST_COLUMNS


def test_a_row_of_ten_megabytes_is_refused_alone(write: Write):
    path = write(HEADER + "c1,t1," + "x," * 5_000_000 + "\n" + MORE)
    assert [(row.line, row.values[0]) for row in seen(path).rows] == [(2, "c1"), (3, "c2")]


def parquet(path: Path, names: list[str]) -> Path:
    pq.write_table(pa.table([pa.array(["x"]) for _ in names], names=names), path)
    return path


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["card", "card"], "column 'card' stands twice"),
        (["card", "Card"], "column 'card' stands twice"),
        (["", "card"], "a column has no name"),
        (["file_row_number", "card"], "column 'file_row_number' has a name that Sterna uses itself"),
        (["_ROW", "card"], "column '_ROW' has a name that Sterna uses itself"),
    ],
)
def test_columns_of_parquet_are_held_to_what_those_of_csv_are(tmp_path: Path, names: list[str], said: str):
    with pytest.raises(BadInput, match=said):
        seen(parquet(tmp_path / "odd.parquet", names))


def test_a_name_that_only_parquet_cannot_have_is_a_name_in_csv(write: Write):
    assert list(seen(write("card,file_row_number\nc1,x\n")).columns) == ["card", "file_row_number"]


def test_nested_and_binary_columns_of_parquet_are_shown_as_text_and_harm_no_other(tmp_path: Path):
    path = tmp_path / "odd.parquet"
    nested = {"struct": [{"a": 1}], "list": [[1, 2]], "bytes": [b"x\xff"], "nothing": pa.nulls(1)}
    pq.write_table(
        pa.table({"card": ["c1"], "on": [date(2017, 1, 5)], "paid": [Decimal("1.50")], **nested}), path
    )
    found = seen(path)
    [row] = found.rows
    assert row.values == ["c1", "2017-01-05", "1.50", "{'a': 1}", "[1, 2]", "x\\xFF", None]
    kinds = {name: guess.kind for name, guess in found.guesses.columns.items()}
    assert (kinds["on"], kinds["paid"], kinds["list"]) == ("day", "money", "text")


@pytest.mark.django_db
class TestImported:
    """The same through the job and into the lake, with what was refused to download."""

    def bring(self, path: Path, mapping: str = LINES) -> Import:
        upload: Upload = keep_upload(path, path.name, None)
        request_import(upload, SOURCE + mapping, None)
        import_waiting()
        return Import.objects.get()

    def rejects(self, home: Path, found: Import) -> list[list[str]]:
        with (home / found.reject_file).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def test_a_json_file_that_was_cut_in_its_last_line_loads_the_rest_and_keeps_the_half(
        self, write: Write, home: Path
    ):
        whole = '{"card": "c1", "till": "t1", "item": "a", "at": "2017-01-05", "pieces": 1, "paid": 3.5}\n'
        found = self.bring(write(whole + '{"card": "c2", "till": "t', "sales.jsonl"))
        assert (found.state, found.rows_accepted, found.rows_refused, found.amount) == (
            "done", 1, 1, Decimal("3.50"),
        )  # fmt: skip
        header, row = self.rejects(home, found)
        assert dict(zip(header, row, strict=True))["refused_value"] == '{"card": "c2", "till": "t'
        assert row[header.index("refused_line")] == "2"

    def test_a_nul_in_one_cell_refuses_its_row_which_the_reject_file_holds_as_it_came(
        self, write: Write, home: Path
    ):
        found = self.bring(write(HEADER + ROW + MORE.replace("b,", "b\0b,")))
        assert (found.rows_accepted, found.rows_refused) == (1, 1)
        [row] = self.rejects(home, found)[1:]
        assert (row[2], row[-1]) == ("b\0b", "holds a NUL character")

    def test_an_amount_in_a_nested_column_is_refused(self, tmp_path: Path):
        columns = {"card": ["c1", "c2"], "till": ["t1", "t2"], "item": ["a", "b"], "pieces": [1, 2]}
        path = tmp_path / "sales.parquet"
        days = {"at": [date(2017, 1, 5)] * 2}
        pq.write_table(pa.table({**columns, **days, "paid": [{"net": 1}, {"net": 2}]}), path)
        found = self.bring(path)
        assert (found.state, found.rows_accepted) == ("failed", 0)
        assert "2 of 2 rows would be refused" in found.error
        assert "column paid: \"{'net': 1}\" is not a number" in found.error

    def test_a_fault_of_the_engine_is_written_down_and_the_next_file_has_its_turn(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ):
        """It would else be tried again every minute, and no other file would ever be imported."""
        import duckdb

        from sterna.desk.sources.actions import imports

        begin, failed = imports._begin, []

        def out_of_memory(*arguments: object) -> None:
            if not failed:
                failed.append(1)
                raise duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block")
            begin(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(imports, "_begin", out_of_memory)
        for name in ("first.csv", "second.csv"):
            path = write(HEADER + (ROW if name == "first.csv" else MORE), name)
            request_import(keep_upload(path, name, None), SOURCE + LINES, None)
        assert import_waiting() == 1
        first, second = Import.objects.order_by("started_at", "pk")
        assert (first.state, second.state) == ("failed", "done")
        assert first.error == "Out of Memory Error: could not allocate block"
