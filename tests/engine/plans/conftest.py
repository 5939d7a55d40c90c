"""Whatever the check finds in these tests must stand in the catalogue, as grave as it says there."""

import pytest

from sterna.engine import plans
from sterna.engine.plans.codes import CATALOGUE

CHECK = plans.check


@pytest.fixture(autouse=True)
def catalogued(monkeypatch):
    """Puts a check in the place of `plans.check` that fails on a code which the catalogue does not have."""

    def check(*given, **named):
        found = CHECK(*given, **named)
        for finding in found:
            assert finding.code in CATALOGUE, f"{finding.code} is not in plans/codes.py"
            assert finding.severity in CATALOGUE[finding.code].severities, finding
        return found

    monkeypatch.setattr(plans, "check", check)
