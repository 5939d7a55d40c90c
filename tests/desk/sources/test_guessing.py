"""What is guessed of a file: how it is written, what its columns hold, and what its rows cannot tell."""

from pathlib import Path

import duckdb
import pytest

from sterna.desk.sources.guessing import Guess, Guesses, Written, guess, how_written
from sterna.desk.sources.preview import look
from sterna.engine.errors import BadInput


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (b"a,b\n1,2\n", Written()),
        (b"a;b\n1,5;2\n", Written(";")),
        (b"a\tb\n1\t2\n", Written("\t")),
        (b"a|b\n1|2\n", Written("|")),
        (b"name\nAnn, Bo\nCy\n", Written()),
        (b'a;b\n"x,y,z";2\n"x,y";3\n', Written(";")),
        ("a,b\né,2\n".encode(), Written()),
        ("a,b\né,2\n".encode("cp1252"), Written(encoding="cp1252")),
        (b"\xef\xbb\xbfa;b\n1;2\n", Written(";")),
        (b"1,2017-01-05\n2,2017-01-06\n", Written(header=False)),
        (b"c1,31.12.2016\nc2,01.01.2017\n", Written(header=False)),
        (b"a@x.example,yes\nb@x.example,no\n", Written(header=False)),
        (b"a,a\n1,2\n", Written()),
        (b"a,a\nx,y\n", Written(header=False)),
        (b"a,,\n1,2,3\n", Written()),
        (b"a,b\r\n1,2\r\n", Written()),
    ],
)
def test_how_a_text_file_is_written(tmp_path: Path, content: bytes, written: Written):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert how_written(path) == written


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "a.csv: the file is empty"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "a.csv: is written in UTF-16; save it as UTF-8"),
        ("a.xlsx", b"PK", "a.xlsx: files end in .csv, .tsv"),
        ("no-ending", b"a", "no-ending: files end in"),
    ],
)
def test_what_no_reader_reads_is_refused_by_its_name(tmp_path: Path, name: str, content: bytes, said: str):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        how_written(path)
    assert str(caught.value).startswith(said)


def of(*values: str, name: str = "x", month_first: bool = False) -> Guesses:
    """The guesses of a file with one column of texts."""
    return guess({name: "VARCHAR"}, [[value] for value in values], month_first)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2017-01-31", "2017-02-01"], "day"),
        (["2017-01-31T10:00:00Z", "2017-02-01 11:30"], "moment"),
        (["12", "7"], "number"),
        (["12.50", "7.00"], "money"),
        (["12.5", "7.125"], "number"),
        (["$12.50", "$7"], "money"),
        (["01234", "99999"], "identifier"),
        (["yes", "no", "yes"], "yes or no"),
        (["1", "0"], "yes or no"),
        (["1", "1"], "number"),
        (["a@x.example", "b@x.example"], "e-mail address"),
        (["Ann", "Bo", "Ann"], "text"),
        ([f"K{n}" for n in range(30)], "identifier"),
        ([], "empty"),
        (["", " "], "empty"),
    ],
)
def test_what_a_column_of_texts_holds(values: list[str], kind: str):
    assert of(*values).columns["x"].kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [("customer_id", "identifier"), ("card", "identifier"), ("orderNumber", "identifier"), ("sku", "identifier"),
     ("paid", "money"), ("quantity", "number"), ("valid", "number"), ("Betrag", "money")],
)  # fmt: skip
def test_the_name_tells_a_number_from_an_identifier_and_from_money(name: str, kind: str):
    assert of("12", "7", name=name).columns[name].kind == kind


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("31.12.2017", "%d.%m.%Y"),
        ("31/12/2017", "%d/%m/%Y"),
        ("12/31/2017", "%m/%d/%Y"),
        ("31-12-2017 23:59", "%d-%m-%Y %H:%M"),
        ("2017/12/31 23:59:58", "%Y/%m/%d %H:%M:%S"),
        ("20171231", "%Y%m%d"),
        ("31 Dec 2017", "%d %b %Y"),
        ("December 31, 2017", "%B %d, %Y"),
        ("12/31/17 11:59 PM", "%m/%d/%y %I:%M %p"),
    ],
)
def test_a_day_is_found_with_the_format_that_the_import_reads_it_by(value: str, form: str):
    found = of(value, value).columns["x"]
    assert (found.format, found.remark) == (form, "")
    assert found.kind == ("moment" if ":" in value else "day")
    [(read,)] = duckdb.execute("select cast(try_strptime(?, ?) as date)::varchar", [value, form]).fetchall()
    assert read == "2017-12-31"


def test_a_day_that_can_be_two_is_told_with_both_and_the_program_s_way_is_taken():
    there = of("03/03/2017", "04/05/2017", month_first=True).columns["x"]
    assert there.format == "%m/%d/%Y"
    assert there.remark == (
        "Day and month cannot be told apart in these rows: 04/05/2017 may be 2017-04-05 or 2017-05-04. "
        "It is read as 2017-04-05."
    )
    assert of("03/03/2017", "04/05/2017").columns["x"].format == "%d/%m/%Y"


def test_one_row_that_can_be_only_one_way_decides():
    found = of("04/05/2017", "13/05/2017", month_first=True).columns["x"]
    assert (found.format, found.remark) == ("%d/%m/%Y", "")


def test_one_odd_value_among_ten_does_not_hide_what_the_column_is():
    days = [f"{n:02d}.05.2017" for n in range(13, 29)]
    assert of(*days, "unknown").columns["x"].kind == "day"
    assert of(*days[:4], "unknown").columns["x"].kind == "text"


@pytest.mark.parametrize(
    ("values", "decimal", "grouping"),
    [
        (["1.5", "1000"], ".", ""),
        (["1,5", "1000"], ",", ""),
        (["1,234.50", "7.00"], ".", ","),
        (["1.234,50", "7,00"], ",", "."),
        (["1 234,50", "7,00"], ",", " "),
        (["1'234.50", "7.00"], ".", "'"),
        (["12", "13"], ".", ""),
    ],
)
def test_how_the_file_writes_its_numbers(values: list[str], decimal: str, grouping: str):
    found = of(*values)
    assert (found.decimal, found.grouping, found.columns["x"].remark) == (decimal, grouping, "")


def test_a_number_that_can_be_two_is_told_with_both():
    assert of("1.234", "5.678").columns["x"].remark == "1.234 may be 1.234 or 1234: it is read as 1.234."


def test_the_whole_file_decides_what_one_column_cannot():
    found = guess({"a": "VARCHAR", "b": "VARCHAR"}, [["1.234", "9,50"], ["5.678", "1.000,25"]], False)
    assert (found.decimal, found.grouping, found.columns["b"].remark) == (",", ".", "")


def test_the_currency_sign_is_found_before_and_behind():
    assert of("€ 12,50", "€ 3,00").columns["x"] == Guess("money", symbol="€")
    assert of("12,50 €", "3,00 €").columns["x"] == Guess("money", symbol="€")
    assert of("USD 12.50", "USD 3.00").columns["x"] == Guess("money", symbol="USD")


def test_types_of_a_parquet_file_are_taken_as_they_are(tmp_path: Path):
    path = tmp_path / "a.parquet"
    duckdb.sql(
        "select 1::bigint as customer_id, 2::integer as pieces, 1.5::double as paid, true as member, "
        "date '2017-01-01' as born, timestamp '2017-01-01 10:00' as at, 'x' as word"
    ).write_parquet(str(path))
    found = look(path, how_written(path), False)
    kinds = {name: one.kind for name, one in found.guesses.columns.items()}
    assert kinds == {
        "customer_id": "identifier", "pieces": "number", "paid": "money", "member": "yes or no", "born": "day",
        "at": "moment", "word": "text",
    }  # fmt: skip


def test_a_preview_is_the_first_hundred_rows_and_reads_no_further(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"".join(b"%d,x\n" % n for n in range(400_000)) + b"\xe9,\n")
    seen = look(path, Written(), False)
    assert [row.line for row in seen.rows] == list(range(2, 102))
    assert seen.rows[99].values == ["99", "x"]


def test_a_preview_shows_lines_that_are_no_rows_and_cuts_what_is_long(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "' + "x" * 300 + '"}\nnot json\n{"b": [1, 2]}\n')
    rows = look(path, how_written(path), False).rows
    assert rows[0].values == ["x" * 80 + "…", None]
    assert (rows[1].line, rows[1].values) == (2, ["not json", None])
    assert rows[2].values == [None, "[1,2]"]
