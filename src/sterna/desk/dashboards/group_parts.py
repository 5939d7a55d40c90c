"""Groups A, B and C in the words of pages: letters, what A asks for, and how each of it stands for a customer."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.urls import reverse

from sterna.desk.segments.group_queries import FACT, NONE
from sterna.desk.web.components import Column, Component, GroupLetter, Row, Table, Unknown
from sterna.desk.web.formats import decimal
from sterna.engine.segments.groups import (
    ASKED,
    GROUPS,
    KINDS,
    TITLES,
    Judgement,
    Standing,
    Terms,
    Threshold,
    in_force,
)

MEANS: Mapping[str, str] = {
    "A": "ideal",
    "B": "pre-ideal: could become ideal",
    "C": "exception, kept for a reason",
}
QUESTION = "Who is ideal, who could be, and whom do you keep?"


def letter(group: str) -> Component | str:
    """A group's badge; words where somebody is in none."""
    return "no group" if group == NONE else GroupLetter(group, MEANS[group])


def called(group: str) -> str:
    """A group in a sentence."""
    return "no group" if group == NONE else f"group {group}"


def customer_url(pk: UUID) -> str:
    """The page of a customer."""
    return reverse("customer", args=[pk])


def choices() -> list[tuple[str, str]]:
    """What can be proposed, each with its words."""
    return [*((one, f"{one}, {TITLES[one]}") for one in GROUPS), (NONE, "out of all groups")]


def asked_of_a(terms: Terms, found: Standing) -> Table:
    """All that A asks for, and how each of it stands: figures first, then the three judgements."""
    newest = in_force(found.judgements)
    rows = [_figure(one, found.figures.get(one.measure)) for one in terms.thresholds]
    rows += [_judged(f"The customer {ASKED[kind]}", newest.get(kind)) for kind in KINDS]
    columns = [
        Column("asked", "A asks"),
        Column("stands", "How it stands"),
        Column("by", "Said by, and why"),
    ]
    return Table("What group A asks for", columns, rows, stacks=True)


def _figure(one: Threshold, figure: Decimal | None) -> Row:
    fact = one.measure.startswith(FACT)
    asked, by = f"{_plain(one.least)} of {one.called} at least", "a fact" if fact else "the newest run"
    if figure is None:
        missing = f"a fact of {one.measure.removeprefix(FACT)}" if fact else f"a run that knows {one.called}"
        return Row([asked, Unknown(missing), by])
    holds = "enough" if figure >= one.least else "too little"
    return Row([asked, f"{_plain(figure)}: {holds}", by])


def _judged(asked: str, found: Judgement | None) -> Row:
    if found is None:
        return Row([asked, "nobody has judged", "nobody yet"])
    return Row([asked, "holds" if found.holds else "does not hold", f"{found.by}, {found.on}: {found.why}"])


def _plain(amount: Decimal) -> str:
    return decimal(amount, 0 if amount == amount.to_integral_value() else 2)
