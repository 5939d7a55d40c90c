"""Tests the models of purchases on the past: each forecasts from an earlier day what has happened since."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import pyarrow as pa

from sterna.engine.errors import BadInput
from sterna.engine.value import backtest, forecasting
from sterna.engine.value.fitting import HISTORY, Record, fitted_record, floats, method
from sterna.engine.value.models import BG_NBD, MBG_NBD, PARETO_NBD, Model

COMPARED = (BG_NBD, MBG_NBD, PARETO_NBD)


def compare(past_cells: pa.Table, chosen: Model, past: date, weeks: int) -> list[Record]:
    """A record for each compared model, from the rows of `past_cells`: its forecast, the naive rate, what happened.

    `past` is the first day that was forecast and `weeks` how many were; `chosen` is the model that the turn uses.
    Beside what fitting.Scored tells, a record holds past, weeks, actual (order days in all), model_accuracy and
    naive_accuracy (backtest.Accuracy) and bands (backtest.Band); with a reason in it these are missing.
    """
    models = COMPARED if chosen in COMPARED else (chosen, *COMPARED)
    return [_compared(past_cells, model, past, weeks, model is chosen) for model in models]


def _compared(past_cells: pa.Table, model: Model, past: date, weeks: int, chosen: bool) -> Record:
    x, t_x, age, ordered, customers = (
        floats(past_cells, name) for name in (*HISTORY, "ordered", "customers")
    )
    record: Record = {
        "model": f"back-test {model.name}",
        "title": model.title,
        "method": method(model),
        "chosen": chosen,
        "past": past.isoformat(),
        "weeks": weeks,
        "customers": int(customers.sum()),
        "reason": None,
    }
    if not x.size:
        return record | {"reason": f"nobody had ordered before {past}, so there is nothing to test on"}
    learned = forecasting.learn(model, x, t_x, age, customers)
    if learned.fitted is None:
        return record | {"reason": learned.warnings[0]}
    expected = model.expected(learned.fitted, x, t_x, age, weeks)
    try:
        found = backtest.backtest(expected, backtest.naive_rate(x, age, weeks), ordered, customers)
    except BadInput as refused:
        return record | {"reason": str(refused)}
    return (
        record
        | fitted_record(learned)
        | {
            "actual": found.actual,
            "model_accuracy": asdict(found.model),
            "naive_accuracy": asdict(found.naive),
            "bands": [asdict(band) for band in found.bands],
        }
    )


def gain(record: Record) -> str | None:
    """What a model adds over the naive rate, in one sentence that promises no more than was found; None untested.

    The level is judged by the bias of the total, the ranking by the share of the orders that the tenth with the highest
    forecasts made. Differences below one in a hundred are called none.
    """
    if record.get("reason") or not record.get("model_accuracy"):
        return None
    ours, naive = record["model_accuracy"], record["naive_accuracy"]
    if ours["bias"] is None:
        return "Nobody ordered in the tested weeks, so no forecast can be judged."
    missed, naive_missed = abs(ours["bias"]), abs(naive["bias"])
    level = f"{record['title']} missed the total by {missed:.1%}, the naive rate by {naive_missed:.1%}."
    better = ours["top_share"] - naive["top_share"]
    ranking = (
        "It ranks customers no better than the naive rate."
        if better < 0.01
        else f"Its highest tenth made {better:.1%} more of the orders than the naive rate's."
    )
    return f"{level} {ranking}"


def best_of(records: Sequence[Record]) -> Record | None:
    """The tested model whose forecasts missed a customer's orders by least in the mean square; None where none was."""
    tested = [record for record in records if record.get("model_accuracy")]
    return min(tested, key=lambda one: one["model_accuracy"]["root_mean_square_error"], default=None)
