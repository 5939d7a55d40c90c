"""The files `sterna value` reads: rows keep their numbers across batches, numbers and days in every type, any size."""

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.notebook import customer_cells, purchase_files
from sterna.notebook.customer_cells import Span

UNTIL = date(2024, 12, 31)


@pytest.fixture
def taken(tmp_path):
    """Reads a file into tables and gives them, as long as the test lasts."""
    connections = []

    def take(path, grain="day", **told) -> duckdb.DuckDBPyConnection:
        opened = customer_cells.tables(tmp_path / "scratch")
        connection = opened.__enter__()
        connections.append(opened)
        given = purchase_files.incoming(path, purchase_files.Told(told))
        if given.kind == purchase_files.SUMMARY:
            customer_cells.take_summary(connection, given, grain)
        else:
            customer_cells.take_log(connection, given, UNTIL)
            customer_cells.histories(connection, Span(UNTIL, grain))
            customer_cells.weeks_as_opportunities(connection, UNTIL)
        return connection

    yield take
    for opened in connections:
        opened.__exit__(None, None, None)


def refused(connection):
    return connection.execute("select row, reason from refused order by row").fetchall()


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_rows_keep_their_numbers_where_a_file_comes_in_many_batches(tmp_path, monkeypatch, taken):
    monkeypatch.setattr(purchase_files, "BLOCK", 1 << 12)
    lines = [f"c{number % 97},2024-01-{1 + number % 28:02d},{number}.25" for number in range(3_000)]
    for row in (2, 700, 701, 1999, 3001):
        lines[row - 2] = f"too,many,fields,in,row {row}"
    for row in (3, 702, 2500):
        lines[row - 2] = f"c1,2024-01-01,price of row {row}"
    found = refused(taken(write(tmp_path / "log.csv", "customer_id,date,amount", *lines)))
    assert [row for row, _ in found] == [2, 3, 700, 701, 702, 1999, 2500, 3001]
    assert [reason for row, reason in found if row in (3, 702, 2500)] == [
        f"amount 'price of row {row}' is no number" for row in (3, 702, 2500)
    ]


def test_parquet_rows_are_counted_from_one(tmp_path, taken):
    table = pa.table(
        {"customer_id": ["a", None, "b"], "date": ["2024-01-01", "2024-01-01", None], "amount": [1, 2, 3]}
    )
    pq.write_table(table, tmp_path / "log.parquet", row_group_size=1)
    assert refused(taken(tmp_path / "log.parquet")) == [
        (2, "nothing in column customer_id"),
        (3, "date '' is no day"),
    ]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("20240229", date(2024, 2, 29)),
        (" 2024-02-29 ", date(2024, 2, 29)),
        ("2024-02-29 23:59:59", date(2024, 2, 29)),
        ("2024-02-29T23:30:00-05:00", date(2024, 2, 29)),
        ("2023-02-29", None),
        ("20230229", None),
        ("29.02.2024", None),
        ("2024-2-9", None),
        ("today", None),
        ("epoch", None),
        ("infinity", None),
        ("1709164800", None),
    ],
)
def test_a_day_is_taken_as_it_is_written_or_refused(tmp_path, taken, written, day):
    connection = taken(
        write(tmp_path / "log.csv", "customer_id,date,amount", f"a,{written},1", "b,2024-01-01,1")
    )
    (found,) = connection.execute("select day from log where row = 2").fetchall()[0]
    assert found == day
    assert bool(refused(connection)) == (day is None)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ([date(2024, 2, 29)], pa.date32()),
        ([datetime(2024, 2, 29, 23, 59)], pa.timestamp("ms")),
        ([datetime(2024, 2, 29, 23, 59, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        (["2024-02-29"], pa.string()),
        ([20240229], pa.int64()),
        (["2024-02-29"], pa.dictionary(pa.int32(), pa.string())),
    ],
    ids=str,
)
def test_a_day_of_parquet_in_every_type(tmp_path, taken, column, kind):
    values = (
        pa.array(column, pa.string()).dictionary_encode()
        if pa.types.is_dictionary(kind)
        else pa.array(column, kind)
    )
    pq.write_table(
        pa.table({"customer_id": [7], "date": values, "amount": [Decimal("1.10")]}), tmp_path / "l.parquet"
    )
    found = taken(tmp_path / "l.parquet").execute("select customer_id, day, amount from log").fetchall()
    assert found == [("7", date(2024, 2, 29), Decimal("1.1000"))]


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("12.345", "12.345"),
        (" 5 ", "5"),
        ("-3.10", "-3.10"),
        ("1e3", "1000"),
        ("99999999999999999.99", "99999999999999999.99"),
        ("1e60", None),
        ("1,5", None),
        ("$5", None),
        ("5 EUR", None),
        ("inf", None),
        ("0x10", None),
    ],
)
def test_an_amount_is_exact_or_refused(tmp_path, taken, written, amount):
    lines = ["customer_id;date;amount", "a;2024-01-01;0", f"a;2024-01-02;{written}"]
    connection = taken(write(tmp_path / "log.csv", *lines))
    (found,) = connection.execute("select amount from log where row = 3").fetchall()[0]
    assert found == (None if amount is None else Decimal(amount))
    assert bool(refused(connection)) == (amount is None)


def test_money_adds_up_to_the_cent_whatever_the_floats(tmp_path, taken):
    """Ten cents three hundred times after the first day is 30.00, and 30 / 300 the mean."""
    days = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d}" for n in range(301)]
    connection = taken(
        write(tmp_path / "log.csv", "customer_id,date,amount", *(f"a,{day},0.10" for day in days))
    )
    assert connection.execute("select frequency, monetary from customers").fetchall() == [(300.0, 30.0 / 300)]


purchases = st.lists(
    st.tuples(st.sampled_from("abc"), st.dates(date(2024, 1, 1), date(2025, 2, 1)), st.integers(-500, 2000)),
    min_size=1,
    max_size=25,
)


def by_hand(rows, grain):
    """What the documentation says of each customer, in plain Python with money in cents."""
    histories = {}
    for name in {who for who, *_ in rows}:
        own = [(day, cents) for who, day, cents in rows if who == name and day <= UNTIL]
        bought = {day for day, cents in own if cents >= 0}
        if not bought:
            continue
        first, last = min(bought), max(bought)
        weeks = [(end - first).days / 7 for end in (last, UNTIL)]
        if grain == "week":
            weeks = [float(round(each)) for each in weeks]
        again = len(bought) - 1
        spent = sum(cents for day, cents in own if day > first)
        numbers = {-(-(day - first).days // 7) for day in bought if day > first}
        periods = (UNTIL - first).days // 7
        numbers = {number for number in numbers if number <= periods}
        counted = (float(len(numbers)), float(max(numbers, default=0)), float(periods))
        histories[name] = (float(again), *weeks, spent / 100 / again if again else None, *counted)
    return histories


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(purchases, st.sampled_from(["day", "week"]))
def test_R79_histories_are_those_of_the_documentation(tmp_path, taken, rows, grain):
    path = tmp_path / "log.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerows(
            [
                ("customer_id", "date", "amount"),
                *((who, day, f"{cents / 100:.2f}") for who, day, cents in rows),
            ]
        )
    connection = taken(path, grain)
    found = connection.execute(
        "select customer_id, frequency, recency, age, monetary, taken, last_taken, periods from customers"
    ).fetchall()
    wanted = by_hand(rows, grain)
    assert {name for name, *_ in found} == set(wanted)
    for name, *columns in found:
        assert columns == [None if value is None else pytest.approx(value) for value in wanted[name]]
    # Every row is a purchase or refund that counts, lies after the end, or is refused; none is twice anything.
    gone = {row for row, _ in refused(connection)}
    for number, (who, day, cents) in enumerate(rows, start=2):
        begun = min((d for w, d, c in rows if w == who and c >= 0), default=None)
        assert (number in gone) == (cents < 0 and day <= UNTIL and (begun is None or day < begun))


@pytest.mark.parametrize("grain", ["day", "week"])
def test_cells_hold_every_customer_once(tmp_path, taken, grain):
    rows = [f"{n % 4},{n % 3 + (n % 4 > 0)}.4,{5 + n % 2}.6,{1 + n % 2}" for n in range(60)]
    rows = [row if not row.startswith("0") else f"0,0,{row.split(',')[2]},1" for row in rows]
    path = write(tmp_path / "s.csv", "frequency,recency,age,weight", *rows)
    connection = taken(path, grain)
    x, t_x, age, weight = customer_cells.cells(connection)
    assert weight.sum() == sum(int(row.rsplit(",", 1)[1]) for row in rows)
    assert len(set(zip(x, t_x, age, strict=True))) == x.size
    if grain == "week":
        assert (t_x == t_x.round()).all() and (age == age.round()).all()


def test_two_columns_of_one_name_and_a_name_with_quotes(tmp_path, taken):
    path = write(
        tmp_path / "log.csv", 'customer_id,"d\'a""y",amount,amount', "a,2024-01-01,1,9", "b,soon,1,9"
    )
    connection = taken(path, date="d'a\"y")
    assert connection.execute("select amount from log where row = 2").fetchall() == [(Decimal(1),)]
    assert refused(connection) == [(3, "d'a\"y 'soon' is no day")]
    pq.write_table(
        pa.table({"customer_id": ["a"], "d'a\"y": ["soon"], "amount": [1]}), tmp_path / "l.parquet"
    )
    assert refused(taken(tmp_path / "l.parquet", date="d'a\"y")) == [(1, "d'a\"y 'soon' is no day")]


def test_a_file_that_breaks_off_in_the_middle_is_told(tmp_path, taken):
    pq.write_table(pa.table({"customer_id": ["a"] * 9000, "date": [UNTIL] * 9000}), tmp_path / "log.parquet")
    whole = (tmp_path / "log.parquet").read_bytes()
    # The foot is whole and the pages before it are not.
    (tmp_path / "log.parquet").write_bytes(whole[:4] + b"\xff" * 60 + whole[64:])
    with pytest.raises(BadInput, match=r"log\.parquet cannot be read"):
        taken(tmp_path / "log.parquet")
    lines = ["customer_id,date,amount", *["a,2024-01-01,1"] * 3000]
    bad = ("\n".join(lines) + "\n").encode() + b"\xff\xfe,2024-01-01,1\n"
    (tmp_path / "log.csv").write_bytes(bad)
    with pytest.raises(BadInput, match=r"log\.csv cannot be read"):
        taken(tmp_path / "log.csv")


def test_a_second_run_over_its_own_results_leaves_one_set_of_files(sterna, tmp_path):
    people = [f"c{n},2024-{m:02d}-{n:02d},{n}.00" for n in range(1, 9) for m in range(1, 2 + n)]
    path = write(tmp_path / "log.csv", "customer_id,date,amount", "x,never,1", *people)
    words = ["value", path, "--as-of", UNTIL, "--out", tmp_path / "out", "--json"]
    first = sterna(*words)
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    second = sterna(*words)
    assert json.loads(first.out) == json.loads(second.out)
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before
    assert set(before) == {"scores.csv", "refused.csv"}
