"""What a customer gives today: the current measures of a window, from rows."""

from datetime import date
from pathlib import Path

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES
from sterna.engine.value import rollup


def measure(
    lake: Lake,
    opening: date,
    cut: date,
    currency: str,
    before: date | None = None,
    rolled: Path | None = None,
) -> list[Ran]:
    """Make `customer_sums`, `cost_counts`, `category_spend` and `current_values` of the window [opening, cut).

    `before` is the first day of the window before it; without one nothing is summed of it. `rolled` is the folder of
    what was added up before (see rollup.sum_up); without one every purchase is read. Reads the tables of events,
    identity and profiles, and the lake's `costs`. Raises BadInput for costs of the window in another currency than
    `currency`: amounts of two are never added.
    """
    before = before or opening
    if rolled is None:
        ran = [steps.run(lake, "value/customer_sums", before=before, opening=opening, cut=cut)]
    else:
        ran = rollup.sum_up(lake, before, opening, rolled)
    ran.append(steps.run(lake, "value/cost_counts", opening=opening, cut=cut))
    counted = lake.fetch(TABLES["cost_counts"]).column("what").to_pylist()
    named = {what.removeprefix("costs in ") for what in counted if what.startswith("costs in ")}
    if strange := sorted(named - {currency}):
        raise BadInput(
            f"costs are in {', '.join(strange)}, the program reports in {currency}: convert them first"
        )
    ran.append(steps.run(lake, "value/category_spend", opening=opening, cut=cut))
    ran.append(steps.run(lake, "value/current_values", opening=opening, cut=cut))
    return ran
