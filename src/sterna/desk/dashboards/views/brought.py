"""Who brings others: low own spend and high influence with its evidence, the four types, and the form for a credit."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.config import clock, options
from sterna.desk.config.ids import new_id
from sterna.desk.customers.models import Customer
from sterna.desk.dashboards import other_customer
from sterna.desk.dashboards.context import asked_day, asked_text
from sterna.desk.dashboards.customer_served import html
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.queries import brought, people
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.made import how
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.runs.models import Run
from sterna.desk.users.access import Right, allows, needs
from sterna.desk.values.models import Credit, Worth
from sterna.desk.values.queries.credits import credits_for, newcomers_of
from sterna.desk.web.components import Chip, Column, Component, Empty, Filters, Number, Row, Table
from sterna.desk.web.formats import counted, percent

_QUESTION = "Who brings others?"
_WHAT = "Customers who buy little themselves and because of whom others buy much."
_HOW = (
    "Write down on a customer's page who came because of whom; it counts from the next run on. "
    "Without a credit nobody is called an influencer: a position in a network is no money."
)
_SOURCE = "Kumar, Petersen and Leone, How Valuable Is Word of Mouth?, 2007"
NAMED = 3
_KINDS = {
    Credit.Kind.REFERRAL: "Referral: introduced",
    Credit.Kind.INFLUENCE: "Influence: example",
    Credit.Kind.KNOWLEDGE: "Knowledge: answer",
}


@needs(Right.READ)
def brought_page(request: HttpRequest) -> HttpResponse:
    """The totals, the list, and the four types; with `?type=` the customers of one of them."""
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(_QUESTION, _WHAT, request)
    made = brought.record(run)
    middle = None if not made or made.get("reason") else brought.half(run)
    if middle is None:
        return answer(request, Page(_QUESTION, [Section([_nothing(made.get("reason"))])]))
    wanted = next((one for one in brought.TYPES if one.name.lower() == asked_text(request, "type")), None)
    if wanted is not None:
        return answer(request, _of_type(request, run, middle, wanted))
    cut = brought.cuts(run, middle)
    lead = "Credits share out what newcomers bought in the window. Whether a program brings more is for a hold-out."
    sections = [
        Section(list(_totals(run, made)), layout="figures"),
        Section([_movers(request, run, middle)], "Who buys little and moves much?"),
        Section([_types(run, middle, cut)], "Which four types are there?", _cut_at(run, cut)),
    ]
    return answer(request, Page(_QUESTION, sections, lead))


def _nothing(reason: str | None) -> Empty:
    why = f"{reason or 'This run knew of no credits'}. {_HOW}"
    return Empty(_WHAT, f"{why[:1].upper()}{why[1:]}", "All customers", reverse("customers"))


def _totals(run: Run, made: brought.Record) -> Iterator[Component]:
    currency = run.brief["currency"]
    meaning = {
        "credited": "What newcomers bought in the window, by the shares of those because of whom they came: "
        f"all that is not said to have come anyway ({made['method']}).",
        "uncredited": "What the same newcomers bought and nobody is credited with: value = credited + uncredited.",
    }
    labels = {"credited": "Credited to others", "uncredited": "Of newcomers, to nobody"}
    for name, label in labels.items():
        yield Number(
            label, Decimal(made[name]), "money_exact", currency, how(run, "influences", meaning[name])
        )
    yield Number("Credits that counted", made["credits"], note=f"said by {run.until}, and not withdrawn")
    yield Number("Customers with a credit", made["customers"], note="who brought somebody")


def _movers(request: HttpRequest, run: Run, middle: brought.Half) -> Table:
    page: Slice[Worth] = Slice(
        request,
        brought.movers(run, middle),
        ("influence_low", "influence", "spend", "newcomers"),
        "-influence_low",
    )
    currency = run.brief["currency"]
    heads = [
        Column("customer", "Customer"),
        Column("spend", "Buys for", "money", True, currency),
        Column("above", "More than", "percent"),
        Column("newcomers", "Newcomers", "number", True),
        Column("influence_low", "Credited, least", "money", True, currency),
        Column("influence", "Credited, most", "money", True, currency),
        Column("evidence", "Evidence"),
    ]
    nobody = Empty(_WHAT, "Nobody who buys little is credited with more than they buy for themselves.")
    return Table(
        "Low own spend, high influence", heads, _mover_rows(run, middle, page.rows), page.sort,
        next_url=page.next_url, previous_url=page.first_url, empty=nobody, stacks=True,
        shown="More than: the share of the customers who buy for less.",
    )  # fmt: skip


def _mover_rows(run: Run, middle: brought.Half, found: Sequence[Worth]) -> list[Row]:
    ids = [one.customer_id for one in found]
    came = newcomers_of(ids, run.until)
    titles = people.titles({*ids, *(who for named in came.values() for who in named[:NAMED])})
    above = brought.above(run, middle, [one.spend for one in found if one.spend is not None])
    positions = brought.positions(run, ids)
    return [
        Row(
            [
                titles[one.customer_id],
                one.spend,
                above[one.spend] if one.spend is not None else None,
                one.newcomers,
                one.influence_low,
                one.influence,
                _evidence(
                    one,
                    [titles[who] for who in came[one.customer_id][:NAMED]],
                    positions.get(one.customer_id),
                ),
            ],
            reverse("customer", args=[one.customer_id]),
        )
        for one in found
    ]


def _evidence(one: Worth, named: Sequence[str], position: tuple[float, int] | None) -> str:
    more = (one.newcomers or 0) - len(named)
    came = ", ".join([*named, *([f"{more:,} more"] if more > 0 else [])])
    told = [f"because of them came {came}"] if came else []
    if one.influence_reason:
        told.append(one.influence_reason)
    if position is not None:
        told.append(f"in the network of credits: PageRank {position[0]:.5f}, core {position[1]}")
    return "; ".join(told)


def _types(run: Run, middle: brought.Half, cut: brought.Cuts) -> Table:
    numbers = brought.counted(run, middle, cut)
    rows = [
        Row(
            [one.name, _meaning(one), numbers[one.name], numbers[one.name] / middle.customers],
            f"{reverse('brought')}?type={one.name.lower()}",
        )
        for one in brought.TYPES
    ]
    heads = [
        Column("type", "Type"),
        Column("meaning", "Who they are"),
        Column("customers", "Customers", "number"),
        Column("share", "Share", "percent"),
    ]
    return Table("The four types", heads, rows, stacks=True)


def _meaning(one: brought.Type) -> str:
    buys = "buy much" if one.buys else "buy little"
    return f"{buys}, and others buy much because of them" if one.brings else f"{buys}, and bring little"


def _cut_at(run: Run, cut: brought.Cuts) -> str:
    currency = run.brief["currency"]
    return (
        f"Much is more than the median: {cut.spend:,.2f} {currency} of own spend, {cut.influence:,.2f} {currency} "
        f"bought by others because of them ({_SOURCE})."
    )


def _of_type(request: HttpRequest, run: Run, middle: brought.Half, one: brought.Type) -> Page:
    cut = brought.cuts(run, middle)
    rows = brought.of_type(run, one, cut)
    page: Slice[Worth] = Slice(request, rows, ("spend",), "-spend")
    titles, currency = people.titles(worth.customer_id for worth in page.rows), run.brief["currency"]
    shown = [
        Row(
            [titles[worth.customer_id], worth.spend, worth.newcomers, worth.influence_low, worth.influence],
            reverse("customer", args=[worth.customer_id]),
        )
        for worth in page.rows
    ]
    heads = [
        Column("customer", "Customer"),
        Column("spend", "Buys for", "money", True, currency),
        Column("newcomers", "Newcomers", "number"),
        Column("influence_low", "Credited, least", "money", unit=currency),
        Column("influence", "Credited, most", "money", unit=currency),
    ]
    here = reverse("brought")
    chips = [Chip("who are", one.name, here)]
    number = brought.counted(run, middle, cut)[one.name]
    nobody = Empty(f"{one.name}.", "No customer is of this type.", _QUESTION, here)
    table = Table(
        one.name, heads, shown, page.sort, Filters(counted(number, "customer"), chips),
        next_url=page.next_url, previous_url=page.first_url, empty=nobody, stacks=True,
    )  # fmt: skip
    return Page(
        f"Who are the {one.name}?", [Section([table])], _meaning(one).capitalize(), trail=[(_QUESTION, here)]
    )


@needs(Right.READ)
def customer_credit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Look for the other one, then write down who came because of whom."""
    found = get_object_or_404(Customer.objects.select_related("redirects_to"), pk=pk)
    customer = found.redirects_to or found
    other = other_customer.chosen(request, customer)
    role = "customer" if asked_text(request, "role") == "customer" else "newcomer"
    title = people.titles([customer.pk])[customer.pk]
    items: list[Component | SafeString]
    if other is None:
        here = reverse("customer_credit", args=[customer.pk])
        items = other_customer.search(request, customer, here, {"role": role})
        question = (
            f"Because of whom did {title} come?" if role == "newcomer" else f"Who came because of {title}?"
        )
    else:
        items = [_form(request, customer, other, role)]
        question = "Who came because of whom?"
    trail = [("Customers", reverse("customers")), (title, reverse("customer", args=[customer.pk]))]
    return answer(request, Page(question, [Section(items)], trail=trail, dated=False))


def _form(request: HttpRequest, customer: Customer, other: Customer, role: str) -> SafeString:
    newcomer, bringing = (customer, other) if role == "newcomer" else (other, customer)
    titles = people.titles([customer.pk, other.pk])
    left = 1 - sum((one.share for one in credits_for(newcomer.pk)), Decimal(0))
    return html(
        "credit_form", request, works=allows(request.user, Right.WORK_CONTACTS), customer=customer, other=other,
        role=role, key=new_id(),
        newcomer=titles[newcomer.pk], brought=titles[bringing.pk], kinds=_KINDS.items(),
        left=percent(float(left)), currency=options.currency(), today=clock.today().isoformat(),
    )  # fmt: skip
