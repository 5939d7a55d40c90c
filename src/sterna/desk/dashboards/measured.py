"""How a measure of value is told on a page: its kind of figure, its unit, how it was made, who has most of it."""

from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from sterna.desk.dashboards.queries import fits
from sterna.desk.dashboards.queries.made import how
from sterna.desk.runs.models import Run
from sterna.desk.values.queries import Taken, measured
from sterna.desk.values.queries.measures import NOT_MEASURED
from sterna.desk.web import formats
from sterna.desk.web.components import FigureKind, Number, Provenance
from sterna.engine.value.catalogue import Figure, Kind, Measure

KINDS: dict[Kind, str] = {
    "today": "What customers give today",
    "to come": "What is to come",
    "possible": "What is possible",
    "by others": "What others bring because of them",
}
_SHARES = ("probability", "share")
_FRACTIONS = ("nats", "orders per 30 days", "contacts per 30 days", "order days")
# The step that makes a measure; the others are made where all of them are put side by side.
_OF_TODAY, _OF_WALLETS, _OF_PEERS, _OF_ALL = "current_values", "wallets", "category_wallets", "values"
_MADE_BY = {
    "spend_before": _OF_ALL,
    "wallet": _OF_WALLETS,
    "share_of_wallet": _OF_WALLETS,
    "headroom": _OF_PEERS,
}


def kind(measure: Measure, exact: bool = False) -> FigureKind:
    """How a figure of the measure is written."""
    if measure.unit == "money":
        return "money_exact" if exact else "money"
    if measure.unit in _SHARES:
        return "percent"
    return "decimal" if measure.unit in _FRACTIONS else "count"


def unit(measure: Measure, currency: str) -> str | None:
    """What stands behind a figure of the measure."""
    if measure.unit == "money":
        return currency
    return None if measure.unit in _SHARES else measure.unit


def written(measure: Measure, figure: Figure | None, currency: str | None = None) -> str:
    """A figure of the measure in words, "unknown" where it is."""
    if figure is None:
        return formats.UNKNOWN
    if measure.unit == "money":
        return formats.money_exact(figure, currency)
    if measure.unit in _SHARES:
        return formats.percent(figure, 1)
    return formats.decimal(figure, 2 if measure.unit in _FRACTIONS else 0)


def made(run: Run, measure: Measure, said: str = "") -> Provenance:
    """How the measure was made: formula, source and what it is not for, its version, the SQL, the customers by it."""
    table = _MADE_BY.get(measure.name, _OF_TODAY if measure.kind == "today" else _OF_ALL)
    meaning = (
        f"{measure.formula[:1].upper()}{measure.formula[1:]}. Source: {measure.source}. {measure.beware}"
    )
    drawer = how(run, table, f"{said} {meaning}".strip(), rows_url=customers_by(measure))
    return replace(drawer, definition=f"measure {measure.name}", version=measure.version)


def customers_by(measure: Measure) -> str:
    """The address of the customers, those with most of the measure first."""
    return f"{reverse('customers')}?{urlencode({'sort': f'-{measure.name}'})}"


def over(run: Run) -> dict[str, Taken]:
    """Every measure over all customers of a run; where it kept no reason, the page tells why one is unknown."""
    said = fits.unexplained(run)
    return {
        name: replace(
            taken,
            reasons={said[name] if why == NOT_MEASURED else why: many for why, many in taken.reasons.items()},
        )
        for name, taken in measured(run.pk).items()
    }


def over_all(
    run: Run, measure: Measure, taken: Taken, label: str | None = None, compact: bool = False
) -> Number:
    """A measure over all customers of a run, with of how many it is known and why of the others not."""
    mean = measure.unit != "money" and taken.amount is not None and not taken.total
    amount = Decimal(str(taken.amount)) if mean else taken.amount
    # A mean of whole things is no whole thing.
    shown: FigureKind = "decimal" if mean and kind(measure) == "count" else kind(measure)
    return Number(
        label or measure.title,
        amount,
        shown,
        unit(measure, run.brief["currency"]),
        made(run, measure, "All customers of whom it is known, added up:" if taken.total else "The mean:"),
        note=None if compact else known_of(taken),
        compact=compact,
    )


def known_of(taken: Taken, reason: bool = True) -> str:
    """Of how many customers a measure is known, what most figures leave out, and with `reason` why others have none."""
    if not taken.customers:
        return "there is no customer yet"
    known = f"known for {taken.known:,} of {taken.customers:,}" if taken.known else "known for nobody"
    if not taken.unknown:
        known = f"known for all {taken.customers:,}"
    said, many = next(iter(taken.beside.items()), ("", 0))
    # What the figures of a few leave out would be read as if it were so of the sum.
    if 2 * many > taken.known:
        known = f"{said}; {known}"
    if not reason or not taken.unknown:
        return known
    others = (
        ": " if not taken.known else "; of the others: " if len(taken.reasons) == 1 else "; of most others: "
    )
    return f"{known}{others}{next(iter(taken.reasons))}"
