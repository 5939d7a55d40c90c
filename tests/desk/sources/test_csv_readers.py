"""CSV is read at once where it is clean and row by row where it is not: both ways give the same rows and faults."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sterna.desk.sources import delimited, lines
from sterna.desk.sources.delimited import opened
from sterna.engine.errors import BadInput

Found = tuple[list[str], list[tuple[int, str | None, list[str | None]]]] | str


def read(path: Path, delimiter: str = ",", encoding: str = "utf-8", header: bool = True) -> Found:
    """The columns and the rows with line and fault, or why the file is refused as a whole."""
    try:
        with opened(path, delimiter, encoding, header) as (columns, batches):
            rows = []
            for batch in batches:
                values = zip(*(column.to_pylist() for column in batch.columns), strict=True)
                rows += zip(batch.lines.to_pylist(), batch.faults.to_pylist(), map(list, values), strict=True)
            return columns, rows
    except BadInput as error:
        return str(error)


def closely(path: Path, delimiter: str = ",", encoding: str = "utf-8", header: bool = True) -> Found:
    """The same with every row read by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_at_once", lambda *_: None)
        return read(path, delimiter, encoding, header)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many stretches were read at once."""
    real, done = delimited._at_once, []

    def at_once(*arguments):
        found = real(*arguments)
        done.append(found is not None)
        return found

    monkeypatch.setattr(delimited, "_at_once", at_once)
    return lambda: sum(done)


NASTY = {
    "clean": b"a,b\n1,2\n3,4\n",
    "no break at the end": b"a,b\n1,2\n3,4",
    "carriage returns": b"a,b\r\n1,2\r\n3,4\r\n",
    "one carriage return": b"a,b\n1,2\r\n3,4\n",
    "a lone carriage return": b"a,b\n1,2\r3\n",
    "quotes": b'a,b\n"1,x","2 ""y"""\n3,4\n',
    "all quoted and empty": b'a,b\n"",""\n"",""\n',
    "a quote inside": b'a,b\n1"2,3\n4,5"\n',
    "behind a quote": b'a,b\n"1"2,3\n',
    "a space before a quote": b'a,b\n "1",2\n',
    "a break in quotes": b'a,b\n"1\n2",3\n4,5\n',
    "an open quote": b'a,b\n1,2\n"3,4\n',
    "blank lines": b"a,b\n\n1,2\n\n\n3,4\n\n",
    "blank lines with returns": b"a,b\r\n\r\n1,2\r\n\r\n",
    "too few and too many": b"a,b\n1\n1,2,3\n4,5\n",
    "as many signs as lines need": b"a,b\n1\n1,2,3\n",
    "one column": b'a\n1\n""\n \n2\n',
    "one column and blanks": b"a\n1\n\n2\n",
    "NUL": b"a,b\n1\x00,2\n3,4\n",
    "not UTF-8": b"a,b\n1,2\n\xe9,4\n",
    "half a letter": b"a,b\n1,\xc3\n",
    "a mark": b"\xef\xbb\xbfa,b\n1,2\n",
    "a mark in the middle": b"a,b\n\xef\xbb\xbf1,2\n3,4\n",
    "other line ends": "a,b\n1\x85,2\u2028\n3\x0b,\x0c4\n".encode(),
    "spaces": b"a , b\n 1 ,2 \n,\n",
    "delimiters only": b"a,b,c\n,,\n,,\n",
    "header only": b"a,b\n",
    "no name": b"a,,b\n1,2,3\n",
    "a blank first line": b"\na,b\n1,2\n",
}


@pytest.mark.parametrize("chunk", [1, 7, 4096])
@pytest.mark.parametrize("what", NASTY)
def test_both_ways_read_the_same_of_a_nasty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, chunk: int
):
    monkeypatch.setattr(lines, "CHUNK", chunk)
    path = tmp_path / "nasty.csv"
    path.write_bytes(NASTY[what])
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        assert read(path, encoding=encoding) == closely(path, encoding=encoding)


PIECES = st.sampled_from(
    [
        "1",
        "a",
        "é",
        " ",
        "",
        ",",
        ",",
        "\n",
        "\n",
        "\r\n",
        "\r",
        '"',
        '""',
        '"x"',
        '"x,y"',
        '"x\ny"',
        "\0",
        ";",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=40), st.integers(1, 30))
@example(["1", "\n", '"x\ny"', "\n", '"x\ny"'], 1)
@example([",", "\n", "1", ",", "1", ",", "1", "\n", "1"], 3)
def test_both_ways_read_the_same_of_any_text(tmp_path_factory: pytest.TempPathFactory, pieces, chunk):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(("h,k\n" + "".join(pieces)).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "CHUNK", chunk)
        assert read(path) == closely(path)


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), min_size=2, max_size=2)
    ),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_was_written_as_csv_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, rows, quoting, delimiter
):
    path = tmp_path_factory.mktemp("written") / "written.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(
            [["h", "k"], *rows]
        )
    columns, found = read(path, delimiter)
    assert columns == ["h", "k"] and [(fault, values) for _, fault, values in found] == [
        (None, row) for row in rows
    ]


def test_lines_are_counted_over_breaks_in_quotes_and_blank_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n"3\n3",4\n\n5\n6,7\n')
    expected = [(2, None, ["1", "2"]), (3, None, ["3\n3", "4"]), (6, "has 1 fields, the header has 2", ["5", None]),
                (7, None, ["6", "7"])]  # fmt: skip
    for chunk in (1, 5, 10, 4096):
        monkeypatch.setattr(lines, "CHUNK", chunk)
        assert read(path) == (["a", "b"], expected)


def test_a_fault_slows_only_the_stretch_it_stands_in(tmp_path: Path, monkeypatch, counted):
    path = tmp_path / "a.csv"
    rows = [f"{n:05d},x" for n in range(1_000)]
    rows[500] = "odd"
    path.write_text("\n".join(["a,b", *rows]) + "\n")
    monkeypatch.setattr(lines, "CHUNK", 800)
    _, found = read(path)
    assert [line for line, fault, _ in found if fault] == [502]
    # Ten stretches of a hundred rows, of which one was looked at closely.
    assert (len(found), counted()) == (1_000, 9)


def test_quoted_fields_are_read_at_once_too(tmp_path: Path, counted):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + '"x, ""y""",2\n' * 50)
    assert read(path)[1] == [(n + 2, None, ['x, "y"', "2"]) for n in range(50)]
    assert counted() == 1


def test_without_a_header_the_first_row_is_a_row_and_columns_are_numbered(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("1,2\n3,4\n")
    assert read(path, header=False) == (
        ["column_1", "column_2"],
        [(1, None, ["1", "2"]), (2, None, ["3", "4"])],
    )


def test_a_column_whose_name_is_blank_is_numbered(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("a, ,c\n1,2,3\n")
    assert read(path)[0] == ["a", "column_2", "c"]


def test_a_file_without_line_breaks_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "CHUNK", 100)
    monkeypatch.setattr(lines, "LONGEST_LINE", 1_000)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"x" * 5_000)
    assert "line 2: is longer than 1,000 bytes" in read(path)


def test_a_field_above_the_limit_of_a_field_is_told(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "x" * 140_000 + ",1\n")
    assert read(path) == closely(path)
    assert "line 2: a field is longer than 131,072 characters" in read(path)
