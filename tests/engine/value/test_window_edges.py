"""Windows at their edges: an empty window, one day, and what the lake remembers."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from sterna.engine import events, identity, profiles, value
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from tests.engine.lake.small_tables import fill, line, rows

CUT = date(2024, 3, 1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake("duckdb", tmp_path_factory.mktemp("edges")) as opened:
        yield opened


def _worth(lake: Lake, opening: date, before: date, *bought: tuple[str, str, str, str]) -> dict[str, dict]:
    """Values by customer of (customer, day, amount, department) as of the cut."""
    lines = (
        line(f"{who} {day} {what}", day, amount, source_record=who, product_id=what)
        for who, day, amount, what in bought
    )
    people = sorted({who for who, *_ in bought})
    fill(
        lake,
        lines=rows("lines", *lines),
        products=rows("products", *({"product_id": name, "department": name} for name in ("DELI", "MEAT"))),
        identity_map=rows(
            "identity_map", *({"source_record": n, "customer_id": n, "unit": n} for n in people)
        ),
    )
    events.clean(lake, CUT)
    identity.resolve(lake, CUT)
    profiles.know(lake, CUT)
    value.worth(lake, value.Terms(CUT, opening, before, "USD"))
    return {row["customer_id"]: row for row in lake.fetch(TABLES["values"]).to_pylist()}


def test_a_window_of_no_days_has_no_spend_and_no_headroom(lake: Lake) -> None:
    ann = _worth(lake, CUT, CUT, ("ann", "2024-02-29", "5.00", "MEAT"))["ann"]
    assert (ann["spend"], ann["spend_before"], ann["orders"]) == (Decimal("0.00"), Decimal("0.00"), 0)
    assert (ann["headroom"], ann["potential"], ann["breadth"]) == (None, None, 0)
    assert ann["recency_days"] == 1


def test_a_window_of_a_leap_day_holds_that_day_and_the_one_before_it_the_day_before(lake: Lake) -> None:
    days = [("ann", f"2024-02-{day}", f"{day}.00", "MEAT") for day in (27, 28, 29)]
    ann = _worth(lake, date(2024, 2, 29), date(2024, 2, 28), *days)["ann"]
    assert (ann["spend"], ann["spend_before"], ann["orders"]) == (29, 28, 1)


def test_spend_before_is_known_from_the_day_after_the_lake_begins(lake: Lake) -> None:
    """Known as soon as anything at all is older than the window, of whomever it is."""
    opening = date(2024, 2, 1)
    for first, expected in (("2024-02-01", None), ("2024-01-31", Decimal("0.00"))):
        bought = [("old", first, "1.00", "MEAT"), ("ann", "2024-02-10", "5.00", "MEAT")]
        assert _worth(lake, opening, date(2024, 1, 1), *bought)["ann"]["spend_before"] == expected


def test_what_was_bought_and_brought_back_on_one_day_is_an_order_and_no_spend(lake: Lake) -> None:
    back = [("ann", "2024-02-10", "5.00", "MEAT"), ("ann", "2024-02-10", "-5.00", "DELI")]
    ann = _worth(lake, date(2024, 2, 1), date(2024, 1, 1), *back)["ann"]
    assert (ann["spend"], ann["orders"], ann["breadth"]) == (Decimal("0.00"), 1, 1)
    assert ann["top_category"] == "MEAT"


def test_the_stage_starts_without_the_seconds_that_scipys_distributions_take() -> None:
    told = "import sys, sterna.engine.value; print('scipy.stats' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"
