"""Files that are wrong: each gives a clear message with line and column, and nothing is half-loaded."""

import csv
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sterna.desk.lakehouse import queries as lake
from sterna.desk.sources.models import Import, RefusedRow
from sterna.engine.errors import BadInput
from tests.desk.sources.shop import GOOD, HEADER, LINES, Run, csv_text

pytestmark = pytest.mark.django_db


def refusals(found: Import) -> list[tuple[int, str, str, str]]:
    return list(
        RefusedRow.objects.filter(part_of=found)
        .order_by("line")
        .values_list("line", "column", "value", "reason")
    )


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        ("c3,t3,a,2017-01-07,1,-2.00", "paid", "-2.00", "is negative, and the mapping does not accept that"),
        ("c3,t3,a,2017-01-07,1,1.005", "paid", "1.005", "has more than two decimal places"),
        ("c3,t3,a,2017-01-07,1,99999999999999999", "paid", "99999999999999999", "is too large"),
        ("c3,t3,a,2017-01-07,1,1e400", "paid", "1e400", "is not a number"),
        ("c3,t3,a,2017-01-07,1,NaN", "paid", "NaN", "is not a number"),
        ("c3,t3,a,2017-01-07,1,", "paid", "", "is missing"),
        ("c3,t3,a,2017-01-07,0.0001,1", "pieces", "0.0001", "has more than three decimal places"),
        ("c3,t3,a,2017-02-30,1,1", "at", "2017-02-30", "is not a moment such as 2017-01-31"),
        ("c3,t3,a,07/01/2017,1,1", "at", "07/01/2017", "is not a moment such as 2017-01-31"),
        ("c3,t3,a,1899-12-30,1,1", "at", "1899-12-30", "is outside the years 1900 to 2199"),
        ("c3,t3,a,2200-01-02,1,1", "at", "2200-01-02", "is outside the years 1900 to 2199"),
        ("  ,t3,a,2017-01-07,1,1", "card", "", "is missing"),
        (f"{'x' * 201},t3,a,2017-01-07,1,1", "card", "x" * 200, "is longer than 200 characters"),
        ("c\0,t3,a,2017-01-07,1,1", "card", "c ", "holds a NUL character"),
        ("c3,t3,a,2017-01-07,1", "", "", "has 5 fields, the header has 6"),
        ("c3,t3,a,2017-01-07,1,1,1", "", "", "has 7 fields, the header has 6"),
        ("c1,t1,a,2017-01-05 10:00:00,2,3.50", "till, item", "", "repeats line 2"),
    ],
)
def test_a_bad_row_is_refused_alone(run: Run, row: str, column: str, value: str, reason: str):
    found = run(csv_text(*GOOD, row))
    assert refusals(found) == [(5, column, value, reason)]
    assert (found.state, found.rows_accepted, found.rows_refused, found.amount) == (
        "done",
        3,
        1,
        Decimal("6.75"),
    )


def test_an_import_without_a_refused_row_writes_no_reject_file(run: Run, home: Path):
    found = run(csv_text(*GOOD))
    assert (found.rows_refused, found.reject_file) == (0, "")
    assert list((home / "rejects").glob("*")) == list((home / "rejects").glob(".*")) == []


def test_the_reject_file_holds_the_row_its_line_column_value_and_reason(run: Run, home: Path):
    found = run(csv_text(GOOD[0], "c3,t3,a,2017-01-07,1,x", GOOD[1]))
    with (home / found.reject_file).open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1:] == [["c3", "t3", "a", "2017-01-07", "1", "x", "3", "paid", "x", "is not a number"]]


def test_returns_and_zero_quantities_are_kept_when_the_mapping_says_so(run: Run):
    mapping = LINES.replace("amount: paid", "amount: {column: paid, negative: true}")
    found = run(csv_text(*GOOD, "c1,t3,a,2017-01-09,-1,-3.50", "c1,t4,a,2017-01-09,0,0"), mapping)
    assert (found.rows_accepted, found.rows_refused, found.amount) == (5, 0, Decimal("3.25"))


def whole_file_problems() -> list[tuple[str, bytes, str]]:
    good = csv_text(*GOOD)
    return [
        ("empty", b"", "sales.csv: the file is empty"),
        ("header only", f"{HEADER}\n".encode(), "a header and no rows"),
        (
            "column missing",
            good.replace("paid", "price").encode(),
            "line 1: no column 'paid'; the file has card",
        ),
        ("column twice", good.replace("pieces", "paid").encode(), "line 1: column 'paid' stands twice"),
        ("encoding", (good + "c4,t9,é,2017-01-01,1,1\n").encode("cp1252"), "line 5: byte 0xE9 at position 7"),
        (
            "cut inside quotes",
            (good + 'c4,t9,"a,2017').encode(),
            "line 5: a quote is opened in this row and never closed",
        ),
        ("UTF-16", good.encode("utf-16"), "line 1: byte 0xFF"),
    ]


@pytest.mark.parametrize(("what", "content", "message"), whole_file_problems())
def test_a_file_that_is_wrong_as_a_whole_loads_nothing(
    run: Run, home: Path, what: str, content: bytes, message: str
):
    with pytest.raises(BadInput) as caught:
        run(content)
    assert message in str(caught.value)
    failed = Import.objects.get()
    assert (failed.state, failed.rows_read, failed.error) == ("failed", 0, str(caught.value))
    assert not list((home / "lake").glob("*/*"))
    assert lake.current_version() == 0


def test_a_truncated_parquet_file_loads_nothing(run: Run, tmp_path: Path, home: Path):
    columns = {name: [f"{name}{i}" for i in range(9_000)] for name in HEADER.split(",")}
    columns |= {"at": ["2017-01-01"] * 9_000, "pieces": ["1"] * 9_000, "paid": ["1"] * 9_000}
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table(columns), whole)
    content = whole.read_bytes()
    with pytest.raises(BadInput, match="not a whole Parquet file"):
        run(content[:-100], name="sales.parquet")
    broken = bytearray(content)
    broken[2_000:6_000] = bytes(4_000)
    with pytest.raises(BadInput, match="cannot be read to its end"):
        run(bytes(broken), name="sales.parquet")
    assert lake.current_version() == 0


def test_over_the_limit_of_refused_rows_nothing_is_loaded(run: Run):
    mapping = LINES + "    refuse_if_over: 0.2\n"
    bad = csv_text(*GOOD, "c3,t3,a,2017-01-07,1,x", "c3,t3,b,2017-01-07,1,x")
    with pytest.raises(
        BadInput, match="2 of 5 rows would be refused, so none is loaded; the first is line 5, column paid"
    ):
        run(bad, mapping)
    assert lake.current_version() == 0
    found = run(csv_text(*GOOD, GOOD[0].replace("t1", "t3"), "c3,t3,b,2017-01-07,1,x"), mapping)
    assert (found.rows_accepted, found.rows_refused) == (4, 1)


def test_without_a_limit_a_file_of_only_bad_rows_is_still_refused(run: Run):
    with pytest.raises(BadInput, match="1 of 1 rows would be refused"):
        run(csv_text("c3,t3,a,yesterday,1,1"))


def test_floats_must_be_finite_and_mean_cents(run: Run, tmp_path: Path):
    path = tmp_path / "made.parquet"
    paid = [0.1 + 0.2, 1.15, float("nan"), float("inf"), 2.345, 1e300, -0.01]
    rows = {
        "card": [1.0] * 7,
        "till": list(range(7)),
        "item": ["a"] * 7,
        "at": ["2017-01-01"] * 7,
        "pieces": [1] * 7,
    }
    pq.write_table(pa.table({**rows, "paid": paid}), path)
    found = run(path.read_bytes(), name="sales.parquet")
    assert found.amount == Decimal("1.45")
    assert [(line, reason) for line, _, _, reason in refusals(found)] == [
        (3, "is not a finite number"),
        (4, "is not a finite number"),
        (5, "has more than two decimal places"),
        (6, "is too large"),
        (7, "is negative, and the mapping does not accept that"),
    ]


def test_quoted_line_breaks_and_blank_lines_do_not_shift_the_line(run: Run):
    found = run(csv_text(GOOD[0], '"c\n9",t5,a,2017-01-07,1,1', "", "c3,t3,a,2017-01-07,1,x"))
    assert refusals(found) == [(6, "paid", "x", "is not a number")]


@pytest.mark.slow
def test_one_odd_row_in_the_last_of_a_million_is_named(run: Run):
    rows = [f"c{i % 5000},t{i},a,2017-01-05,1,1.00" for i in range(999_999)]
    found = run(csv_text(*rows, "c1,odd,a,2017-01-05,1,1,00"))
    assert refusals(found) == [(1_000_001, "", "", "has 7 fields, the header has 6")]
    assert (found.rows_read, found.rows_accepted, found.amount) == (1_000_000, 999_999, Decimal("999999.00"))
