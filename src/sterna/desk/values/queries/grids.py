"""Value today by potential: how many customers stand in each band of spend and of headroom, and with how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from sterna.desk.values.queries.kept import kept

NAME = "grid"
THIRDS = 3
# Found by walking an index in order: sorting a million figures for it would take four times as long.
_AT = """
select {figure} from values_worth where run_id = %s and {figure} is not null order by {figure}, id limit 1 offset %s
"""
_KNOWN = "select count({figure}), min({figure}) from values_worth where run_id = %s"
_CELLS = """
select width_bucket(coalesce(spend, 0), %s::numeric[]), width_bucket(headroom, %s::numeric[]),
    count(*), sum(spend), sum(headroom)
from values_worth where run_id = %s group by 1, 2
"""


@dataclass(frozen=True)
class Band:
    """Amounts from `low` up to but without `high`; None is open."""

    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class Cell:
    """The customers of one band of spend and one of headroom, with their sums."""

    customers: int
    spend: Decimal | None
    headroom: Decimal | None


@dataclass(frozen=True)
class Grid:
    """Cells by (band of spend, band of headroom), counted from the lowest; None is where the headroom is unknown.

    Band 0 of the spend lies below the first of its edges.
    """

    spend_edges: Sequence[Decimal]
    headroom_edges: Sequence[Decimal]
    cells: Mapping[tuple[int, int | None], Cell]

    @property
    def rows(self) -> list[Band]:
        """The bands of spend."""
        return bands(self.spend_edges)

    @property
    def columns(self) -> list[Band]:
        """The bands of headroom."""
        return bands(self.headroom_edges)


def bands(edges: Sequence[Decimal]) -> list[Band]:
    """The bands that `edges` part, from the lowest."""
    ends = [None, *edges, None]
    return [Band(low, high) for low, high in pairwise(ends)]


def inside(figure: str, band: Band | None) -> Q:
    """Which customers stand in a band of a figure; an unknown spend counts as zero, None is an unknown headroom."""
    if band is None:
        return Q(**{f"{figure}__isnull": True})
    found = Q() if band.low is None else Q(**{f"{figure}__gte": band.low})
    found &= Q() if band.high is None else Q(**{f"{figure}__lt": band.high})
    zero = (band.low is None or band.low <= 0) and (band.high is None or band.high > 0)
    if figure == "spend":
        return found | Q(spend=None) if zero else found
    return found & Q(**{f"{figure}__isnull": False})


def grid(run_id: UUID, spend_edges: Sequence[Decimal]) -> Grid:
    """The grid of a run by bands of spend that `spend_edges` part, and by thirds of the known headroom.

    As it was kept when the run was published, or, of an older run or for other edges, as it is counted now.
    """
    held = kept(run_id, NAME)
    found = _opened(held) if held else None
    return found if found and found.spend_edges == list(spend_edges) else grid_of(run_id, spend_edges)


def grid_of(run_id: UUID, spend_edges: Sequence[Decimal]) -> Grid:
    """The grid of a run, counted out of the rows of its customers."""
    rooms = thirds_of(run_id, "headroom")
    with connection.cursor() as cursor:
        cursor.execute(_CELLS, [list(spend_edges), rooms, run_id])
        cells = {(row, column): Cell(*sums) for row, column, *sums in cursor.fetchall()}
    return Grid(list(spend_edges), rooms, cells)


def thirds_of(run_id: UUID, figure: str) -> list[Decimal]:
    """The edges that part the known amounts of a figure into thirds; fewer where many are alike."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN.format(figure=figure), [run_id])
        known, least = cursor.fetchone()
        found = []
        for third in range(1, THIRDS if known else 1):
            cursor.execute(_AT.format(figure=figure), [run_id, known * third // THIRDS])
            found.append(cursor.fetchone()[0])
    return sorted({edge for edge in found if edge > least})


def written(found: Grid) -> dict[str, Any]:
    """The grid as JSON; amounts are text."""
    return {
        "spend_edges": list(map(str, found.spend_edges)),
        "headroom_edges": list(map(str, found.headroom_edges)),
        "cells": [
            [*place, cell.customers, _text(cell.spend), _text(cell.headroom)]
            for place, cell in found.cells.items()
        ],
    }


def _opened(held: Mapping[str, Any]) -> Grid:
    return Grid(
        list(map(Decimal, held["spend_edges"])),
        list(map(Decimal, held["headroom_edges"])),
        {
            (row, column): Cell(customers, _amount(spend), _amount(headroom))
            for row, column, customers, spend, headroom in held["cells"]
        },
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
