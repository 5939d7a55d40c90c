"""What shares of events and customers can be named and reached, as the app of runs, which stands above, says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """The share `identified` of each touchpoint's events, that `reachable` by each medium; None where not measured."""

    identified: Mapping[str, float] | None = None
    reachable: Mapping[str, float] | None = None


NOTHING = Shares()
Measure = Callable[[], Shares]
_measure: list[Measure] = []


def register(measure: Measure) -> None:
    """Tell how the shares are had; called in `ready()`. A second one takes the place of the first."""
    _measure[:] = [measure]


def shares() -> Shares:
    """The shares of the newest published run; nothing measured before the first."""
    return _measure[0]() if _measure else NOTHING
