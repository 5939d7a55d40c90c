"""Values at the edge of their types go through a lake unharmed, and mean the same on both engines."""

from datetime import date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest

from sterna.engine import steps
from sterna.engine.errors import StepFailed
from sterna.engine.lake import Lake
from sterna.engine.lake.base import Value
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import fill, line, listed, rows

# As bytes these sort in this order; é is one letter in two spellings, which stay two texts.
TEXTS = [
    "",
    " ",
    '"',
    "'; drop table facts; --",
    "NaN",
    "\\n",
    "a\x00b",
    "a\nb",
    "e\u0301",
    "é",
    "\ufffd",
    "😀",
]
DAYS = [date(1, 1, 1), date(1582, 10, 4), date(1582, 10, 15), date(1900, 2, 28), date(9999, 12, 31)]
REALS = [0.1, 5e-324, 1.7e308, float("inf"), -0.0, None]
ENGINES = ["duck_lake", pytest.param("spark_lake", marks=pytest.mark.spark)]
SELECT = (
    "select value as customer_id, fact_class, value, source, max(observed_on) as observed_on, "
    "sum(confidence) as confidence from facts where value {} group by value, fact_class, source"
)


@pytest.fixture(params=ENGINES)
def lake(request: pytest.FixtureRequest) -> Lake:
    return request.getfixturevalue(request.param)


def _facts() -> pa.Table:
    given = [
        {
            "source_record": text,
            "fact_class": "wish",
            "value": text,
            "source": "survey",
            "observed_on": DAYS[number % len(DAYS)],
            "recorded_at": datetime.combine(DAYS[number % len(DAYS)], time(23, 59, 59, 999_999)),
            "confidence": REALS[number % len(REALS)],
        }
        for number, text in enumerate(TEXTS)
    ]
    return rows("facts", *reversed(given))


def test_texts_days_and_numbers_come_back_as_they_went_in_ordered_by_bytes(lake: Lake) -> None:
    given = _facts()
    lake.put(TABLES["facts"], given)
    assert str(lake.fetch(TABLES["facts"]).to_pylist()) == str(given.to_pylist()[::-1])


def test_texts_that_only_look_alike_are_not_grouped_together(lake: Lake) -> None:
    lake.put(TABLES["facts"], _facts())
    assert lake.make(TABLES["current_facts"], SELECT.format("is not null"), {}) == len(TEXTS)
    assert [text for (text,) in listed(lake, "current_facts", "value")] == TEXTS


def test_a_parameter_is_a_value_and_never_a_part_of_the_sql(lake: Lake) -> None:
    lake.put(TABLES["facts"], _facts())
    for text in ("'; drop table facts; --", 'a\nb\\n"😀'):
        assert lake.make(TABLES["current_facts"], SELECT.format("= $text"), {"text": text}) == (text in TEXTS)
    assert lake.fetch(TABLES["facts"]).num_rows == len(TEXTS)


def test_amounts_keep_their_cents_as_rows_and_as_parameters(lake: Lake) -> None:
    amounts = [
        Decimal(sign + most)
        for sign in ("", "-")
        for most in ("0.01", "1234567890123456.78", "9999999999999999.99")
    ]
    lake.put(
        TABLES["bands"],
        rows("bands", *({"scheme": "s", "place": str(low), "low": low, "high": -low} for low in amounts)),
    )
    columns = "'x' as asset, place as medium, 1 as preference, low as contact_cost, 1 as capacity"
    lake.make(TABLES["routes"], f"select {columns} from bands where high = $high", {"high": amounts[-1]})
    assert listed(lake, "routes", "contact_cost") == [(-amounts[-1],)]


def test_sums_beyond_what_an_amount_can_be_fail_and_never_wrap_around(lake: Lake) -> None:
    most = "9999999999999999.99"
    fill(
        lake,
        clean_lines=rows(
            "clean_lines",
            *(
                {"event_id": "e", "line_id": number, "source_record": "s", "amount": Decimal(most)}
                for number in "12"
            ),
        ),
        identity_map=rows("identity_map", {"source_record": "s", "customer_id": "c", "unit": "u"}),
    )
    with pytest.raises(StepFailed, match=r"^step identity/purchases failed on"):
        steps.run(lake, "identity/purchases")


@pytest.mark.parametrize("given", [{}, {"text": "a", "more": 1}, {"more": "a"}])
def test_a_select_and_its_parameters_must_fit(duck_lake: Lake, given: dict[str, Value]) -> None:
    duck_lake.put(TABLES["facts"], _facts())
    with pytest.raises(StepFailed, match="current_facts failed on duckdb"):
        duck_lake.make(TABLES["current_facts"], SELECT.format("= $text"), given)


def test_instants_around_a_change_of_clocks_keep_their_microsecond_and_their_local_day(lake: Lake) -> None:
    """In New York 02:30 on 10 March does not exist and 01:30 on 3 November comes twice; stored is UTC."""
    instants = {
        "a": (datetime(2024, 3, 10, 2, 30), date(2024, 3, 9)),
        "b": (datetime(2024, 11, 3, 1, 30), date(2024, 11, 2)),
        "c": (datetime(2024, 3, 31, 1, 59, 59, 999_999), date(2024, 3, 30)),
        "d": (datetime(1969, 12, 31, 23, 59, 59, 1), date(1969, 12, 31)),
        # Local midnight of the cut: until a microsecond before it 4 November is still 3 November there.
        "e": (datetime(2024, 11, 4, 4, 59, 59, 999_999), date(2024, 11, 3)),
        "f": (datetime(2024, 11, 4, 5), date(2024, 11, 4)),
    }
    given = (line(name, str(day), "1.00", occurred_at=at) for name, (at, day) in instants.items())
    fill(lake, lines=rows("lines", *given))
    steps.run(lake, "events/clean_lines", cut=date(2024, 11, 4))
    kept = {
        name: (at, day)
        for name, at, day in listed(lake, "clean_lines", "event_id", "occurred_at", "occurred_on")
    }
    assert kept == {name: both for name, both in instants.items() if name != "f"}
