"""Scores of fitted models: they are the models' own figures, put back to the customers they belong to."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sterna.engine import events, identity, steps, value
from sterna.engine.lake import Lake, open_lake
from sterna.engine.tables import TABLES
from sterna.engine.value import lifetime, models, spend
from sterna.engine.value.fitting import Horizon, score_lifetime, score_spend
from tests.engine.lake.small_tables import fill, rows, wish
from tests.engine.value.population import population

CUT = date(2024, 7, 1)
HORIZON = Horizon(26, 104, 0.1)


def _cells(dropout: tuple[float, float] | None) -> pa.Table:
    x, t_x, age = population(5, 3000, (0.9, 6.0), dropout)
    unique, counted = np.unique(np.stack([x, t_x, age]), axis=1, return_counts=True)
    names = ("frequency", "recency_weeks", "age_weeks")
    return pa.table({**dict(zip(names, unique.astype(int), strict=True)), "customers": counted})


def test_R79_scores_are_those_of_the_fitted_model_cell_by_cell() -> None:
    cells = _cells((0.8, 2.5))
    scored = score_lifetime(cells, models.BG_NBD, HORIZON)
    x, t_x, age, weight = (cells.column(name).to_numpy().astype(float) for name in cells.column_names)
    model = lifetime.fit(x, t_x, age, weight)
    assert model.boundary is None
    assert scored.record["parameters"] == pytest.approx(
        {name: getattr(model, name) for name in lifetime.NAMES}
    )
    assert scored.record["customers"] == 3000 and scored.record["cells"] == cells.num_rows
    assert set(scored.record["standard_errors"]) == set(lifetime.NAMES)
    expected = lifetime.expected_purchases(model, x, t_x, age, 26)
    assert scored.scores.column("expected_orders").to_numpy() == pytest.approx(expected)
    again = x > 0
    alive = np.array(scored.scores.column("alive").to_pylist(), dtype=float)
    assert alive[again] == pytest.approx(lifetime.alive(model, x, t_x, age)[again])


def test_R79_alive_is_unknown_for_whoever_ordered_on_one_day_only() -> None:
    cells = _cells((0.8, 2.5))
    scores = score_lifetime(cells, models.BG_NBD, HORIZON).scores.to_pylist()
    assert any(row["frequency"] == 0 for row in scores)
    assert all((row["alive"] is None) == (row["frequency"] == 0) for row in scores)
    assert all(row["expected_orders"] >= 0 for row in scores)


def test_at_a_boundary_alive_is_unknown_and_the_record_says_why() -> None:
    scored = score_lifetime(_cells(None), models.BG_NBD, HORIZON)
    assert scored.record["boundary"]
    assert scored.record["standard_errors"] is None
    assert scored.scores.column("alive").null_count == scored.scores.num_rows
    assert scored.scores.column("expected_orders").null_count == 0


def _spend_cells(names: Iterable[str]) -> pa.Table:
    """The cells of four hundred histories whose customers are called by `names`, by way of the lake."""
    rng = np.random.default_rng(3)
    frequency = rng.poisson(2.0, 400)
    cents = [round(100 * float(rng.gamma(6.0, 5.0)) * int(count)) for count in frequency]
    histories = rows(
        "histories",
        *(
            {"customer_id": name, "frequency": int(count), "repeat_spend": Decimal(cent) / 100}
            for name, count, cent in zip(names, frequency, cents, strict=True)
        ),
    )
    with TemporaryDirectory() as scratch, open_lake("duckdb", Path(scratch)) as lake:
        lake.put(TABLES["histories"], histories)
        steps.run(lake, "value/spend_cells")
        return lake.fetch(TABLES["spend_cells"])


def test_R79_order_value_is_that_of_the_fitted_model_and_pooled_for_one_order() -> None:
    cells = _spend_cells(f"{number:03}" for number in range(400))
    scored = score_spend(cells, "USD")
    x, weight = (cells.column(name).to_numpy().astype(float) for name in ("frequency", "customers"))
    assert weight.sum() == 400 and cells.num_rows < 400
    mean = np.array([float(cents) for cents in cells.column("repeat_spend").to_pylist()]) / np.maximum(x, 1)
    each = np.repeat(np.arange(x.size), weight.astype(int))
    model = spend.fit(x[each], mean[each])
    got = scored.scores.column("expected_order_value").to_numpy()
    assert got == pytest.approx(spend.expected_spend(model, x, mean).spend, rel=1e-5)
    assert got[x == 0] == pytest.approx(model.population_mean, rel=1e-5)
    assert (scored.record["unit"], scored.record["customers"]) == ("USD", int((x[each] > 0).sum()))


def test_new_names_for_the_customers_change_no_digit() -> None:
    one, other = (_spend_cells(f"{sign * number:04}" for number in range(400)) for sign in (1, -1))
    assert one.equals(other)
    assert score_spend(one, "USD").record == score_spend(other, "USD").record


def test_equal_spend_of_everybody_teaches_no_spread() -> None:
    same = rows("spend_cells", {"frequency": 1, "repeat_spend": Decimal(5), "customers": 4})
    scored = score_spend(same, "USD")
    assert scored.record["reason"].startswith("Spend is learned from customers who differ")
    assert (scored.record["customers"], scored.scores.column("expected_order_value").null_count) == (4, 1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lake, list[dict[str, Any]]]]:
    """Three hundred customers who drop out, drawn from a seed."""
    rng = np.random.default_rng(17)
    lines = []
    for customer in range(300):
        day, pace, chance = (
            date(2023, 1, 1) + timedelta(days=customer),
            rng.gamma(2.0, 0.02),
            rng.beta(1.0, 3.0),
        )
        while day < CUT:
            name = f"c{customer:03}"
            amount = Decimal(round(100 * rng.gamma(6.0, 5.0)) + 1) / 100
            lines.append(
                {
                    "event_id": f"{name} {len(lines)}",
                    "line_id": "1",
                    "source_record": name,
                    "occurred_on": day,
                }
                | {"product_id": "MEAT", "amount": amount}
            )
            if rng.random() < chance:
                break
            day += timedelta(days=1 + int(rng.exponential(1 / pace)))
    people = [
        {"source_record": f"c{n:03}", "customer_id": f"c{n:03}", "unit": f"c{n:03}"} for n in range(301)
    ]
    with open_lake("duckdb", tmp_path_factory.mktemp("shop")) as lake:
        fill(
            lake,
            lines=rows("lines", *lines),
            identity_map=rows("identity_map", *people),
            facts=rows("facts", wish("c300", date(2023, 1, 1))),
        )
        events.clean(lake, CUT)
        identity.resolve(lake, CUT)
        _, records = value.worth(lake, value.Terms(CUT, date(2024, 1, 1), date(2023, 7, 1), "USD"))
        yield lake, records


def test_R79_expected_spend_is_orders_times_order_value_to_the_cent(
    shop: tuple[Lake, list[dict[str, Any]]],
) -> None:
    lake, records = shop
    assert [record["reason"] for record in records[:2]] == [None, None]
    values = lake.fetch(TABLES["values"]).to_pylist()
    assert len(values) == 301
    scored, cell_of = (
        {tuple(row[name] for name in key): row for row in lake.fetch(TABLES[table]).to_pylist()}
        for table, key in (("spend_scores", ("frequency", "repeat_spend")), ("histories", ("customer_id",)))
    )
    for row in values[:300]:
        # The order value itself, which the table of values tells to the cent.
        history = cell_of[(row["customer_id"],)]
        unrounded = scored[(history["frequency"], history["repeat_spend"])]["expected_order_value"]
        assert abs(float(row["expected_spend"]) - row["expected_orders"] * unrounded) <= 0.00501
        assert abs(float(row["expected_order_value"]) - unrounded) <= 0.00501
        assert row["expected_orders_low"] < row["expected_orders"] < row["expected_orders_high"]
        # Everybody's orders are alike here, so that how spend differs has no error and the money has no range.
        assert records[1]["boundary"] and row["expected_spend_low"] is row["lifetime_value_high"] is None
        assert (
            row["lifetime_value"] >= row["expected_spend"]
        )  # of two years at 10 % a year against half a year
    assert values[300]["expected_spend"] is None  # known, and never bought


def test_every_customer_gets_the_score_of_their_own_cell(shop: tuple[Lake, list[dict[str, Any]]]) -> None:
    lake, _ = shop
    keys = ("frequency", "recency_weeks", "age_weeks")
    cell = {tuple(row[key] for key in keys): row for row in lake.fetch(TABLES["cell_scores"]).to_pylist()}
    value_of = {row["customer_id"]: row for row in lake.fetch(TABLES["values"]).to_pylist()}
    for history in lake.fetch(TABLES["histories"]).to_pylist():
        scored = cell[tuple(history[key] for key in keys)]
        row = value_of[history["customer_id"]]
        assert (row["alive"], row["expected_orders"]) == (scored["alive"], scored["expected_orders"])


def test_records_are_plain_values_and_the_same_on_every_run(shop: tuple[Lake, list[dict[str, Any]]]) -> None:
    lake, records = shop
    _, again = value.worth(lake, value.Terms(CUT, date(2024, 1, 1), date(2023, 7, 1), "USD"))
    assert json.dumps(records, sort_keys=True, allow_nan=False) == json.dumps(
        again, sort_keys=True, allow_nan=False
    )


def test_a_longer_horizon_expects_no_fewer_orders(shop: tuple[Lake, list[dict[str, Any]]]) -> None:
    lake, _ = shop
    cells = lake.fetch(TABLES["cells"])
    short, long = (
        score_lifetime(cells, models.BG_NBD, Horizon(weeks, 104, 0.1))
        .scores.column("expected_orders")
        .to_numpy()
        for weeks in (13, 52)
    )
    assert (long > short).all()
    assert steps.load("value/cells").makes.name == "cells"
