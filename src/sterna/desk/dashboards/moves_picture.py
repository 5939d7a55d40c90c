"""The Sankey of a run's moves with its table, the same picture wherever it is shown."""

from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from sterna.desk.dashboards.queries import places
from sterna.desk.runs.models import Run
from sterna.desk.segments.models import MatrixCell
from sterna.desk.web.components import Column, Empty, Picture, Row, Table, Tier
from sterna.desk.web.pictures.sankey import Flow, Place, sankey
from sterna.desk.web.pictures.sankey import summary as in_words


def moves_picture(run: Run, by_value: bool = False, scheme: str | None = None) -> Picture | Empty:
    """The moves of `run` in a scheme, thickness by customers or by their amounts at the close."""
    cells = [cell for cell in places.cells(run, scheme) if _thickness(cell, by_value) > 0]
    if not cells:
        return Empty("Moves between tiers.", "This run saw no customer at both ends of its period.")
    shades = places.shades(run, scheme)
    # Segments have no top: the picture gives them one rank, and nobody goes up or down between them.
    stations = [
        Place(name, name, None if name in places.OUTSIDE else shades[name] or 1)
        for name in places.order(run, scheme)
    ]
    flows = [
        Flow(
            cell.from_place,
            cell.to_place,
            cell.customers,
            cell.to_amount,
            names_address(run, cell.from_place, cell.to_place, scheme),
        )
        for cell in cells
    ]
    title = f"Moves in the period up to {run.until}"
    return Picture(
        title,
        sankey(
            stations,
            flows,
            title=title,
            opening="At the opening",
            closing=f"On {run.until}",
            by="value" if by_value else "customers",
            currency=places.unit(run, scheme) or "",
        ),
        in_words(stations, flows),
        matrix_table(run, scheme),
    )


def names_address(run: Run, source: str, target: str, scheme: str | None = None) -> str:
    """The address of who made a move; the run's main scheme needs no name in it."""
    address = reverse("move_names", args=[source, target])
    is_main = places.terms(run, scheme) is run.brief["scheme"]
    return address if is_main else f"{address}?{urlencode({'scheme': str(scheme)})}"


def _thickness(cell: MatrixCell, by_value: bool) -> Decimal | int:
    return cell.to_amount if by_value else cell.customers


def matrix_table(run: Run, scheme: str | None = None) -> Table:
    """The migration matrix: a row an opening place, a column a closing place, the opening headcount at the end."""
    names, shades = places.order(run, scheme), places.shades(run, scheme)
    counts = {(cell.from_place, cell.to_place): cell.customers for cell in places.cells(run, scheme)}
    closing = [name for name in names if name != "new"]
    rows = []
    for source in names:
        row = [counts.get((source, target), 0) for target in closing]
        if sum(row):
            rows.append(
                Row(
                    [Tier(source, shades[source]), *row, sum(row)],
                    names_address(run, source, "all", scheme),
                )
            )
    columns = [Column("from", "From")] + [Column(name, f"to {name}", "number") for name in closing]
    return Table(
        "Migration matrix", [*columns, Column("opening", "At the opening", "number")], rows, show_caption=True
    )
