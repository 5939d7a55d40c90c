"""The rollup says what the purchases say, whatever changed since it was kept, and reads again only what did."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine import steps
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import rollup
from tests.engine.lake.small_tables import rows
from tests.engine.lake.test_engines_agree import assert_same

D = Decimal
BEGIN, BEFORE, OPENING, CUT = date(2023, 1, 1), date(2023, 2, 10), date(2023, 12, 20), date(2024, 3, 1)
FOLDERS = count()
# ann has two records and buys on one day with both; s4 belongs to nobody.
OWNERS = {"s1": "ann", "s2": "ann", "s3": "bob"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("rollup")) as opened:
        yield opened


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


def bought(on: date, amount: str, record: str | None = "s1", who: str = "ann", **more: Any) -> dict[str, Any]:
    own = {"discount": D(0), "bought_discount": D(0), "returned": D(0), "undiscounted": 0, "lines": 1}
    return {"customer_id": who, "source_record": record, "occurred_on": on, "amount": D(amount)} | own | more


def summed(
    lake: Lake,
    folder: Path | None,
    purchases: list[dict[str, Any]],
    owners: dict[str, str] = OWNERS,
    bounds: tuple[date, date] = (BEFORE, OPENING),
) -> pa.Table:
    """The sums of customers, by way of the rollup in `folder` or of every purchase."""
    numbered = ({"event_id": f"e{number}"} | each for number, each in enumerate(purchases))
    lake.put(TABLES["purchases"], rows("purchases", *numbered))
    known = ({"source_record": record, "customer_id": who, "unit": who} for record, who in owners.items())
    lake.put(TABLES["identity_map"], rows("identity_map", *known))
    if folder is None:
        steps.run(lake, "value/customer_sums", before=bounds[0], opening=bounds[1], cut=CUT)
    else:
        rollup.sum_up(lake, *bounds, folder)
    return lake.fetch(TABLES["customer_sums"])


busy = st.sampled_from([BEFORE, OPENING, OPENING - timedelta(days=1), date(2024, 2, 14), date(2023, 12, 31)])
days = busy | st.integers(0, (CUT - BEGIN).days - 1).map(lambda step: BEGIN + timedelta(days=step))


@st.composite
def one_purchase(draw: st.DrawFn) -> dict[str, Any]:
    """A purchase of one record, or one whose lines name several and that only its customer holds."""
    record = draw(st.sampled_from(["s1", "s1", "s2", "s3", None]))
    who = OWNERS[record] if record else draw(st.sampled_from(["ann", "bob", "eve"]))
    cents = st.integers(0, 300).map(lambda number: D(number) / 100)
    amount = draw(st.sampled_from(["0.00", "-3.00", "3.00"]) | st.integers(-500, 2_000).map(str))
    more = {"bought_discount": draw(cents), "returned": draw(cents), "undiscounted": draw(st.integers(0, 2))}
    return bought(draw(days), amount, record, who, **more)


some = st.lists(one_purchase(), max_size=12)
two_days = st.tuples(days, days).map(lambda two: (min(two), max(two)))


@settings(max_examples=60, deadline=None)
@given(nights=st.lists(st.tuples(some, two_days), min_size=1, max_size=3))
def test_R79_the_rollup_of_any_night_is_what_the_purchases_say(lake, place, nights):
    folder = place / str(next(FOLDERS))
    for purchases, bounds in nights:
        assert summed(lake, folder, purchases, bounds=bounds) == summed(lake, None, purchases, bounds=bounds)


@settings(max_examples=25, deadline=None)
@given(
    purchases=some, owners=st.fixed_dictionaries({name: st.sampled_from(["ann", "bob"]) for name in OWNERS})
)
def test_R79_whoever_is_merged_or_parted_no_file_is_made_anew(lake, place, purchases, owners):
    folder = place / str(next(FOLDERS))
    summed(lake, folder, purchases)
    kept = {path: path.stat().st_ino for path in folder.iterdir()}
    moved = [
        each | {"customer_id": owners.get(each["source_record"], each["customer_id"])} for each in purchases
    ]
    assert summed(lake, folder, moved, owners) == summed(lake, None, moved, owners)
    assert {path: path.stat().st_ino for path in folder.iterdir()} == kept


def test_R79_a_customer_with_two_records_in_figures_by_hand(lake, tmp_path):
    found = summed(
        lake,
        tmp_path,
        [
            bought(date(2023, 1, 3), "20.00", bought_discount=D("1.50")),
            bought(date(2023, 1, 3), "3.00", "s2"),
            bought(date(2023, 1, 3), "5.00", None),  # its lines name both records
            bought(date(2023, 2, 10), "-4.00", returned=D("4.00")),
            bought(date(2023, 12, 19), "7.00", "s2"),
            bought(date(2023, 12, 20), "9.00", "s2", undiscounted=1),
            bought(date(2024, 1, 3), "8.00"),
        ],
    ).to_pylist()
    assert found == [
        {
            "customer_id": "ann",
            "first_order_on": date(2023, 1, 3),
            "last_order_on": date(2024, 1, 3),
            "order_days": 4,  # the 3rd of January once, though both records and neither of them order on it
            "order_spend": D("52.00"),
            "first_day_spend": D("28.00"),
            "orders": 2,  # from the 20th of December on
            "undiscounted": 1,
            "spend": D("17.00"),
            "discounts": D("0.00"),
            "returns": D("0.00"),
            "spend_before": D("3.00"),  # -4 on the first day of the window before, 7 on its last
        }
    ]


def test_a_customer_who_orders_every_day_with_two_records_has_as_many_order_days_as_there_are(lake, tmp_path):
    every = [BEGIN + timedelta(days=step) for step in range(365)]
    daily = [bought(day, "1.00", record) for day in every for record in ("s1", "s2")]
    [row] = summed(lake, tmp_path, daily).to_pylist()
    assert (row["order_days"], row["order_spend"], row["first_day_spend"]) == (365, D("730.00"), D("2.00"))


def test_a_night_makes_the_file_of_its_own_month_anew_and_keeps_the_years(lake, tmp_path):
    bounds = (date(2022, 1, 1), date(2023, 1, 1))
    old = [bought(date(2022, month, 5), "5.00") for month in range(1, 13)]
    new = [bought(date(2023, month, 5), "5.00") for month in range(1, 13)]
    summed(lake, tmp_path, [*old, *new], bounds=bounds)
    first = {path.name for path in tmp_path.iterdir()}
    assert sorted(name[:7] for name in first) == ["2022-01", "2023-01", "2023-11", "2023-12"]
    summed(lake, tmp_path, [*old, *new, bought(date(2023, 12, 9), "5.00")], bounds=bounds)
    second = {path.name for path in tmp_path.iterdir()}
    assert [name[:7] for name in first - second] == [name[:7] for name in second - first] == ["2023-12"]


def test_a_month_that_a_window_divides_is_kept_apart_from_its_year(lake, tmp_path):
    daily = [bought(date(2022, 1, 1) + timedelta(days=step), "1.00") for step in range(500)]
    summed(lake, tmp_path, daily, bounds=(date(2022, 3, 10), date(2022, 9, 10)))
    kept = sorted(path.name[:10] for path in tmp_path.iterdir())
    assert kept == [
        *("2022-01-01", "2022-03-01", "2022-03-10", "2022-04-01", "2022-09-01", "2022-09-10", "2022-10-01"),
        *("2023-01-01", "2023-04-01", "2023-05-01"),
    ]


def test_of_whoever_was_erased_no_file_keeps_a_row(lake, tmp_path):
    both = [bought(date(2023, 1, 3), "5.00"), bought(date(2023, 1, 4), "6.00", "s3", "bob")]
    summed(lake, tmp_path, both)
    summed(lake, tmp_path, both[:1])
    lake.mount(TABLES["record_shelf"], [str(path) for path in tmp_path.iterdir()])
    assert lake.fetch(TABLES["record_shelf"]).column("source_record").to_pylist() == ["s1"]


def test_nothing_bought_is_nothing_kept(lake, tmp_path):
    assert summed(lake, tmp_path / "new", []).num_rows == 0
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("changed", rollup.MARKED)
def test_a_mark_hangs_on_everything_that_is_added_up_and_on_no_order(lake, changed):
    plain = [bought(BEGIN, "5.00"), bought(BEGIN, "6.00", "s2")]
    other = {"source_record": "s3", "occurred_on": CUT, "undiscounted": 1}.get(changed, D("0.01"))

    def marks(purchases: list[dict[str, Any]]) -> dict[date, str]:
        lake.put(TABLES["purchases"], rows("purchases", *purchases))
        return lake.marks(TABLES["purchases"], "occurred_on", rollup.MARKED)

    assert marks(plain) == marks(plain[::-1])
    assert marks(plain) != marks([plain[0] | {changed: other}, plain[1]])
    # A row that is there twice is no row that is not there.
    assert len({marks([*plain, *plain[:1] * times])[BEGIN] for times in range(4)}) == 4


@pytest.mark.spark
def test_R79_both_engines_add_up_the_same_and_take_no_file_of_the_other(tmp_path):
    purchases = [
        bought(OPENING + timedelta(days=17 * step % 60 - 20), f"{step % 7 - 1}.50", record, who)
        for step in range(120)
        for record, who in [("s1", "ann"), ("s3", "bob"), (None, "ann")][step % 3 : step % 3 + 1]
    ] + [bought(OPENING + timedelta(days=14), "2.00", "s2")]
    found, kept, marks = [], [], []
    with (
        open_lake("duckdb", tmp_path / "duckdb") as duck,
        open_lake("local[2]", tmp_path / "spark", memory="1GB") as spark,
    ):
        for lake in (duck, spark):
            found.append(summed(lake, tmp_path / "kept", purchases))
            kept.append({*(tmp_path / "kept").iterdir()})
            marks += [lake.marks(TABLES["purchases"], "occurred_on", rollup.MARKED) for _ in range(2)]
        assert_same(found[0], found[1])
        assert_same(summed(duck, None, purchases), found[1])
    assert len(kept[0]) == len(kept[1]) == 4 and not kept[0] & kept[1]
    assert marks[0] == marks[1] != marks[2] == marks[3]
