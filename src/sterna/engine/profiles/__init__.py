"""Know customers: their current facts and a profile each."""

from datetime import date

from sterna.engine import steps
from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran


def know(lake: Lake, cut: date) -> list[Ran]:
    """Make `current_facts` and `profiles` as of the day `cut`, from the tables of the identity stage."""
    return [steps.run(lake, f"profiles/{step}", cut=cut) for step in ("current_facts", "profiles")]
