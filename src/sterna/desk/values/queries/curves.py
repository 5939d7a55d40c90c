"""How concentrated the margin and the spend of a run's customers are, to the cent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import connection

from sterna.desk.values.queries.kept import kept
from sterna.engine.errors import BadInput
from sterna.engine.value.concentration import Curve, curve

NAME = "concentration"
FIGURES = ("margin", "spend")
FIRSTS = (Fraction(1, 10), Fraction(1, 5), Fraction(1, 2))
MOST = Fraction(4, 5)
_AMOUNTS = "select margin, spend from values_worth where run_id = %s"


@dataclass(frozen=True)
class Concentrated:
    """The curve of one figure of a run: shares by the first part of the customers, in order of the figure.

    `firsts` are the shares of the first tenth, fifth and half; `needed` is how many bring 80 %; `peak` is what the
    first `peak_at` bring, and what comes after them is lost again. Amounts are text, shares None with a `reason`.
    """

    customers: int
    unknown: int
    total: str
    firsts: Sequence[float | None]
    needed: int | None
    peak_at: int
    peak: str
    points: Sequence[Sequence[float]]
    reason: str | None

    @property
    def lost(self) -> Decimal:
        """What the customers after the peak take away again, zero or more."""
        return Decimal(self.peak) - Decimal(self.total)


def concentrated(run_id: UUID) -> dict[str, Concentrated]:
    """The curves of a run by figure, as they were kept or, of an older run, as they are drawn now."""
    found = kept(run_id, NAME)
    return (
        concentration_of(run_id)
        if found is None
        else {figure: Concentrated(**body) for figure, body in found.items()}
    )


def concentration_of(run_id: UUID) -> dict[str, Concentrated]:
    """The curves of margin and of spend out of the rows of a run's customers."""
    with connection.cursor() as cursor:
        cursor.execute(_AMOUNTS, [run_id])
        rows = cursor.fetchall()
    return {figure: _concentrated([row[place] for row in rows]) for place, figure in enumerate(FIGURES)}


def _concentrated(amounts: Sequence[Decimal | None]) -> Concentrated:
    try:
        found, refused = curve(amounts), None
    except BadInput as error:
        found, refused = curve([None] * len(amounts)), str(error)
    at, peak = found.peak
    return Concentrated(
        found.customers,
        found.unknown,
        str(found.total),
        [_share(found, part) for part in FIRSTS],
        found.needed_for(MOST),
        at,
        str(peak),
        [list(point) for point in found.points()],
        refused or found.reason,
    )


def _share(found: Curve, part: Fraction) -> float | None:
    share = found.share_of_first(part)
    return None if share is None else float(share)


def written(found: Mapping[str, Concentrated]) -> dict[str, Any]:
    """The curves as JSON."""
    return {figure: asdict(one) for figure, one in found.items()}
