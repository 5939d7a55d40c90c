"""What a forecast stands on: who moved where in periods that are past, who stands where now, what a place is worth."""

from datetime import date

import msgspec
import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput

Floats = NDArray[np.float64]

_PRIOR = 0.5  # of a customer, to every move: what was not seen in a few hundred is rare, and not impossible
_MOST_PLACES, _MOST_MONTHS = 50, 120


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """The past that a forecast as of a day goes by.

    `places` stand from the lowest up; `moved[i][j]` counts the customers who were in place i and `months` months later
    in place j. `headcounts` are the customers of each place on the day, `worth` what one of the place brings in a month
    in the plan's currency, `worth_error` the standard error of that. `spread` is the standard deviation of what a
    customer of the place brings over the whole of the plan, `correlation` that of it with what the same customer
    brought before. `source` says in words where all this is from. Whatever is None is not known.
    """

    as_of: date
    places: tuple[str, ...]
    months: int
    moved: tuple[tuple[float, ...], ...]
    headcounts: dict[str, int]
    worth: dict[str, float] | None = None
    worth_error: dict[str, float] = {}
    spread: dict[str, float] | None = None
    correlation: float = 0.0
    source: str = ""

    def opening(self) -> NDArray[np.int64]:
        """The customers of each place on the day, in the order of the places."""
        return np.array([self.headcounts.get(place, 0) for place in self.places], dtype=np.int64)

    def counts(self) -> Floats:
        """`moved` as an array of places x places."""
        return np.array(self.moved, dtype=np.float64).reshape(len(self.places), len(self.places))

    def chances(self) -> Floats:
        """The chances of each move in `months` months: rows sum to 1, each with half a customer added to every cell.

        That is the mean of what is believed of them after Jeffreys' prior (Jeffreys 1946, for a multinomial). Whoever
        comes to a place where nobody was seen to start stays there.
        """
        weighed = self.counts() + _PRIOR
        return np.where(
            self._started(), weighed / weighed.sum(axis=1, keepdims=True), np.eye(len(self.places))
        )

    def _started(self) -> NDArray[np.bool_]:
        started: NDArray[np.bool_] = self.counts().sum(axis=1, keepdims=True) > 0
        return started

    def drawn_chances(self, draws: int, rng: np.random.Generator) -> Floats:
        """`draws` matrices out of what is believed of the chances after the counts: draws x places x places."""
        rows = [rng.dirichlet(row, size=draws) for row in self.counts() + _PRIOR]
        return np.where(self._started(), np.stack(rows, axis=1), np.eye(len(self.places)))


def require_sound(basis: Basis) -> None:
    """Raises BadInput that names what of `basis` cannot be."""
    places = basis.places
    if not 2 <= len(places) <= _MOST_PLACES or len(set(places)) < len(places):
        raise BadInput(f"places are 2 to {_MOST_PLACES} different names, not {list(places)}")
    if not 1 <= basis.months <= _MOST_MONTHS:
        raise BadInput(f"the moves were counted over {basis.months} months, not 1 to {_MOST_MONTHS}")
    if len(basis.moved) != len(places) or any(len(row) != len(places) for row in basis.moved):
        raise BadInput(f"moved holds {len(places)} rows of {len(places)} counts, one for each place")
    if any(count < 0 for row in basis.moved for count in row):
        raise BadInput("moved holds a count below 0")
    named = (basis.headcounts, basis.worth or {}, basis.worth_error, basis.spread or {})
    for name in sorted({name for each in named for name in each} - set(places)):
        raise BadInput(f"{name!r} is none of the places {', '.join(places)}")
    for place, row in zip(places, basis.moved, strict=True):
        if basis.headcounts.get(place, 0) < 0 or (basis.spread or {}).get(place, 0) < 0:
            raise BadInput(f"{place} holds a number below 0")
        if not sum(row) and basis.headcounts.get(place):
            raise BadInput(f"nobody was seen to start in {place}, so nothing can be said of its customers")
    if not -1 < basis.correlation < 1:
        raise BadInput(f"a correlation lies between -1 and 1, not {basis.correlation}")
