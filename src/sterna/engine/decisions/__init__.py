"""Chooses who is due which asset through which medium, who is held out, and why everybody else is left out."""

import time
from datetime import date
from decimal import Decimal

from sterna.engine import steps
from sterna.engine.decisions.arms import arm, threshold
from sterna.engine.decisions.walk import Walk, walk
from sterna.engine.lake import Lake
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES

__all__ = ["MAKES", "Walk", "arm", "choose", "threshold", "walk"]

MAKES = ("options", "ranked", "allocations", "decisions")


def choose(
    lake: Lake,
    cut: date,
    scheme: str,
    currency: str,
    budget: Decimal,
    experiment: str | None,
    salt: str,
    share: float,
    stopped: tuple[str, str] | None = None,
) -> list[Ran]:
    """Make `options`, `ranked`, `allocations` and `decisions`; contacts are due on `cut`.

    Where customers stand is read from `scheme`. A unit's hash with `salt` falls under `share` of the range: held out
    of `experiment` (None: nobody is). An arm stored in `arms` wins. `stopped`, a code and a sentence, is why nobody
    may be contacted at all: everybody is then left out for it, whatever else stands in their way. Reads candidates,
    customers, places, values, current_facts, goals, assets, asset_stages, routes, blackouts, consents, addresses,
    in_peace, excepted, past_contacts, treatments and arms.
    """
    code, because = stopped or (None, None)
    options = steps.run(
        lake,
        "decisions/options",
        cut=cut,
        scheme=scheme,
        currency=currency,
        stopped=code,
        stopped_because=because,
    )
    drawn = threshold(share if experiment else 0)
    ranked = steps.run(lake, "decisions/ranked", experiment=experiment or "", salt=salt, threshold=drawn)
    walked, allocated = _allocate(lake, budget)
    decided = steps.run(
        lake,
        "decisions/decisions",
        cut=cut,
        currency=currency,
        experiment=experiment,
        budget=budget,
        frontier=walked.frontier,
        spent=walked.spent,
    )
    return [options, ranked, allocated, decided]


def _allocate(lake: Lake, budget: Decimal) -> tuple[Walk, Ran]:
    begun = time.perf_counter()
    walked = walk(lake.fetch(TABLES["ranked"]), budget)
    lake.put(TABLES["allocations"], walked.allocations)
    purpose = "Walks the ranked options down the budget and the capacities, in Python."
    rows = walked.allocations.num_rows
    seconds = time.perf_counter() - begun
    return walked, Ran("decisions/walk", purpose, "allocations", rows, seconds, "")
