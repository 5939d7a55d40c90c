"""The recipe of tiers: the example is read and cut, and what is wrong is named."""

from decimal import Decimal
from pathlib import Path

import pytest

from sterna.engine.errors import BadInput
from sterna.engine.segments import cut_scheme, read_recipe

EXAMPLE = Path(__file__).parents[3] / "examples" / "retail" / "tiers.yaml"


def test_R5_the_example_is_cut_into_four_tiers_with_forty_percent_at_the_bottom():
    scheme = cut_scheme(read_recipe(EXAMPLE.read_text()), [Decimal(k) for k in range(1, 11)])
    assert [(band.place, band.low) for band in scheme.bands] == [
        ("bronze", Decimal("0.01")),
        ("silver", 5),
        ("gold", 8),
        ("platinum", 10),
    ]
    assert scheme.cut["customers"] == "10"
    assert (scheme.name, scheme.window_months, scheme.currency) == ("value-tiers", 6, "USD")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("measure: spend", "measure: visits", "by spend, not by 'visits'"),
        ("until: 2017-06-30", "until: 2016-06-30", "before it starts"),
        ("version: 1", "version: one", "version"),
        ("version: 1", "versoin: 1", "versoin"),
        ("cut:", "cut: [", "not readable as YAML"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named(old, new, said):
    with pytest.raises(BadInput, match=f"tiers.yaml: .*{said}"):
        read_recipe(EXAMPLE.read_text().replace(old, new))
