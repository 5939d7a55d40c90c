"""The waterfall of match weights and the columns of a day: geometry, figures by hand, words, safety."""

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.web.pictures.columns import Stack, columns
from sterna.desk.web.pictures.columns import summary as counted
from sterna.desk.web.pictures.waterfall import (
    Weight,
    bits_of,
    probability,
    running,
    signed,
    summary,
    waterfall,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert('\"&')</script>\x00"
STEPS = [
    Weight("Surname", 7.25, "the same"),
    Weight("Birth date", 6.5, "swapped"),
    Weight("Street", -2.0, "different"),
]
bits = st.floats(-60, 60)
weights = st.lists(st.builds(Weight, st.text(max_size=12), bits), max_size=8)


def marked(root: ET.Element, name: str) -> list[ET.Element]:
    return [node for node in root.iter() if name in node.attrib.get("class", "").split()]


def bars(prior: float, steps: list[Weight]) -> list[tuple[float, float]]:
    """(left end, width) of each bar from the top."""
    root = ET.fromstring(waterfall(prior, steps, title="Pair"))
    return [(float(bar.attrib["x"]), float(bar.attrib["width"])) for bar in marked(root, "bar")]


def test_the_figures_of_a_pair_worked_by_hand() -> None:
    # -8 + 7.25 = -0.75, + 6.5 = 5.75, - 2 = 3.75 bits; 2^3.75 = 13.4543, and 13.4543 / 14.4543 = 0.93082.
    assert running(-8.0, STEPS) == [-8.0, -0.75, 5.75, 3.75]
    assert probability(3.75) == pytest.approx(0.93082, abs=1e-5)
    assert "probability of 93.1 %" in summary(-8.0, STEPS)


def test_the_weights_of_the_two_limits() -> None:
    # 0.95 / 0.05 = 19 to 1, and log2 19 = 4.2479.
    assert bits_of(0.95) == pytest.approx(4.2479, abs=1e-4) and bits_of(0.05) == pytest.approx(
        -4.2479, abs=1e-4
    )
    assert bits_of(0.5) == 0.0 and probability(0.0) == 0.5


@given(st.floats(1e-6, 1 - 1e-6))
def test_a_probability_comes_back_from_its_weight(share: float) -> None:
    assert probability(bits_of(share)) == pytest.approx(share, rel=1e-9)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_more_bits_are_never_less_probable(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.0 <= probability(low) <= probability(high) <= 1.0


@given(bits, weights)
def test_every_bar_begins_where_the_one_above_ended_and_all_lie_in_the_picture(
    prior: float, steps: list[Weight]
) -> None:
    root = ET.fromstring(waterfall(prior, steps, title="Pair", limits=[(0.05, "low"), (0.95, "high")]))
    zero = float(marked(root, "zero")[0].attrib["x1"])
    drawn = [(float(bar.attrib["x"]), float(bar.attrib["width"])) for bar in marked(root, "bar")]
    assert len(drawn) == len(steps) + 2
    end = zero
    for (left, width), step in zip(drawn[:-1], [Weight("", prior), *steps], strict=True):
        start = left if step.bits >= 0 else left + width
        assert start == pytest.approx(end, abs=1.1)
        end = left + width if step.bits >= 0 else left
    assert all(left >= 170 - 1 and left + width <= 720 for left, width in drawn)


def test_what_speaks_against_has_another_color_and_a_sign_of_its_own() -> None:
    root = ET.fromstring(waterfall(-8.0, STEPS, title="Pair"))
    tokens = [bar.attrib["class"].split()[-1] for bar in marked(root, "bar")]
    assert tokens == ["fill-line-strong", "fill-flow-up", "fill-flow-up", "fill-cannot-tell", "fill-accent"]
    words = [node.text for node in root.iter(f"{SVG}text")]
    assert "+7.2" in words and "\N{MINUS SIGN}2.0" in words and "+3.8" in words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0.0"), (0.04, "0.0"), (-0.04, "0.0"), (0.06, "+0.1"), (-1.0, "\N{MINUS SIGN}1.0")],
)
def test_a_weight_has_a_sign_unless_it_is_nothing(value: float, words: str) -> None:
    assert signed(value) == words


@pytest.mark.parametrize(("total", "said"), [(40.0, "over 99.9 %"), (-40.0, "under 0.1 %"), (0.0, "50.0 %")])
def test_nothing_is_ever_certain(total: float, said: str) -> None:
    assert said in summary(total, [])


def test_a_pair_without_a_comparison_is_drawn_by_where_every_pair_begins() -> None:
    assert len(bars(-8.0, [])) == 2
    assert summary(-8.0, []).startswith("Any two records begin at \N{MINUS SIGN}8.0 bits; together")


def test_the_limits_stand_where_their_probability_is() -> None:
    root = ET.fromstring(
        waterfall(-8.0, STEPS, title="Pair", limits=[(0.05, "apart"), (0.5, "even"), (0.95, "one")])
    )
    places = [float(line.attrib["x1"]) for line in marked(root, "limit")]
    assert places == sorted(places) and places[1] == pytest.approx(
        float(marked(root, "zero")[0].attrib["x1"])
    )
    # The two limits stand as far from even on either side.
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=0.02)


def test_hostile_names_are_words_in_both_pictures() -> None:
    for text in (
        waterfall(1.0, [Weight(HOSTILE, 1.0, HOSTILE)], title=HOSTILE, limits=[(0.5, HOSTILE)]),
        columns([Stack(HOSTILE, {HOSTILE: 3}, HOSTILE)], [HOSTILE], title=HOSTILE),
    ):
        assert "<script" not in text
        assert ET.fromstring(text).tag == f"{SVG}svg"


PARTS = ("taken", "came again", "refused")
DAYS = [
    Stack("07-01", {"taken": 90, "refused": 10}, "10 missing field"),
    Stack("07-02", {}),
    Stack("07-03", {"taken": 50}),
]


def test_parts_of_a_day_stand_on_one_another_on_one_scale() -> None:
    root = ET.fromstring(columns(DAYS, PARTS, title="Events"))
    parts = marked(root, "part")
    heights = [float(part.attrib["height"]) for part in parts]
    # 90, 10 and 50 events, the highest day of 100 being as high as the picture: 150.
    assert heights == pytest.approx([135.0, 15.0, 75.0], abs=0.02)
    bottom = float(parts[0].attrib["y"]) + heights[0]
    assert bottom == pytest.approx(180.0, abs=0.02)
    assert float(parts[1].attrib["y"]) + heights[1] == pytest.approx(float(parts[0].attrib["y"]), abs=0.02)


def test_a_day_tells_its_figures_and_codes_on_hover_and_a_day_of_nothing_is_there_too() -> None:
    root = ET.fromstring(columns(DAYS, PARTS, title="Events"))
    told = [stack.find(f"{SVG}title").text for stack in marked(root, "stack")]  # type: ignore[union-attr]
    assert told == [
        "07-01: 90 taken, 0 came again, 10 refused. 10 missing field",
        "07-02: 0 taken, 0 came again, 0 refused",
        "07-03: 50 taken, 0 came again, 0 refused",
    ]
    assert counted(DAYS, PARTS) == "07-01 to 07-03: 140 taken, 0 came again, 10 refused."


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60))
def test_columns_stand_side_by_side_inside_the_picture(many: list[int]) -> None:
    root = ET.fromstring(
        columns([Stack(str(day), {"taken": each}) for day, each in enumerate(many)], PARTS, title="E")
    )
    ends = [
        (float(part.attrib["x"]), float(part.attrib["x"]) + float(part.attrib["width"]))
        for part in marked(root, "part")
    ]
    assert len(ends) == sum(each > 0 for each in many)
    assert all(before[1] <= after[0] for before, after in pairwise(ends))
    assert all(62 <= left < right <= 720 for left, right in ends)


@pytest.mark.parametrize(
    ("stacks", "parts"),
    [([Stack("a", {"other": 1})], PARTS), ([Stack("a", {"taken": -1})], PARTS), ([], ("a", "b", "c", "d"))],
)
def test_columns_that_cannot_be_told_apart_or_are_below_zero_are_refused(
    stacks: list[Stack], parts: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match=r"told apart|below zero"):
        columns(stacks, parts, title="Events")


def test_nothing_at_all_is_said_in_words() -> None:
    assert counted([], PARTS) == "Nothing came."
    assert ET.fromstring(columns([], PARTS, title="Events")).tag == f"{SVG}svg"
