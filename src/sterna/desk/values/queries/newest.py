"""Which run is the newest that was published, and up to which day one looked: the app of runs, above, tells it."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

Find = Callable[[], UUID | None]
LooksUntil = Callable[[UUID], date | None]
_find: list[Find] = []
_looks_until: list[LooksUntil] = []


def register(find: Find, looks_until: LooksUntil) -> None:
    """Tell how the newest published run is found, and the last day of any; called in `ready()`.

    A second call takes the place of the first.
    """
    _find[:], _looks_until[:] = [find], [looks_until]


def newest_run() -> UUID | None:
    """The id of the newest published run, whose values are the present ones; None before the first."""
    return _find[0]() if _find else None


def looked_until(run_id: UUID) -> date | None:
    """The last day that a run looked at; None for a run that is not there."""
    return _looks_until[0](run_id) if _looks_until else None
