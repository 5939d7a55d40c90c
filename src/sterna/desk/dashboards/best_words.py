"""Measures, scores and reasons of best customers as pages write them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.urls import reverse

from sterna.desk.dashboards.queries import people
from sterna.desk.dashboards.queries.made import how
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import BestMember
from sterna.desk.web.components import Column, ColumnKind, Provenance
from sterna.desk.web.formats import UNKNOWN, counted, decimal, money_exact, percent
from sterna.engine.value.best import Definition
from sterna.engine.value.catalogue import BY_NAME

_SHARES = ("probability", "share")


def title_of(measure: str) -> str:
    """What people call a measure."""
    return BY_NAME[measure].title if measure in BY_NAME else measure


def written(measure: str, value: Any, currency: str) -> str:
    """A figure of a measure with its unit."""
    if value is None:
        return UNKNOWN
    unit = BY_NAME[measure].unit
    if unit == "money":
        return money_exact(value, currency)
    if unit in _SHARES:
        return percent(value, 1)
    return f"{decimal(value, 0 if isinstance(value, int) else 2)} {unit}"


def score(definition: Definition, value: Any, currency: str) -> str:
    """A score on the scale of its list."""
    return (
        money_exact(value, currency) if definition.scale == "money" else f"{decimal(value * 100, 2)} of 100"
    )


def reasons(definition: Definition, row: Mapping[str, Any] | None, currency: str) -> str:
    """What a customer's score is made of: each measure with its figure and weight, and the conditions that are met."""
    if row is None:
        return "what it was made of is not kept any more"
    weighed = [
        f"{title_of(one.measure)} {written(one.measure, row[one.measure], currency)}, weight {one.weight:f}"
        for one in definition.weigh
    ]
    met = [
        f"{title_of(one.measure)} {written(one.measure, row[one.measure], currency)}"
        for one in definition.only_if
    ]
    return "; ".join([*weighed, *(f"only if: {words}" for words in met)])


def named(definition: Definition) -> list[str]:
    """The measures of a definition, those that are weighed first."""
    weighed = [one.measure for one in definition.weigh]
    return list(dict.fromkeys([*weighed, *(one.measure for one in definition.only_if)]))


def figure_columns(definition: Definition, currency: str) -> list[Column]:
    """A column for each measure of a definition, its weight in the heading."""
    weights = {one.measure: f", weight {one.weight:f}" for one in definition.weigh}
    found = []
    for name in named(definition):
        unit = BY_NAME[name].unit
        kind: ColumnKind = "money" if unit == "money" else "percent" if unit in _SHARES else "text"
        shown = {"money": currency}.get(unit, None if unit in _SHARES else unit)
        found.append(Column(name, f"{title_of(name)}{weights.get(name, '')}", kind, unit=shown))
    return found


def figure_cells(definition: Definition, row: Mapping[str, Any] | None) -> list[Any]:
    """A customer's figures for those columns; None is unknown."""
    return [_cell(name, (row or {}).get(name)) for name in named(definition)]


def _cell(name: str, value: Any) -> Any:
    if value is None or BY_NAME[name].unit in ("money", *_SHARES):
        return value
    return decimal(value, 0 if isinstance(value, int) else 2)


def rule(definition: Definition) -> str:
    """A definition in one sentence."""
    weighed = " + ".join(
        title_of(one.measure) + ("" if one.weight == 1 else f" × {one.weight:f}") for one in definition.weigh
    )
    met = [f"{title_of(one.measure)} is {_ends(one.least, one.most)}" for one in definition.only_if]
    only = f", of those whose {' and '.join(met)}" if met else ""
    return f"{_taken(definition)} by {weighed}{' (places among all)' * (definition.scale == 'percentile')}{only}."


def _ends(least: Any, most: Any) -> str:
    ends = (("at least", least), ("at most", most))
    return " and ".join(f"{word} {end:f}" for word, end in ends if end is not None)


def _taken(definition: Definition) -> str:
    take = definition.take
    if take.share is not None:
        return f"The first {percent(take.share, 1 if take.share * 100 % 1 else 0)}"
    if take.count is not None:
        return f"The first {take.count:,}"
    return f"All from {take.least:f} on"


def unknown(counts: Mapping[str, int]) -> str:
    """How many could not be ranked, by the measure that is unknown of them."""
    said = [
        f"{counted(number, 'customer')} without {title_of(why.removesuffix(' is unknown'))}"
        for why, number in counts.items()
    ]
    return "; ".join(said) or "nobody"


def how_listed(run: Run, definition: Definition, meaning: str, rows_url: str | None = None) -> Provenance:
    """The drawer of a figure of a list: its definition and version, and the run."""
    made = how(run, "best_customers", meaning, rows_url=rows_url)
    return replace(made, definition=definition.title, version=definition.version)


def names(rows: Iterable[BestMember]) -> dict[UUID, tuple[str, str]]:
    """What each member is called and the page that it opens: of one who was merged, those of the one who remains."""
    leads = {row.customer_id: row.customer.redirects_to_id or row.customer_id for row in rows}
    titles = people.titles(leads.values())
    return {one: (titles.get(lead, ""), reverse("customer", args=[lead])) for one, lead in leads.items()}
