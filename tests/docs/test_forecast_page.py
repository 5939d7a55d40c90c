"""The figures on the page of the forecast are those that the forecast of the example makes."""

import json
import re

import msgspec
import pytest

from sterna.engine import plans
from sterna.engine.lake.beside import Beside
from sterna.engine.plans.forecast import Basis, back_test, forecast
from tests.docs.pages import DOCS, ROOT

PAGE = (DOCS / "how-to/forecast-a-plan.md").read_text(encoding="utf-8")
RETAIL = ROOT / "examples/retail"


def test_R4_the_table_of_the_page_is_what_the_example_gives():
    basis = msgspec.convert(json.loads((RETAIL / "basis.json").read_text()), Basis)
    plan = plans.load((RETAIL / "plan.yaml").read_text(encoding="utf-8"), Beside(RETAIL)).plan
    found = forecast(plan, basis, draws=1000)
    moved = json.loads((RETAIL / "happened.json").read_text())["moved"]
    seen = {(start, end): count for start, row in moved.items() for end, count in row.items()}
    told = [
        (one.goal, *(f"{value:.0f}" for value in (one.forecast.mean, one.forecast.low, one.forecast.high)),
         str(one.happened))
        for one in back_test(found, seen, basis.places)
    ]  # fmt: skip
    rows = re.findall(r"^\| (\S+) \| (\d+) \| (\d+) and (\d+) \| (\d+) \|$", PAGE, re.M)
    assert rows == told
    assert all(one.power is not None and one.power < 0.2 for one in found.powers)


@pytest.mark.parametrize("name", ["--basis", "--standings", "--against", "--happened", "--months", "--as-of"])
def test_the_page_names_every_option_that_the_command_has(name):
    assert name in PAGE
