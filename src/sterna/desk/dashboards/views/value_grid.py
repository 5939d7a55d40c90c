"""Value today by potential: who gives alike and could give more, with the names behind each cell."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from sterna.desk.dashboards.context import asked_day
from sterna.desk.dashboards.page import Page, Section, answer
from sterna.desk.dashboards.paging import Slice
from sterna.desk.dashboards.parts import GridCell
from sterna.desk.dashboards.queries import people, places
from sterna.desk.dashboards.queries.current import shown_run
from sterna.desk.dashboards.views.places import no_run
from sterna.desk.runs.models import Run
from sterna.desk.runs.queries import tier_edges
from sterna.desk.users.access import Right, needs
from sterna.desk.values.models import Worth
from sterna.desk.values.queries import Band, Cell, Grid, grid, inside
from sterna.desk.web import formats
from sterna.desk.web.components import Chip, Column, Empty, Filters, Row, Table, Tier
from sterna.engine.value.catalogue import BY_NAME

UNKNOWN = "unknown"
_NOBODY = Cell(0, None, None)
_SHADES = 4
_RANKS = {
    1: ("All alike",),
    2: ("Lower part", "Upper part"),
    3: ("Lowest third", "Middle third", "Highest third"),
}


def tier_of(run: Run, band: Band) -> str:
    """The tier that a band of spend is, "none" outside of all."""
    named = {place.low: place.name for place in places.ladder(run)}
    return places.OUTSIDE[0] if band.low is None else named.get(band.low, places.OUTSIDE[0])


@needs(Right.READ)
def value_grid(request: HttpRequest) -> HttpResponse:
    """Tiers by spend beside thirds of headroom: how many stand in each cell, and with how much."""
    question = "Who gives alike, and could give more?"
    run = shown_run(asked_day(request))
    if run is None:
        return no_run(question, "Value today beside potential.", request)
    found = grid(run.pk, tier_edges(run))
    lead = (
        f"{BY_NAME['headroom'].beware} Rows follow what customers spend, columns what they could: a customer whose "
        "potential rises moves to the right and stays in the tier. The columns are thirds of the headroom "
        "that is known; unknown is a column of its own."
    )
    table = _table(run, found)
    return answer(request, Page(question, [Section([table])], lead, trail=[("Value", reverse("values"))]))


def _columns(found: Grid) -> list[tuple[str, int | None]]:
    """The columns by the words that stand in addresses, each with its band, the unknown last."""
    return [*((str(number), number) for number in range(len(found.columns))), (UNKNOWN, None)]


def _table(run: Run, found: Grid) -> Table:
    everybody = sum(cell.customers for cell in found.cells.values())
    shades, currency = places.shades(run), run.brief["currency"]
    rows = []
    for number, band in reversed(list(enumerate(found.rows))):
        name = tier_of(run, band)
        cells = [found.cells.get((number, column), _NOBODY) for _, column in _columns(found)]
        links = [reverse("value_grid_names", args=[number, word]) for word, _ in _columns(found)]
        drawn = [_cell(cell, link, everybody) for cell, link in zip(cells, links, strict=True)]
        rows.append(Row([Tier(name, shades.get(name)), *drawn, *_together(cells)]))
    if everybody:
        rows.append(_last(found))
    heads = [_head(found.columns, number, currency) for number in range(len(found.columns))]
    columns = [
        Column("tier", "Tier by spend"),
        *(Column(str(number), head, "component") for number, head in enumerate(heads)),
        Column(UNKNOWN, "Unknown", "component"),
        Column("customers", "Together", "number"),
        Column("spend", "Spend", "money", unit=currency),
        Column("headroom", "Headroom", "money", unit=currency),
    ]
    nothing = Empty("Value by potential.", "The rows of this run were dropped since; a newer run has them.")
    return Table("Value by potential", columns, rows if everybody else [], empty=nothing, stacks=True)


def _head(bands: Sequence[Band], number: int, currency: str) -> str:
    """A column's third with its edges."""
    rank = _RANKS[len(bands)][number]
    return f"{rank}: {between(bands[number], currency)}"


def between(band: Band, currency: str) -> str:
    """A band in words."""
    low, high = (None if end is None else formats.decimal(end, 2) for end in (band.low, band.high))
    if low is None and high is None:
        return "any amount"
    if high is None:
        return f"{low} {currency} and more"
    return f"under {high} {currency}" if low is None else f"{low} to under {high} {currency}"


def _cell(cell: Cell, link: str, everybody: int) -> GridCell:
    share = cell.customers / everybody if everybody else 0.0
    heat = min(_SHADES, round(share * 2 * _SHADES + 0.4)) if cell.customers else 0
    return GridCell(cell.customers, share, cell.spend, cell.headroom, link, heat)


def _together(cells: Sequence[Cell]) -> Iterator[int | Decimal | None]:
    yield sum(cell.customers for cell in cells)
    for figure in ("spend", "headroom"):
        known = [amount for cell in cells if (amount := getattr(cell, figure)) is not None]
        yield sum(known, Decimal(0)) if known else None


def _last(found: Grid) -> Row:
    """The columns added up."""
    counts = [
        f"{sum(cell.customers for (_, one), cell in found.cells.items() if one == column):,}"
        for _, column in _columns(found)
    ]
    return Row(["All together", *counts, *_together(list(found.cells.values()))])


@needs(Right.READ)
def value_grid_names(request: HttpRequest, value: int, room: str) -> HttpResponse:
    """The customers of one cell, those with most headroom first."""
    run = shown_run(asked_day(request))
    if run is None:
        return no_run("Who stands in this cell?", "Names behind value and potential.", request)
    found = grid(run.pk, tier_edges(run))
    column = dict(_columns(found)).get(room, -1)
    if value >= len(found.rows) or column == -1:
        raise Http404("no such cell")
    tier, potential = tier_of(run, found.rows[value]), None if column is None else found.columns[column]
    rows = people.worths(run).filter(inside("spend", found.rows[value]), inside("headroom", potential))
    table = _names(request, run, rows, found.cells.get((value, column), _NOBODY), (tier, potential))
    trail = [("Value", reverse("values")), ("Value by potential", reverse("value_grid"))]
    said = (
        "unknown headroom" if potential is None else f"headroom {between(potential, run.brief['currency'])}"
    )
    return answer(request, Page(f"Who is in {tier}, with {said}?", [Section([table])], trail=trail))


def _names(
    request: HttpRequest, run: Run, rows: QuerySet[Worth], cell: Cell, place: tuple[str, Band | None]
) -> Table:
    sortable = ("spend", "headroom", "expected_spend")
    page: Slice[Worth] = Slice(request, rows, sortable, "-headroom", gathered=True)
    titles, shades = people.titles(worth.customer_id for worth in page.rows), places.shades(run)
    currency, (tier, potential) = run.brief["currency"], place
    columns = [
        Column("customer", "Customer"),
        Column("tier", "Tier"),
        Column("spend", "Spend", "money", True, currency),
        Column("headroom", "Headroom", "money", True, currency),
        Column("expected_spend", "To come", "money", True, currency),
        Column("why", "Of the headroom"),
    ]
    listed = [
        Row(
            [
                titles.get(worth.customer_id, ""),
                Tier(tier, shades.get(tier)),
                worth.spend,
                worth.headroom,
                worth.expected_spend,
                worth.headroom_reason or f"from {worth.headroom_source or 'a run before reasons were kept'}",
            ],
            reverse("customer", args=[worth.customer_id]),
        )
        for worth in page.rows
    ]
    room = UNKNOWN if potential is None else between(potential, currency)
    chips = [Chip("in tier", tier), Chip("with headroom", room)]
    return Table(
        f"{tier}, headroom {room}", columns, listed, page.sort,
        Filters(formats.counted(cell.customers, "customer"), chips), next_url=page.next_url,
        previous_url=page.first_url, stacks=True,
        empty=Empty("Names.", "Nobody stands in this cell.", "All cells", reverse("value_grid")),
    )  # fmt: skip
