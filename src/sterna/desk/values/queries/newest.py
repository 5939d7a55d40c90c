"""Which run is the newest that was published: the app of runs, which stands above, tells it when it is asked."""

from collections.abc import Callable
from uuid import UUID

Find = Callable[[], UUID | None]
_find: list[Find] = []


def register(find: Find) -> None:
    """Tell how the newest published run is found; called in `ready()`. A second one takes the place of the first."""
    _find[:] = [find]


def newest_run() -> UUID | None:
    """The id of the newest published run, whose values are the present ones; None before the first."""
    return _find[0]() if _find else None
