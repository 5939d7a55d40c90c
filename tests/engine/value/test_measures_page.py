"""The page on measures of value has the thresholds of the code, and its definitions are accepted as they stand."""

import re
from datetime import date
from decimal import Decimal

from sterna.engine.value.best import Panel, choose, load, load_arbitration
from sterna.engine.value.best_groups import side_by_side
from sterna.engine.value.evidence import LEAST_ABSENT, LEAST_GAIN
from sterna.engine.value.potential import HIGH, LOW, MID
from tests.docs.pages import DOCS

PAGE = (DOCS / "how-to/measures-of-value.md").read_text(encoding="utf-8")


def test_the_thresholds_on_the_page_are_those_of_the_code():
    quantiles = [f"{end.normalize():f}".removeprefix("0") for end in (LOW, MID, HIGH)]
    assert f"the {quantiles[0]}, {quantiles[1]} and {quantiles[2]} quantile" in PAGE
    assert f"gains {LEAST_GAIN} in twice the log-likelihood" in PAGE
    assert f"at least {LEAST_ABSENT * 100:.0f} % are absent" in PAGE


def test_R18_the_definitions_of_the_page_work_together():
    *definitions, arbitration = re.findall(r"```yaml\n((?:best|arbitration):.*?)```", PAGE, flags=re.S)
    buyers, influencers = map(load, definitions)
    figures = {
        "expected_spend": {"old": Decimal(500), "new": Decimal(0)},
        "margin": {"old": Decimal(9), "new": Decimal(9)},
        "influence": {"old": Decimal(0), "new": Decimal(500)},
    }
    panel = Panel.of(date(2024, 6, 30), figures, dict.fromkeys(figures, "money"))
    groups = [choose(buyers, panel), choose(influencers, panel)]
    found = side_by_side(groups, load_arbitration(arbitration))
    assert [(one.customer, one.rank, one.treatment) for one in found] == [
        ("new", 1, "preview with a guest"),
        ("old", 1, "preview with a guest"),
    ]
