"""What the moves of a period come to if customers go on moving by the same shares."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from sterna.desk.dashboards.queries import places
from sterna.desk.dashboards.queries.current import run_before
from sterna.desk.runs.models import Run
from sterna.engine.segments import markov
from sterna.engine.segments.months import months_before

FEW = 30  # customers below whom a share is mostly chance


@dataclass(frozen=True)
class GoingOn:
    """One tier, or "none": how many stood there at the opening and at the close, and what becomes of it.

    `arrive` is the chance of ever standing in the top tier and `periods` how many it takes in the mean, None where not
    everybody arrives. `expected` is how many stand there at the close of the next period, newcomers apart.
    """

    place: str
    shade: int | None
    opening: int
    now: int
    stayed: float
    arrive: float
    periods: float | None
    expected: float


@dataclass(frozen=True)
class Outlook:
    """The tiers from the top down with what becomes of them, or why that cannot be told; and how steady the shares are.

    `test` compares the shares with those of the run of the period before by the same tiers; None where there is none.
    """

    tiers: list[GoingOn]
    reason: str | None
    top: str
    test: markov.Test | None

    @property
    def few(self) -> str:
        """The tiers whose shares are mostly chance, in one sentence; empty where there are none."""
        named = [f"{each.place} ({each.opening})" for each in self.tiers if each.opening < FEW]
        return (
            f"Few stood in {', '.join(named)} at the opening: what is said of them is mostly chance."
            if named
            else ""
        )


def outlook(run: Run, scheme: str | None = None) -> Outlook:
    """The outlook of the run's matrix of a scheme: newcomers stood nowhere at the opening, so no share is theirs."""
    names = [place.name for place in places.ladder(run, scheme)] + [places.OUTSIDE[0]]
    counts, closing = _counted(run, names, scheme)
    empty = [name for name, row in zip(names, counts, strict=True) if not row.sum()]
    if empty:
        said = f"Nobody stood in {', '.join(empty)} at the opening, so where customers go from there is not known."
        return Outlook([], said, names[0], None)
    chances = markov.shares(counts)
    arrived = markov.arrival(chances, [0])
    expected = markov.ahead(chances, closing, 1)
    shades = places.shades(run, scheme)
    tiers = [
        GoingOn(
            name,
            shades[name],
            int(counts[at].sum()),
            int(closing[at]),
            float(chances[at, at]),
            float(arrived.chance[at]),
            float(arrived.periods[at]) if np.isfinite(arrived.periods[at]) else None,
            float(expected[at]),
        )
        for at, name in enumerate(names)
    ]
    return Outlook(tiers, None, names[0], _steady(run, names, counts, scheme))


def _counted(
    run: Run, names: list[str], scheme: str | None
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Moves between `names`, shape (places, places), and who stands there at the close, newcomers included."""
    position = {name: at for at, name in enumerate(names)}
    counts, closing = np.zeros((len(names),) * 2), np.zeros(len(names))
    for cell in places.cells(run, scheme).filter(to_place__in=names):
        closing[position[cell.to_place]] += cell.customers
        if cell.from_place in position:
            counts[position[cell.from_place], position[cell.to_place]] += cell.customers
    return counts, closing


def _steady(run: Run, names: list[str], counts: np.ndarray[Any, Any], name: str | None) -> markov.Test | None:
    """Whether the shares are those of the period just before, by the same definition of tiers."""
    scheme = places.terms(run, name)
    opened = months_before(run.until + timedelta(days=1), scheme["window_months"])
    before = run_before(opened)
    if before is None or places.terms(before, scheme["name"])["sha256"] != scheme["sha256"]:
        return None
    if before.until < months_before(opened, 1):
        return None
    then, _ = _counted(before, names, scheme["name"])
    # Where nobody stood then, that tier would pass as steady without being looked at.
    return markov.stationarity(np.stack([then, counts])) if then.sum(axis=1).all() else None


def says(test: markov.Test | None) -> str:
    """What the test says of the shares, in one sentence."""
    if test is None or test.p is None:
        return "Whether the shares stay the same cannot be told: of no period before is it known where all tiers went."
    if test.refuted:
        return f"The shares are not those of the period before ({test.told}): do not count on them."
    return f"That the shares are those of the period before is not refuted ({test.told})."
