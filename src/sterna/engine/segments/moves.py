"""Moves of customers between places over several periods, laid out as tables of counts for markov and shrinking."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake.base import Lake
from sterna.engine.tables import TABLES

NEW, GONE = "new", "gone"  # where customers come from and go to who stood nowhere before or after

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Moves:
    """How many customers went where; `places` from the lowest up, and `segments` in the order of their names.

    `stayed` counts moves between places, shape (steps, segments, places, places); `came` and `went` those from and to
    nowhere, shape (steps, segments, places). `triples` counts places of three periods in a row, shape (places,) * 3.
    """

    places: tuple[str, ...]
    segments: tuple[str, ...]
    stayed: Counts
    came: Counts
    went: Counts
    triples: Counts

    @property
    def steps(self) -> int:
        """From how many periods to the next one customers were seen."""
        return int(self.stayed.shape[0])

    def chain(self) -> tuple[tuple[str, ...], Counts]:
        """The places and the moves of all segments by step, `gone` as a place nobody returns from if anybody went."""
        stayed, went = self.stayed.sum(axis=1), self.went.sum(axis=1)
        if not went.any():
            return self.places, stayed
        size = len(self.places)
        whole = np.zeros((self.steps, size + 1, size + 1), dtype=np.int64)
        whole[:, :size, :size], whole[:, :size, size] = stayed, went
        return (*self.places, GONE), whole


def count(lake: Lake, places: Sequence[str]) -> Moves:
    """Count the moves of `standings` between `places`, which must name every place of them.

    Makes `period_moves` and `period_triples`. Raises BadInput for places that are missing, twice or called new or gone,
    and for fewer than two periods.
    """
    for step in ("period_moves", "period_triples"):
        steps.run(lake, f"segments/{step}")
    moved, triples = (lake.fetch(TABLES[name]) for name in ("period_moves", "period_triples"))
    place_of = _positions(places, moved)
    segments = sorted(set(moved.column("segment").to_pylist()))
    periods = moved.column("period").to_numpy()
    if not periods.size:
        raise BadInput("moves need two periods at least: there is nothing to compare")
    size, steps_seen = len(place_of), int(periods.max())
    shape = (steps_seen, len(segments), size + 1, size + 1)
    whole = np.zeros(shape, dtype=np.int64)
    segment_of = {name: position for position, name in enumerate(segments)}
    # Nowhere is the last position of either side.
    for row in moved.to_pylist():
        start, end = (place_of.get(row[side], size) for side in ("from_place", "to_place"))
        whole[row["period"] - 1, segment_of[row["segment"]], start, end] += row["customers"]
    three = np.zeros((size,) * 3, dtype=np.int64)
    for row in triples.to_pylist():
        before, start, end = (place_of[row[side]] for side in ("before_place", "from_place", "to_place"))
        three[before, start, end] = row["customers"]
    inner = slice(0, size)
    return Moves(
        tuple(places),
        tuple(segments),
        whole[:, :, inner, inner],
        whole[:, :, size, inner],
        whole[:, :, inner, size],
        three,
    )


def _positions(places: Sequence[str], moved: pa.Table) -> dict[str, int]:
    if twice := sorted({name for name in places if list(places).count(name) > 1}):
        raise BadInput(f"the place {twice[0]} is named twice")
    sides = (moved.column(side).to_pylist() for side in ("from_place", "to_place"))
    found = {name for side in sides for name in side}
    if missing := sorted(found - {*places, NEW, GONE}):
        raise BadInput(f"customers stand at {', '.join(missing)}, which the order of places does not name")
    if taken := sorted({NEW, GONE} & set(places)):
        raise BadInput(f"a place cannot be called {taken[0]}: customers from and to nowhere are")
    return {name: position for position, name in enumerate(places)}
