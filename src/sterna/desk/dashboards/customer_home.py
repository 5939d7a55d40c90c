"""Who lives with a customer, as a part of the customer's page: the members, and their figures rolled up."""

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.urls import reverse

from sterna.desk.contacts.models import Contact
from sterna.desk.customers import queries
from sterna.desk.customers.models import Customer, Household
from sterna.desk.dashboards.page import Section
from sterna.desk.dashboards.queries import people
from sterna.desk.dashboards.queries.made import how
from sterna.desk.runs.models import Run
from sterna.desk.values.models import HouseholdWallet, Worth
from sterna.desk.values.queries import Rollup, household_wallet, household_worth
from sterna.desk.web.components import Column, Component, Number, Row, Table
from sterna.desk.web.formats import counted, range_short

UNMEASURED = "the run knew of no such household, or is older than this measure"
_ARRIVED = (Contact.State.HANDED_OVER, Contact.State.CONFIRMED)
_FIGURES = {
    "spend": ("Spend together", "What all members paid inside the tiers' window."),
    "expected_spend": (
        "To come together",
        "What all members are expected to pay in the weeks that the run forecasts.",
    ),
    "headroom": ("Headroom together", "The room of all members beside customers alike."),
}


def household(customer: Customer, run: Run | None) -> list[Section]:
    """The household of a customer: none when nobody is known to live with them."""
    home = queries.household_of(customer)
    living = [stay.customer_id for stay in queries.members(home)] if home else []
    if home is None or len(living) < 2:
        return []
    reached = Counter(
        Contact.objects.filter(customer__in=living, state__in=_ARRIVED).values_list("customer_id", flat=True)
    )
    figures: list[Component] = [*_figures(home, run)] if run else []
    figures.append(Number("Contacts with all of them", sum(reached.values()), note="handed over so far"))
    return [
        Section(figures, "Who lives with them?", layout="figures"),
        *(
            [Section(list(_wallet(home, run)), "What does their wallet hold together?", layout="figures")]
            if run
            else []
        ),
        Section([_members(customer, living, reached, run)]),
    ]


def _figures(home: Household, run: Run) -> Iterator[Number]:
    worth = household_worth(home, run.pk)
    for name, (label, meaning) in _FIGURES.items():
        yield Number(
            label, worth[name].amount, "money_exact", run.brief["currency"], how(run, "values", meaning),
            "a purchase of one of them would make it known", _of_whom(worth[name]),
        )  # fmt: skip


def _wallet(home: Household, run: Run) -> Iterator[Number]:
    """The wallets of the members added up: a wallet that is not known is in no sum, and is counted."""
    found = household_wallet(home, run.pk) or HouseholdWallet(reason=UNMEASURED)
    currency = run.brief["currency"]
    meaning = "The wallets of the members that are known, added up, less what those members spend here."
    made = how(run, "household_wallets", meaning)
    span = range_short(found.low, found.high) if None not in (found.low, found.high) else None
    yield Number(
        "Wallet together", found.mid, "money_exact", currency, made,
        note="; ".join(said for said in (span, _of_members(found)) if said) or None,
    )  # fmt: skip
    yield Number("Share of it", found.share, "percent", provenance=made, note=_of_members(found))
    yield Number("Headroom of it", found.headroom, "money_exact", currency, made, note=_of_members(found))


def _of_members(found: HouseholdWallet) -> str | None:
    """Of how many members the wallet is not known, or why of none."""
    if found.unknown and found.unknown != found.members:
        return f"unknown of {counted(found.unknown, 'member')} of {found.members}"
    return found.reason


def _of_whom(found: Rollup) -> str | None:
    """Of how many a sum does not tell: an unknown is none of it, and no zero in it."""
    return f"unknown of {counted(found.unknown, 'member')}" if found.known and found.unknown else None


def _members(customer: Customer, living: Sequence[UUID], reached: Counter[UUID], run: Run | None) -> Table:
    titles = people.titles(living)
    worths = people.worths(run).filter(customer__in=living) if run else Worth.objects.none()
    known = {worth.customer_id: [getattr(worth, name) for name in _FIGURES] for worth in worths}
    rows = [
        Row(
            [
                f"{titles[one]}, this customer" if one == customer.pk else titles[one],
                *known.get(one, [None] * len(_FIGURES)),
                reached[one],
            ],
            None if one == customer.pk else reverse("customer", args=[one]),
        )
        for one in living
    ]
    unit = run.brief["currency"] if run else None
    heads = [
        Column("who", "Customer"),
        Column("spend", "Spend", "money", unit=unit),
        Column("coming", "To come", "money", unit=unit),
        Column("headroom", "Headroom", "money", unit=unit),
        Column("contacts", "Contacts", "number"),
    ]
    return Table("Household", heads, rows, stacks=True)
