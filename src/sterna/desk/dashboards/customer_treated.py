"""How a customer is treated: the cell of value by potential in each grid, its level, and what put them there."""

from decimal import Decimal

from django.urls import reverse

from sterna.desk.customers.models import Customer
from sterna.desk.dashboards import treatment_words as words
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.queries import treatments
from sterna.desk.runs.models import Run
from sterna.desk.segments.treatment_models import Treatment
from sterna.desk.values.models import Worth
from sterna.desk.web.components import Column, Row, Table
from sterna.engine.segments.treatments import UNKNOWN, Axis
from sterna.engine.value.catalogue import BY_NAME


def section(customer: Customer, run: Run | None) -> list[Section]:
    """The level of treatment as of the run in each grid; nothing where no grid has the customer."""
    found = treatments.of_customer(run, customer.pk) if run else []
    if run is None or not found:
        return []
    worth = Worth.objects.filter(run_id=run.pk, customer=customer).first()
    rows = [
        Row(
            [
                one.segment,
                *words.parts(one),
                _why(run, one, worth),
            ],
            reverse("segment", args=[one.scheme, one.segment]),
        )
        for one in found
    ]
    columns = [
        Column("segment", "Segment"),
        Column("text", "Text"),
        Column("frequency", "How often"),
        Column("retention", "Keeping"),
        Column("why", "Why"),
    ]
    lead = "The limit is on contacts for marketing, advertising or sales, over all offers and media."
    return [Section([Table("Treatment", columns, rows, stacks=True)], "How are they treated?", lead)]


def _why(run: Run, one: Treatment, worth: Worth | None) -> str:
    shown = words.pinned(run, one.scheme)
    if shown is None:
        return ""
    version, terms = shown
    currency = run.brief["currency"]
    both = [
        _placed(axis, band, figure, currency, worth)
        for axis, band, figure in (
            (terms.value, one.value_band, one.value_figure),
            (terms.potential, one.potential_band, one.potential_figure),
        )
    ]
    return f"{'; '.join(both)}; by version {version} of the treatments of {one.scheme}."


def _placed(axis: Axis, band: str, figure: Decimal | None, currency: str, worth: Worth | None) -> str:
    name = words.measure(axis.measure).capitalize()
    if band == UNKNOWN:
        measure = BY_NAME.get(axis.measure)
        reason = getattr(worth, measure.reason, None) if measure and measure.reason and worth else None
        return f"{name} is unknown{f' ({reason})' if reason else ''}"
    amount = words.figure(axis.measure, figure, currency)
    return f"{name} of {amount} is {band} ({words.band_words(axis, band, currency)})"
