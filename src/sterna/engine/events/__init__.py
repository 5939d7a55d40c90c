"""Clean events: each line and event once, in order, and none from the cut on."""

from datetime import date

from sterna.engine import steps
from sterna.engine.errors import BadInput
from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran
from sterna.engine.tables import TABLES

_CURRENCY = "lines before the cut in "


def clean(lake: Lake, cut: date) -> list[Ran]:
    """Make `clean_lines`, `clean_events` and `event_counts` of `lines` and `events` before the day `cut`.

    Raises BadInput when the lines are in more than one currency: their amounts do not add up.
    """
    ran = [
        steps.run(lake, f"events/{step}", cut=cut) for step in ("clean_lines", "clean_events", "event_counts")
    ]
    _require_one_currency(lake)
    return ran


def _require_one_currency(lake: Lake) -> None:
    counts = lake.fetch(TABLES["event_counts"]).column("what").to_pylist()
    currencies = [what.removeprefix(_CURRENCY) for what in counts if what.startswith(_CURRENCY)]
    if len(currencies) > 1:
        raise BadInput(
            f"lines are in {', '.join(currencies)}: bring them to one currency by dated rates first"
        )
