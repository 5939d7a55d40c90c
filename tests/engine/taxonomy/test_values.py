"""One spelling for equal values, and one clear sentence for what a class cannot hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.taxonomy import TaxonomyClass, canonical
from sterna.engine.taxonomy.document import Band


def holding(holds, **parts):
    return TaxonomyClass(id="a.b", title="B", parent="a", holds=holds, **parts)


BANDS = holding(
    "money band",
    bands=(
        Band(name="under 1m", least=0),
        Band(name="1m to 5m", least=10**6),
        Band(name="5m up", least=5 * 10**6),
    ),
)
PETS = holding("choice", choices=("Dog", "Cat"))


@pytest.mark.parametrize(
    ("one", "value", "spelled"),
    [
        (holding("flag"), "Yes", "yes"),
        (holding("flag"), " true ", "yes"),
        (holding("flag"), "0", "no"),
        (PETS, "dog", "Dog"),
        (PETS, "  CAT ", "Cat"),
        (holding("text"), "  St.   Anton ", "St. Anton"),
        (holding("text"), "Kitzbühel 🎿", "Kitzbühel 🎿"),
        (holding("number"), "3", "3"),
        (holding("number"), "3.50", "3.5"),
        (holding("number"), "100", "100"),
        (holding("number"), "1e3", "1000"),
        (holding("number"), "-0", "0"),
        (holding("month"), "2024-06", "2024-06"),
        (holding("date"), "2024-02-29", "2024-02-29"),
        (BANDS, "1M to 5m", "1m to 5m"),
        (BANDS, "0", "under 1m"),
        (BANDS, "999999.99", "under 1m"),
        (BANDS, "1000000", "1m to 5m"),
        (BANDS, "5000000", "5m up"),
        (BANDS, "70000000000", "5m up"),
    ],
)
def test_a_value_has_one_spelling(one, value, spelled):
    assert canonical(one, value) == spelled
    assert canonical(one, spelled) == spelled


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (holding("flag"), "perhaps"),
        (PETS, "horse"),
        (holding("text"), ""),
        (holding("text"), "   "),
        (holding("text"), "a\0b"),
        (holding("text"), "x" * 201),
        (holding("number"), "three"),
        (holding("number"), "NaN"),
        (holding("number"), "Infinity"),
        (holding("number"), "1e999999"),
        (holding("month"), "2024-13"),
        (holding("month"), "June"),
        (holding("date"), "2023-02-29"),
        (holding("date"), "30.6.2024"),
        (BANDS, "-1"),
        (BANDS, "rich"),
        (holding(None), "yes"),
    ],
)
def test_what_a_class_cannot_hold_is_refused_with_its_name(one, value):
    with pytest.raises(BadInput, match=r"^a\.b holds "):
        canonical(one, value)


def test_the_refusal_lists_what_may_be_said():
    with pytest.raises(BadInput, match=r"a\.b holds a choice \(Dog, Cat\), not 'horse'"):
        canonical(PETS, "horse")


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_every_amount_falls_into_the_one_band_that_reaches_it(amount):
    name = canonical(BANDS, str(amount))
    edges = {"under 1m": (0, 10**6), "1m to 5m": (10**6, 5 * 10**6), "5m up": (5 * 10**6, 10**13)}
    least, below = edges[name]
    assert least <= amount < below
