"""Where a run put the customers of a segment in its grid, and what other levels would change."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from sterna.desk.runs.models import Run
from sterna.desk.segments.treatment_models import Treatment, TreatmentCell
from sterna.engine.segments import Treatments
from sterna.engine.segments.treatments import Cell, Frequency, Level

FEW = 10


def cells(run: Run, scheme: str, segment: str | None = None) -> list[TreatmentCell]:
    """The cells in which a run put somebody, of one segment or of all of a scheme."""
    found = TreatmentCell.objects.filter(run_id=run.pk, scheme=scheme)
    if segment is not None:
        found = found.filter(segment=segment)
    return list(found.order_by("segment", "value_band", "potential_band"))


def by_cell(found: list[TreatmentCell]) -> Mapping[Cell, TreatmentCell]:
    """Those of one segment by their cell."""
    return {(one.value_band, one.potential_band): one for one in found}


def names(run: Run, scheme: str, segment: str, **asked: str) -> QuerySet[Treatment]:
    """The customers of a segment as a run treats them; `asked` narrows them by band or by retention."""
    return Treatment.objects.filter(run_id=run.pk, scheme=scheme, segment=segment, **asked)


def of_customer(run: Run, customer: UUID) -> list[Treatment]:
    """How a run treats one customer, by scheme."""
    return list(Treatment.objects.filter(run_id=run.pk, customer=customer).order_by("scheme"))


@dataclass(frozen=True)
class Change:
    """The customers of one cell of a segment whose level would be another one; None where the cell would be gone."""

    row: TreatmentCell
    before: Level
    after: Level | None


def changes(run: Run, treatments: Treatments) -> list[Change]:
    """Who would be treated otherwise than by a run, if everybody stayed in the cell where it put them."""
    found = []
    for row in cells(run, treatments.scheme):
        after = treatments.of_segment(row.segment).get((row.value_band, row.potential_band))
        before = level_of(row)
        if before != after:
            found.append(Change(row, before, after))
    return found


def level_of(row: TreatmentCell) -> Level:
    """The level that a run gave the customers of a cell."""
    return Level(
        personalization=row.personalization,  # type: ignore[arg-type]
        frequency=Frequency(contacts=row.contacts, days=row.days),
        retention=row.retention,  # type: ignore[arg-type]
    )


def some_of(run: Run, changed: list[Change]) -> list[Treatment]:
    """A few of those who would be treated otherwise, of the highest value first."""
    asked = Q(pk__in=[])
    for one in changed:
        row = one.row
        asked |= Q(segment=row.segment, value_band=row.value_band, potential_band=row.potential_band)
    scheme = changed[0].row.scheme if changed else ""
    found = Treatment.objects.filter(asked, run_id=run.pk, scheme=scheme)
    return list(found.order_by("-value_figure", "pk")[:FEW])
