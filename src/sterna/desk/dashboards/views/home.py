"""Home: what moved, whether it worked, what is owed, what failed."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.moves_picture import moves_picture
from sterna.desk.dashboards.page import Action, Page, Section, answer
from sterna.desk.dashboards.parts import Share
from sterna.desk.dashboards.queries import attention, goals, places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.queries.made import how
from sterna.desk.dashboards.verdict import verdict_of
from sterna.desk.experiments.models import Comparison
from sterna.desk.runs.models import Run
from sterna.desk.segments.tier_queries import measure_words
from sterna.desk.users.access import Right, needs
from sterna.desk.web.components import Column, Component, Empty, Late, Number, Row, Table, Tier
from sterna.desk.web.formats import counted


@needs(Right.READ)
def home(request: HttpRequest) -> HttpResponse:
    """The morning page of a segment manager."""
    run = shown_run(asked_day(request))
    if run is None:
        return answer(request, Page("Where will your customers move?", [Section([_nothing_yet()])]))
    by_value = request.GET.get("by") == "value"
    waiting = attention.items()
    return answer(
        request,
        Page(
            f"Who moved in the {run.brief['scheme']['window_months']} months up to {run.until}?",
            [
                Section(list(_figures(run)), layout="figures"),
                *_verdict(run),
                Section(
                    [
                        render_to_string(
                            "dashboards/thickness.html", {"by_value": by_value, "measure": _measure(run)}
                        ),
                        moves_picture(run, by_value),
                    ]
                ),
                Section([_goals(run)], "How far are the goals?"),
                Section([_attention(waiting)], "What needs you today?"),
            ],
            _in_a_sentence(run, waiting),
            action=Action("See who moved", reverse("moves"), "arrows-exchange"),
        ),
    )


def _nothing_yet() -> Empty:
    return Empty(
        "Your customers between tiers, from one period to the next.",
        "No run has been published yet.",
        "See the runs",
        reverse("runs"),
    )


def _in_a_sentence(run: Run, waiting: Sequence[attention.Item]) -> str:
    """The morning in two sentences: which way customers moved on the whole, and what is owed."""
    many = sum(item.count for item in waiting)
    owed = (
        f"{counted(many, 'thing waits', 'things wait')} for somebody."
        if many
        else "Nothing waits for anybody."
    )
    return f"{_way(places.movement(run))} {owed}"


def _way(moved: places.Movement) -> str:
    if not moved.up and not moved.down:
        return "Nobody moved from one tier to another."
    both = f"{counted(moved.up, 'customer')} moved up a tier and {moved.down:,} down:"
    if moved.up == moved.down:
        return f"{both} as many one way as the other."
    better, worse = ("up", "down") if moved.up > moved.down else ("down", "up")
    return f"{both} {abs(moved.up - moved.down):,} more {better} than {worse}."


def _measure(run: Run) -> str:
    return measure_words(run.brief["scheme"]["measure"])


def _figures(run: Run) -> Iterator[Component]:
    moved, standing = places.movement(run), places.standing(run)
    everybody = sum(people for people, _ in standing.values())
    money = sum((amount for _, amount in standing.values()), Decimal(0))
    yield Number(
        "Customers", everybody,
        provenance=how(
            run, "matrix", "The sum of the migration matrix: everybody seen by the day of the run.", "scheme",
            reverse("customers"),
        ),
    )  # fmt: skip
    bought = run.brief["scheme"]["measure"] == "spend"
    if bought:
        yield Number(
            "Spend in the period", money, "money", run.brief["currency"],
            how(
                run, "matrix", "What everybody in the migration matrix paid inside the tiers' window, summed.",
                "scheme", reverse("customers"),
            ),
        )  # fmt: skip
    elif unit := places.unit(run):
        meaning = "What everybody has at the close by the measure of the tiers, summed; the unknown is no part of it."
        made = how(run, "matrix", meaning, "scheme", reverse("customers"))
        yield Number(_measure(run).capitalize(), money, "money", unit, made)
    yield Number(
        "Moved up", moved.up,
        provenance=how(
            run, "matrix", "Customers in a higher tier at the close than at the opening.", "scheme",
            reverse("moves"),
        ),
        note=f"{moved.down:,} moved down",
    )  # fmt: skip
    yield Number(
        "Lapsed" if bought else "Left every tier", moved.lapsed,
        provenance=how(
            run, "matrix",
            "In a tier at the opening, no purchase in the window at the close."
            if bought
            else "In a tier at the opening, below every tier or unknown at the close.",
            "scheme", reverse("move_names", args=["all", "none"]),
        ),
        note=f"{moved.returned:,} came {'back' if bought else 'in'}",
    )  # fmt: skip


def _verdict(run: Run) -> Iterator[Section]:
    primary = Comparison.objects.filter(run_id=run.pk, is_primary=True).order_by("experiment").last()
    if primary is not None:
        yield Section([verdict_of(primary, run.brief["currency"])], "Did the contacts bring it about?")


def _goals(run: Run) -> Component:
    shades = places.shades(run)
    rows = [
        Row(
            [
                Tier(goal.from_place, shades.get(goal.from_place)),
                Tier(goal.to_place, shades.get(goal.to_place)),
                goal.wanted,
                goal.moved,
                Share(goal.share, f"{goal.goal}: {goal.moved:,} of {goal.wanted:,}"),
                goal.by,
                goal.owner,
            ],
            reverse("move_names", args=[goal.from_place, goal.to_place]),
        )
        for goal in goals.progress(run)
    ]
    columns = [
        Column("from", "From"),
        Column("to", "To"),
        Column("wanted", "Wanted", "number"),
        Column("moved", "Moved", "number"),
        Column("share", "Of the goal", "component"),
        Column("by", "By", "day"),
        Column("owner", "Owner"),
    ]
    return Table(
        "Goals of the plan and how many customers moved so far",
        columns,
        rows,
        empty=Empty(
            "Goals from tier to tier.", "This run had no plan.", "See the plans", reverse("plan_list")
        ),
        stacks=True,
    )


def _attention(waiting: Sequence[attention.Item]) -> Component | SafeString:
    rows = [
        Row([Late(item.what, item.due) if item.due else item.what, item.count, item.why], item.url)
        for item in waiting
    ]
    columns = [Column("what", "What"), Column("count", "How many", "number"), Column("why", "What to do")]
    if not rows:
        return render_to_string("dashboards/all_done.html")
    return Table("What needs attention", columns, rows, stacks=True)
