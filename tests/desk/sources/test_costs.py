"""Costs to serve from a file: named when refused, each once, and the margin is spend less cost to the cent."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sterna.desk.customers.models import Customer, SourceRecord
from sterna.desk.lakehouse import queries as lake
from sterna.desk.lakehouse.models import Segment
from sterna.desk.runs import actions as runs
from sterna.desk.sources import mapping as mappings
from sterna.desk.sources.actions import import_files
from sterna.desk.sources.forms import MappingForm, says_it_all, shown_by
from sterna.desk.sources.guessing import Guess, Guesses, how_written
from sterna.desk.sources.models import RefusedRow
from sterna.desk.sources.received import digest
from sterna.desk.sources.suggesting import suggest
from sterna.desk.values.models import Worth
from sterna.engine.errors import BadInput
from tests.desk.runs import shop as world
from tests.desk.sources.shop import LINES, SOURCE, Run, csv_text

pytestmark = pytest.mark.django_db
COSTS = """
imports:
  - name: costs
    file: costs.csv
    into: costs
    identify: {kind: card, column: card}
    key: [entry]
    columns:
      occurred_on: day
      kind: what
      amount: {column: cost, negative: true}
      currency: money
"""
HEADER = "entry,card,day,what,cost,money"
GOOD = (
    "1,c1,2017-01-05,delivery,4.50,USD",
    "2,c1,2017-01-06,call,1.25,",
    "3,c2,2017-02-01,delivery,-4.50,USD",
    "4,c3,2017-02-01,visit,,USD",
)


def costs(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


def stored() -> list[tuple]:
    files = [path for path, _ in lake.manifest()["costs"]]
    columns = "entry_id, source_record, kind, currency, occurred_on, recorded_at, amount"
    return duckdb.sql(
        f"select {columns} from read_parquet({files}) order by occurred_on, kind, amount"
    ).fetchall()


def test_R2_costs_are_rows_of_the_lake_with_their_day_and_whose_they_are(run: Run):
    found = run(costs(*GOOD), COSTS, "costs.csv")
    assert (found.rows_read, found.rows_accepted, found.rows_refused) == (4, 4, 0)
    # 4.50 + 1.25 - 4.50, and one that nobody wrote down.
    assert found.amount == Decimal("1.25")
    first, second, *_ = stored()
    assert first == (
        digest("shop", "1").hex(), "shop/card:c1", "delivery", "USD", date(2017, 1, 5),
        found.started_at.replace(tzinfo=None), Decimal("4.50"),
    )  # fmt: skip
    assert second[3] == "USD", "a row without a currency is in the program's"
    assert [row[-1] for row in stored()] == [
        Decimal("4.50"),
        Decimal("1.25"),
        Decimal("-4.50"),
        None,
    ]
    segment = Segment.objects.get(table="costs")
    assert (segment.rows, segment.first_on, segment.last_on) == (4, date(2017, 1, 5), date(2017, 2, 1))
    assert set(SourceRecord.objects.values_list("value", flat=True)) == {"c1", "c2", "c3"}


def test_the_same_costs_again_change_nothing(run: Run, tmp_path: Path):
    first = run(costs(*GOOD), COSTS, "costs.csv")
    [done] = import_files(mappings.parse(SOURCE + COSTS, "map"), tmp_path / "costs.csv")
    assert done.already and done.record == first and Segment.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        ("9,c1,2017-01-05,x,4.50,EUR", "money", "EUR", "is not USD, the program's currency"),
        ("9,c1,2017-01-05,x,four,USD", "cost", "four", "is not a number"),
        ("9,c1,2017-01-05,x,4.505,USD", "cost", "4.505", "has more than two decimal places"),
        ("9,c1,2017-13-05,x,4.50,USD", "day", "2017-13-05", "is not a day"),
        ("9,c1,,x,4.50,USD", "day", "", "is missing"),
        ("9,,2017-01-05,x,4.50,USD", "card", "", "is missing"),
        (",c1,2017-01-05,x,4.50,USD", "entry", "", "is missing"),
        ("1,c1,2017-01-05,x,4.50,USD", "entry", "", "repeats line 2"),
    ],
)
def test_a_cost_that_cannot_be_one_is_refused_by_name(run: Run, row, column, value, reason):
    found = run(costs(*GOOD, row), COSTS, "costs.csv")
    assert (found.rows_accepted, found.rows_refused) == (4, 1)
    refused = RefusedRow.objects.get()
    assert (refused.line, refused.column, refused.value) == (6, column, value)
    assert reason in refused.reason


def test_a_cost_below_zero_is_money_back_only_where_the_mapping_says_so(run: Run):
    plain = COSTS.replace("{column: cost, negative: true}", "cost")
    assert run(costs(*GOOD), plain, "costs.csv").rows_refused == 1
    assert "is negative" in RefusedRow.objects.get().reason


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("    key: [entry]\n", "rows of costs need `key`: the columns that tell one entry from another"),
        ("    identify: {kind: card, column: card}\n", "rows of costs need `identify`: whose they are"),
    ],
)
def test_a_mapping_of_costs_says_whose_they_are_and_what_tells_them_apart(line: str, said: str):
    with pytest.raises(BadInput, match=said):
        mappings.parse(SOURCE + COSTS.replace(line, ""), "map.yaml")


def test_a_mapping_of_costs_without_a_day_is_refused(run: Run):
    with pytest.raises(BadInput, match="needs exactly one of `occurred_at` and `occurred_on`"):
        run(costs(*GOOD), COSTS.replace("      occurred_on: day\n", ""), "costs.csv")


def test_a_mapping_of_costs_that_speaks_of_products_is_refused(run: Run):
    with pytest.raises(
        BadInput, match="rows of costs have no 'product_id'; they have kind, amount, currency"
    ):
        run(costs(*GOOD), COSTS + "      product_id: what\n", "costs.csv")


def test_an_instant_becomes_the_day_of_the_programs_zone(run: Run):
    at = COSTS.replace("occurred_on: day", "occurred_at: day")
    run(costs("1,c1,2017-01-06T04:59:59Z,call,1,USD"), at, "costs.csv")
    assert stored()[0][4] == date(2017, 1, 5)


COLUMNS = HEADER.split(",")
READING = {"delimiter": ",", "encoding": "utf-8", "header": "on", "decimal": ".", "grouping": ""}
FORM = {
    **READING, "source": "", "source_name": "shop", "source_title": "Shop", "source_kind": "card",
    "source_history": "archive", "name": "costs", "identify": "card", "identify_kind": "card", "key": ["entry"],
    "when": "day", "when_is": "occurred_on", "to_kind": "what", "to_amount": "cost", "to_currency": "money",
    "negative": "on",
}  # fmt: skip


def test_the_page_makes_the_mapping_that_the_command_line_reads():
    form = MappingForm(COLUMNS, "costs", FORM)
    assert form.is_valid(), form.errors
    made = form.mapping("costs.csv")
    assert made == mappings.parse(SOURCE + COSTS, "map.yaml")
    assert says_it_all(made, COLUMNS)
    shown = shown_by(made.imports[0], made.source, COLUMNS)
    assert (shown["when"], shown["when_is"], shown["to_amount"]) == ("day", "occurred_on", "cost")
    assert shown["negative"] is True
    labels = [line.label for line in form.lines]
    assert labels == ["Customer", "Entry", "Time", "What it was for", "Amount", "Currency", "Money back"]


@pytest.mark.parametrize("missing", ["identify", "key", "when"])
def test_the_page_asks_for_what_a_cost_cannot_be_without(missing: str):
    form = MappingForm(COLUMNS, "costs", {name: value for name, value in FORM.items() if name != missing})
    assert not form.is_valid() and list(form.errors) == [missing]


def guessed(**kinds: str) -> Guesses:
    return Guesses({name: Guess(kind) for name, kind in kinds.items()})


def test_a_file_with_a_column_of_costs_is_taken_for_one(tmp_path: Path):
    path = tmp_path / "costs.csv"
    path.write_text(costs(*GOOD))
    written = how_written(path)
    found = guessed(entry="identifier", card="identifier", day="day", what="text", cost="money", money="text")
    made = suggest("costs.csv", written, found)
    assert (made.into, made.key, made.columns["occurred_on"]) == ("costs", ["entry"], "day")
    assert made.identify is not None and (made.identify.column, made.columns["amount"]) == ("card", "cost")
    # A till that prints what a product cost is still a till.
    sold = guessed(receipt="identifier", card="identifier", day="day", product="text", cost="money")
    assert suggest("sales.csv", written, sold).into == "lines"
    # Without a number of the entry the form asks: two costs of one customer are two.
    assert suggest("costs.csv", written, guessed(card="identifier", day="day", cost="money")).key == []


@pytest.mark.django_db(transaction=True)
def test_R2_R79_costs_of_a_file_make_the_margin_known_to_the_cent(run: Run):
    world.tiers()
    run(csv_text("c1,t1,a,2017-03-05 10:00:00,1,100.10", "c1,t2,a,2017-04-05,1,20.20", "c2,t3,a,2017-04-06,1,7.00",
                 "c3,t4,a,2017-04-06,1,8.00", "c4,t5,a,2017-04-06,1,9.00"), LINES)  # fmt: skip
    entries = (
        "1,c1,2017-03-06,delivery,4.51,USD",
        "2,c1,2017-06-30,call,0.99,USD",
        # Outside the window of January to June, and somebody nobody knows else.
        "3,c1,2016-12-31,visit,50.00,USD",
        "4,c1,2017-07-01,visit,50.00,USD",
        "5,c2,2017-04-07,delivery,9.50,USD",
        "6,c3,2017-04-07,visit,,USD",
    )
    run(costs(*entries), COSTS, "costs.csv")
    # The same entry in a second file is the same cost.
    run(costs("1,c1,2017-03-06,delivery,4.51,USD", "7,c2,2017-05-01,call,0.00,USD"), COSTS, "again.csv")
    runs.run(world.FIRST)
    worths = {card: worth(card) for card in ("c1", "c2", "c3", "c4")}
    # 120.30 - (4.51 + .99) = 114.80; 7.00 - 9.50 = -2.50.
    assert [(one.spend, one.cost, one.margin) for one in worths.values()] == [
        (Decimal("120.30"), Decimal("5.50"), Decimal("114.80")),
        (Decimal("7.00"), Decimal("9.50"), Decimal("-2.50")),
        (Decimal("8.00"), None, None),
        (Decimal("9.00"), None, None),
    ]
    assert [one.profit_reason for one in worths.values()] == [
        None,
        None,
        "some costs to serve are recorded without their amount",
        "no cost to serve is recorded",
    ]
    for one in worths.values():
        assert one.margin is None or one.margin == one.spend - one.cost


def worth(card: str) -> Worth:
    owner = Customer.objects.get(source_records__key=f"shop/card:{card}")
    return Worth.objects.get(customer=owner)
