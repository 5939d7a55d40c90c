"""The models that a run fitted and tested, out of the records it kept of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sterna.desk.runs.models import Run
from sterna.desk.values.models import Model

OLDER = "the run is older than this measure"
FITTED = ("purchases", "order value", "potential", "influence")
TESTED = "back-test "


@dataclass(frozen=True)
class Fit:
    """A fitted model in words: what it is of, its method, its parameters, how well it fits, and what to beware of."""

    name: str
    method: str
    parameters: str
    customers: int | None
    log_likelihood: float | None
    beware: str


def fits(run: Run) -> list[Fit]:
    """The models that the measures of a run rest on."""
    found = {model.name: model.body for model in Model.objects.filter(run_id=run.pk, name__in=FITTED)}
    return [_fit(name, found[name]) for name in FITTED if name in found]


def purchases(run: Run) -> Mapping[str, Any]:
    """The record of the model of purchases; empty where a run kept none."""
    found: Mapping[str, Any] | None = (
        Model.objects.filter(run_id=run.pk, name="purchases").values_list("body", flat=True).first()
    )
    return found or {}


def horizon(run: Run) -> int:
    """How many weeks ahead a run forecasts."""
    return int((run.brief.get("value") or {}).get("horizon_weeks", 26))


def unexplained(run: Run) -> Mapping[str, str]:
    """Why a measure is unknown of somebody where the run kept no reason, by the name of the measure."""
    record = purchases(run)
    alive = record.get("boundary") or (
        "one order day does not tell who has left" if record.get("unit") else OLDER
    )
    before = "the purchases on record begin inside the window"
    return defaultdict(
        lambda: OLDER, alive=f"{alive[:1].lower()}{alive[1:].rstrip('.')}", spend_before=before
    )


def back_tests(run: Run) -> list[Mapping[str, Any]]:
    """The records of the back-tests, the model that the run uses first, then by name."""
    rows = Model.objects.filter(run_id=run.pk, name__startswith=TESTED).values_list("body", flat=True)
    return sorted(rows, key=lambda record: (not record.get("chosen"), record["model"]))


def _fit(name: str, body: Mapping[str, Any]) -> Fit:
    parameters, errors = body.get("parameters") or {}, body.get("standard_errors") or {}
    words = [
        f"{key} {value:,.4f}" + (f" ± {errors[key]:,.4f}" if errors.get(key) is not None else "")
        for key, value in parameters.items()
    ]
    return Fit(
        name,
        body.get("method", ""),
        ", ".join(words),
        body.get("customers"),
        body.get("log_likelihood"),
        _beware(body),
    )


def _beware(body: Mapping[str, Any]) -> str:
    """Why a model has no fit, or why not to take it at its word; its notes, and how spend goes with frequency."""
    said = [body.get("reason"), body.get("boundary"), *(body.get("notes") or ())]
    if body.get("correlation") is not None:
        said.append(f"Between order days and their mean value the correlation is {body['correlation']:.2f}")
    beside = body.get("beside_own") or {}
    if beside.get("correlation") is not None:
        said.append(
            f"The ranking by wallet correlates with that by own spend by {beside['correlation']:.2f}, and "
            f"{beside['same_top']:.0%} of the top fifth are the same customers"
        )
    return " ".join(f"{sentence.rstrip('.')}." for sentence in said if sentence)
