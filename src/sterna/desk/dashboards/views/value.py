"""What customers are worth together, and every measure of value with how it is made."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.measured import KINDS, customers_by, known_of, over, over_all
from sterna.desk.dashboards.measured import unit as unit_of
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.parts import MeasureCard
from sterna.desk.dashboards.queries import fits, places, worth
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.runs.models import Run
from sterna.desk.users.access import Right, needs
from sterna.desk.values.queries import Concentrated, Taken, concentrated
from sterna.desk.web.components import Column, Component, Row, Table, Tier
from sterna.desk.web.formats import percent
from sterna.engine.value.catalogue import BY_NAME, MEASURES, Measure
from sterna.engine.value.hindsight import gain

# What stands at the top of the page: what is given, to come, possible, and brought by others.
HEADLINES = (
    "spend",
    "margin",
    "expected_spend",
    "lifetime_value",
    "wallet",
    "headroom",
    "potential",
    "influence",
)


@needs(Right.READ)
def values(request: HttpRequest) -> HttpResponse:
    """What customers are worth together: today, to come, possible, brought by others; where to look closer."""
    question = "What are your customers worth, and what could they be?"
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(question, "Value now, to come and possible.", request)
    sections = [
        Section(list(_totals(run, over(run))), layout="figures"),
        Section([_closer(run)], "Where to look closer"),
        Section([_by_tier(run)], "Where is the room?"),
    ]
    lead = "Each figure is the sum over the customers of whom it is known; unknown is not zero."
    return answer(request, Page(question, sections, lead))


def _totals(run: Run, found: dict[str, Taken]) -> Iterator[Component]:
    weeks = fits.horizon(run)
    labels = {"spend": "Spend in the window", "expected_spend": f"To come in {weeks} weeks"}
    for name in HEADLINES:
        yield over_all(run, BY_NAME[name], found[name], labels.get(name))


def _closer(run: Run) -> Table:
    """The pages of value, each with what it says of this run in a sentence."""
    tested = fits.back_tests(run)
    gained = gain(dict(tested[0])) if tested else None
    pages = [
        (
            "value_measures",
            "Measures",
            f"{len(MEASURES)} measures: formula, source, and what each is not for.",
        ),
        ("value_concentration", "Concentration", _concentration(concentrated(run.pk))),
        (
            "value_grid",
            "Value by potential",
            "Who gives like others and could give more: tiers beside headroom.",
        ),
        ("value_back_test", "Back-test", gained or "Forecasts beside what happened: this run tested none."),
    ]
    rows = [Row([title, says], reverse(name)) for name, title, says in pages]
    return Table(
        "Pages of value", [Column("page", "Page"), Column("says", "What it tells")], rows, stacks=True
    )


def _concentration(curves: dict[str, Concentrated]) -> str:
    figure, curve = basis(curves)
    if curve.reason:
        return f"Of the {figure} nothing can be told: {curve.reason}."
    return f"The first tenth of the customers bring {percent(curve.firsts[0])} of the {figure}."


def basis(curves: dict[str, Concentrated]) -> tuple[str, Concentrated]:
    """The figure that concentration is told of: the margin where it is known of anybody, else the spend."""
    figure = "margin" if curves["margin"].customers and not curves["margin"].reason else "spend"
    return figure, curves[figure]


def _by_tier(run: Run) -> Component:
    shades, currency = places.shades(run), run.brief["currency"]
    rows = [
        Row(
            [Tier(row.place, shades.get(row.place)), row.customers, *row.sums],
            places.customers_in(row.place),
        )
        for row in worth.by_place(run, places.order(run))
    ]
    columns = [
        Column("tier", "Tier"),
        Column("customers", "Customers", "number"),
        *(Column(name, BY_NAME[name].title, "money", unit=currency) for name in worth.SUMMED),
    ]
    return Table("Value by tier", columns, rows, stacks=True)


@needs(Right.READ)
def measures(request: HttpRequest) -> HttpResponse:
    """Every measure of value by its kind: how it is made, and what it comes to in the run."""
    question = "What is measured, and how?"
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(question, "Every measure of value, with its formula and its source.", request)
    found = over(run)
    sections = [
        Section(
            [_card(run, one, found[one.name]) for one in MEASURES if one.kind == kind], title, layout="halves"
        )
        for kind, title in KINDS.items()
    ]
    lead = (
        f"Several measures stand side by side, each as of {run.until} with its method. None of them is the value of a "
        "customer: which one counts depends on the question."
    )
    return answer(request, Page(question, sections, lead, trail=[("Value", reverse("values"))]))


def _card(run: Run, measure: Measure, taken: Taken) -> MeasureCard:
    return MeasureCard(
        name=measure.name,
        title=measure.title,
        unit=unit_of(measure, run.brief["currency"]) or measure.unit,
        version=measure.version,
        total=taken.total,
        number=over_all(run, measure, taken, compact=True),
        known=known_of(taken, reason=False),
        reasons=list(taken.reasons.items()),
        formula=measure.formula,
        source=measure.source,
        beware=measure.beware,
        as_of=run.until,
        href=customers_by(measure),
    )
