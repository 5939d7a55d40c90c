"""Keeps what a run's values come to over all customers, so that no page adds up a million rows."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sterna.desk.values.models import Model
from sterna.desk.values.queries import curves, grids, measures


def sum_up(run_id: UUID, spend_edges: Sequence[Decimal]) -> None:
    """Keep the totals, the concentration and the grid of a run whose rows are published, within their transaction.

    `spend_edges` part the tiers. Done again, it replaces what was kept.
    """
    bodies = {
        measures.NAME: measures.written(measures.taken_of(run_id)),
        curves.NAME: curves.written(curves.concentration_of(run_id)),
        grids.NAME: grids.written(grids.grid_of(run_id, spend_edges)),
    }
    Model.objects.filter(run_id=run_id, name__in=bodies).delete()
    Model.objects.bulk_create(Model(run_id=run_id, name=name, body=body) for name, body in bodies.items())
