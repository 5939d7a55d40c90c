"""A book is read out of whatever holds columns; what cannot be read is refused by name."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna import notebook
from sterna.engine.errors import BadInput
from tests.notebook.shop import AS_OF, ROWS, log, written

SUMMARY = {
    "frequency": [0, 1, 2, 4, 7, 3],
    "recency": [0.0, 3.0, 5.0, 20.0, 30.0, 8.0],
    "age": [9.0, 9.0, 30.0, 30.0, 31.0, 40.0],
}


def scores(data, **told):
    return notebook.read(data, as_of=AS_OF, **told).fit().predict()


def test_one_log_in_every_shape_gives_one_answer(tmp_path):
    columns = log()
    days = [date.fromisoformat(day) for day in columns["date"]]
    frame = pd.DataFrame(columns)
    shapes = {
        "file": written(tmp_path / "log.csv", columns),
        "path as text": str(written(tmp_path / "log.csv", columns)),
        "data frame": frame,
        "frame with an index": frame.set_index("customer_id"),
        "categories and stamps": frame.assign(
            date=pd.to_datetime(frame["date"]), customer_id=frame["customer_id"].astype("category")
        ),
        "columns of NumPy": {name: np.array(values) for name, values in columns.items()},
        "series": {name: frame[name] for name in columns},
        "days": columns | {"date": days},
        "days of NumPy": columns | {"date": np.array(columns["date"], dtype="datetime64[D]")},
        "numbers for days": columns | {"date": [int(day.replace("-", "")) for day in columns["date"]]},
        "tuples": {name: tuple(values) for name, values in columns.items()},
        "Arrow": pa.table(columns),
        "chunks": pa.concat_tables([pa.table(columns).slice(0, 5), pa.table(columns).slice(5)]),
        "columns of Arrow": dict(zip(columns, pa.table(columns).columns, strict=True)),
    }
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    shapes["Parquet"] = tmp_path / "log.parquet"
    found = {name: scores(data) for name, data in shapes.items()}
    assert [name for name, each in found.items() if not each.equals(found["file"])] == []
    assert found["file"].num_rows == 8


def test_columns_have_any_names_and_others_do_not_matter():
    one, two, three = log().values()
    data = {"Kunde": one, "note": [None] * len(one), "Tag": two, "Umsatz": three, "date": ["x"] * len(one)}
    assert scores(data, customer="Kunde", date="Tag", amount="Umsatz").equals(scores(log()))


def test_a_summary_of_other_packages_is_found_by_its_names():
    """As `lifetimes` makes it: the customer is the index, age is T, the mean spend 0 of whoever came once."""
    frame = pd.DataFrame(
        {"frequency": SUMMARY["frequency"], "recency": SUMMARY["recency"], "T": SUMMARY["age"]},
        index=pd.Index([f"p{number}" for number in range(6)], name="customer_id"),
    ).assign(monetary_value=[0.0, 10, 12, 30, 22, 25])
    book = notebook.read(frame)
    table = book.fit("mbg-nbd").predict()
    assert not book.is_log and book.as_of is None and book.customers == 6
    assert table["customer_id"].to_pylist() == [f"p{number}" for number in range(6)]
    assert table["monetary"].to_pylist() == [None, 10, 12, 30, 22, 25]
    assert repr(book) == "6 customers of the table"


def test_the_columns_of_a_summary_can_be_named():
    data = {"n": SUMMARY["frequency"], "last": SUMMARY["recency"], "old": SUMMARY["age"], "many": [2] * 6}
    book = notebook.read(data, frequency="n", recency="last", age="old", weight="many")
    assert book.customers == 12
    assert book.fit().totals().purchases.value == pytest.approx(
        2 * notebook.read(SUMMARY).fit().totals().purchases.value, rel=1e-6
    )


def test_rows_are_refused_by_their_number_from_one():
    rows = [
        (None, "2024-01-01", "5"),
        ("x", None, "5"),
        ("x", "2024-01-01", "five"),
        ("y", "2024-01-01", "-5"),
        ("é\x00", "2024-01-01", "5"),
    ]
    texts = [(who, day, str(paid)) for who, day, paid in ROWS]
    book = notebook.read(log(*rows, rows=texts), as_of=AS_OF)
    assert [(row["row"], row["reason"]) for row in book.refused.to_pylist()] == [
        (1, "nothing in column customer_id"),
        (2, "date '' is no day"),
        (3, "amount 'five' is no number"),
        (4, "amount -5.0000 is a refund to y, who had bought nothing by then"),
    ]
    assert book.customers == 9 and "é\x00" in book.fit().predict()["customer_id"].to_pylist()


def test_a_missing_amount_is_refused_and_not_zero():
    amounts = [float("nan"), None, *(paid for *_, paid in ROWS)]
    columns = log(("a", "2024-01-01", 0), ("b", "2024-01-01", 0)) | {"amount": amounts}
    book = notebook.read(columns, as_of=AS_OF)
    assert book.refused["reason"].to_pylist() == ["amount '' is no number"] * 2 and book.customers == 8


@pytest.mark.parametrize(
    "said",
    [
        date(2024, 12, 31),
        datetime(2024, 12, 31, 23, 59, tzinfo=UTC),
        pd.Timestamp("2024-12-31 08:00"),
        "20241231",
    ],
)
def test_the_last_day_is_said_in_any_way(said):
    book = notebook.read(log(), as_of=said)
    assert book.as_of == date(2024, 12, 31) and type(book.as_of) is date


@pytest.mark.parametrize("said", ["June", "2024-02-30", 20241231, 1.5, ""])
def test_what_is_no_day_is_refused(said):
    with pytest.raises(BadInput, match=r"as_of is a day such as 2026-06-30, and .* is none"):
        notebook.read(log(), as_of=said)


def without(name):
    return {key: values for key, values in log().items() if key != name}


@pytest.mark.parametrize(
    ("data", "told", "reason"),
    [
        (log(), {"amount": "price"}, "the table has no column price, given as amount=: it has customer_id"),
        (SUMMARY, {"age": "T"}, "the table has no column T, given as age=: it has frequency, recency, age"),
        (without("date"), {}, "the table is neither a log with .* customer=, date=, amount=.*: it has customer_id, am"),
        ({}, {}, "the table is neither a log .*: it has none"),
        (log(), {"frequancy": "n"}, "there is no column frequancy= to name: there are customer, date, amount"),
        (log(), {"grain": "month"}, "grain is one of day, week, and 'month' is not"),
        (log() | {"amount": [1, 2]}, {}, "the columns of the table differ in length: customer_id 36, date 36, am"),
        (log() | {"amount": ["a", 1] * 18}, {}, "column amount of the table cannot be read: "),
        (log() | {"amount": 5}, {}, "column amount of the table cannot be read: "),
        (pd.DataFrame(log() | {"amount": ["a", 1] * 18}), {}, "the table cannot be read: "),
        ([1, 2], {}, "a list is neither the path of a CSV or Parquet file nor a table"),
        (None, {}, "a NoneType is neither the path"),
        (ROWS, {}, "a list is neither the path"),
        ("nowhere.csv", {}, "nowhere.csv cannot be read: No such file or directory"),
        ("nowhere.parquet", {}, "nowhere.parquet cannot be read: no such file"),
        (log(rows=[("", "2024-01-01", 5)]), {}, "the table has no customer to learn from: 1 rows refused"),
        (
            log() | {"currency": ["USD", "EUR"] * 18},
            {},
            r"the table is in 2 currencies, one is needed: USD \(18 rows, the first is row 1\), EUR",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_name(data, told, reason):
    with pytest.raises(BadInput, match=reason):
        notebook.read(data, as_of=AS_OF, **told)


def test_a_log_needs_its_last_day():
    with pytest.raises(
        BadInput, match="the table is a log: say with as_of= which is the last day that counts"
    ):
        notebook.read(log())


def test_an_empty_table_has_no_customer():
    empty = pa.table(log()).slice(0, 0)
    with pytest.raises(BadInput, match="the table has no customer to learn from: 0 rows refused"):
        notebook.read(empty, as_of=AS_OF)


START = date(2024, 1, 1)
PURCHASE = st.tuples(
    st.sampled_from(["a", "b", "c", ""]),
    st.integers(0, 400).map(lambda days: (START + timedelta(days=days)).isoformat()),
    st.integers(-500, 5000).map(lambda cents: cents / 100),
)


@settings(deadline=None, max_examples=25)
@given(st.lists(PURCHASE, min_size=1, max_size=30))
def test_no_row_is_lost_whatever_comes(rows):
    """Every row is refused, later than the last day, or counted: purchases by customer and day, refunds by amount."""
    kept = [row for row in rows if row[0] and row[2] >= 0 and row[1] <= AS_OF]
    first = {who: min(day for name, day, _ in kept if name == who) for who, *_ in kept}
    stray = [row for row in rows if row[2] < 0 and row[1] <= AS_OF and row[1] < first.get(row[0], "9")]
    refused = [row for row in rows if not row[0]] + [row for row in stray if row[0]]
    if not kept:
        with pytest.raises(BadInput, match=f"has no customer to learn from: {len(refused)} rows refused"):
            notebook.read(log(rows=rows), as_of=AS_OF)
        return
    with notebook.read(log(rows=rows), as_of=AS_OF) as book:
        assert book.refused.num_rows == len(refused)
        days = Counter(who for who, _ in {(who, day) for who, day, _ in kept})
        held = book.learn(notebook.book.models.find("bg-nbd")).predict()
        assert dict(zip(held["customer_id"].to_pylist(), held["frequency"].to_pylist(), strict=True)) == {
            who: bought - 1 for who, bought in days.items()
        }


def test_the_notebook_loads_neither_django_nor_what_it_does_not_need():
    code = (
        "import sys, sterna.notebook\n"
        "print(sorted({'django', 'psycopg', 'matplotlib', 'pandas', 'sterna.desk'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": "src"}
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
