"""What a customer is worth: what is given today, what is to come, what could be, and what others bring."""

from pathlib import Path
from typing import Any

from sterna.engine.lake.base import Lake
from sterna.engine.steps import Ran
from sterna.engine.value.best import of_body as definition_of
from sterna.engine.value.terms import HALF_A_YEAR, Horizon, Terms

__all__ = ["HALF_A_YEAR", "Horizon", "Terms", "definition_of", "worth"]


def worth(lake: Lake, terms: Terms, rolled: Path | None = None) -> tuple[list[Ran], list[dict[str, Any]]]:
    """Make every table of value as of the day before `terms.cut`, and tell how (see stage.worth)."""
    # Here, because the models load SciPy, and who only reads a definition or the catalogue would wait for it.
    from sterna.engine.value import stage

    return stage.worth(lake, terms, rolled)
