"""The Complete Journey purchases for the value tests."""

from pathlib import Path

import pytest

from tests.complete_journey import transactions


@pytest.fixture
def complete_journey() -> Path:
    """The purchase lines of the demo."""
    return transactions()
