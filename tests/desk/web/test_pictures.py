"""Intervals, bars, whale curve, sparkline and roadmap: geometry, order, words, safety."""

import re
from decimal import Decimal
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.web.pictures import bars, intervals, roadmap, svg
from sterna.desk.web.pictures.bars import Range
from sterna.desk.web.pictures.intervals import Estimate
from sterna.desk.web.pictures.palette import tier_token
from sterna.desk.web.pictures.roadmap import Step, Touchpoint
from sterna.desk.web.pictures.scale import Scale, scale_over

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert('\"&')</script>\x00"
ESTIMATES = [
    Estimate("Small", "not_moved", -0.002, -0.011, 0.007),
    Estimate("Campaign 18", "targeted", 1.8, 1.2, 2.4),
    Estimate("Large", "moved", 0.042, 0.018, 0.066, "/results?plan=1", primary=True),
    Estimate("Wide", "cannot_tell", 0.021, -0.014, 0.056),
    Estimate("Placebo", "aa", 0.004, -0.021, 0.029),
]
STAGES = ["Acquainted", "Regular"]
TOUCHPOINTS = [
    Touchpoint("mail", "Welcome e-mail", "Acquainted", "opens the page"),
    Touchpoint("page", "Preference page", "Acquainted", "names categories"),
    Touchpoint("form", "Wallet form", "Acquainted", None),
    Touchpoint("till", "Point of sale", "Acquainted", "redeems"),
    Touchpoint("call", "Call", "Regular", "says what comes next"),
]
STEPS = [
    Step("mail", "page", 0.31),
    Step("mail", "form", 0.5),
    Step("mail", "till", 0.12),
    Step("page", "till", 0.44),
    Step("form", "till", 0.2),
    Step("till", "call", None),
]

numbers = st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-6)


def marked(root: ET.Element, name: str) -> list[ET.Element]:
    return [node for node in root.iter() if name in node.attrib.get("class", "").split()]


@given(st.lists(numbers, max_size=8), numbers, numbers)
def test_a_scale_is_monotone_and_holds_zero_and_all_values(
    values: list[float], one: float, other: float
) -> None:
    scale = scale_over(values, 100, 500)
    low, high = sorted((one, other))
    assert scale.at(low) <= scale.at(high)
    assert all(100 - 1e-6 <= scale.at(value) <= 500 + 1e-6 for value in [0.0, *values])


@given(st.lists(numbers, min_size=1, max_size=8))
def test_ticks_are_evenly_spaced_inside_the_scale(values: list[float]) -> None:
    scale = scale_over(values, 0, 100)
    ticks = scale.ticks()
    steps = {round((after - before) / (scale.high - scale.low), 6) for before, after in pairwise(ticks)}
    assert len(steps) <= 1
    assert 1 <= len(ticks) <= 11
    assert all(-1e-6 <= scale.at(tick) <= 100 + 1e-6 for tick in ticks)


def test_ticks_are_round() -> None:
    assert Scale(-0.023, 0.07, 0, 1).ticks() == [-0.02, 0.0, 0.02, 0.04, 0.06]
    assert Scale(0, 4400, 0, 1).ticks(4) == [0, 2000, 4000]


def interval_picture() -> ET.Element:
    return ET.fromstring(intervals.intervals(ESTIMATES, title="Effects", axis="Difference"))


def test_R89_effects_stand_largest_first_and_those_without_a_figure_last() -> None:
    names = [estimate.name for estimate in intervals.by_size(ESTIMATES)]
    assert names == ["Large", "Wide", "Placebo", "Small", "Campaign 18"]


def test_R89_a_targeted_comparison_shows_no_figure_anywhere() -> None:
    text = intervals.intervals([ESTIMATES[1]], title="Effects", axis="Difference")
    assert "Targeted, not randomized" in text
    assert "180" not in text
    assert "120" not in text
    assert not marked(ET.fromstring(text), "whisker")


def test_every_interval_is_drawn_over_its_own_values() -> None:
    root = interval_picture()
    scale = intervals.effect_scale(ESTIMATES)
    whiskers = [(float(node.attrib["x1"]), float(node.attrib["x2"])) for node in marked(root, "whisker")]
    ordered = [estimate for estimate in intervals.by_size(ESTIMATES) if estimate.drawn]
    expected = [(scale.at(e.low or 0), scale.at(e.high or 0)) for e in ordered]
    assert [end for pair in whiskers for end in pair] == pytest.approx(
        [end for pair in expected for end in pair], abs=0.01
    )
    zero = marked(root, "zero")[0]
    assert float(zero.attrib["x1"]) == pytest.approx(scale.at(0), abs=0.01)
    crossing = [low < float(zero.attrib["x1"]) < high for low, high in whiskers]
    assert crossing == [False, True, True, True]


def test_R90_each_verdict_has_a_shape_of_its_own() -> None:
    marks = marked(interval_picture(), "mark")
    shapes = {(mark.tag, mark.attrib["class"]) for mark in marks}
    assert len(shapes) == 4
    assert {mark.tag for mark in marks} == {f"{SVG}polygon", f"{SVG}circle", f"{SVG}rect"}


def test_rows_of_intervals_do_not_overlap() -> None:
    rows = marked(interval_picture(), "interval-row")
    names = [next(row.iter(f"{SVG}text")) for row in rows]
    heights = [float(name.attrib["y"]) for name in names]
    assert all(below - above >= 20 for above, below in pairwise(heights))


def test_an_interval_without_its_point_is_refused() -> None:
    with pytest.raises(ValueError, match="does not hold its point"):
        intervals.intervals([Estimate("x", "moved", 0.5, 0.1, 0.2)], title="t", axis="a")


RANGES = [
    Range("Today", Decimal("812.40")),
    Range("To come", Decimal(1430), Decimal(1105), Decimal(1790)),
    Range("Could be", Decimal(3100), Decimal(2100), Decimal(4400)),
    Range("Wallet", None, missing="the household answers"),
]


def test_R2_bars_share_one_scale_from_zero() -> None:
    root = ET.fromstring(bars.range_bars(RANGES, title="Value", currency="USD"))
    widths = [float(bar.attrib["width"]) for bar in marked(root, "bar")]
    assert widths[1] / widths[0] == pytest.approx(1430 / 812.40, rel=1e-3)
    assert widths[2] / widths[0] == pytest.approx(3100 / 812.40, rel=1e-3)
    assert len({bar.attrib["x"] for bar in marked(root, "bar")}) == 1


def test_the_point_lies_inside_its_range() -> None:
    root = ET.fromstring(bars.range_bars(RANGES, title="Value"))
    for span, point in zip(marked(root, "range"), marked(root, "point"), strict=True):
        left = float(span.attrib["x"])
        assert left <= float(point.attrib["cx"]) <= left + float(span.attrib["width"])


def test_R6_an_unknown_bar_is_words_and_not_a_bar_of_no_length() -> None:
    root = ET.fromstring(bars.range_bars(RANGES[3:], title="Wallet"))
    assert not marked(root, "bar")
    assert any("unknown, known once the household" in (node.text or "") for node in root.iter(f"{SVG}text"))


def test_a_given_scale_makes_bars_of_several_pictures_comparable() -> None:
    half = ET.fromstring(bars.range_bars([Range("a", 50)], title="t", scale=100))
    full = ET.fromstring(bars.range_bars([Range("a", 100)], title="t", scale=100))
    widths = [float(marked(root, "bar")[0].attrib["width"]) for root in (half, full)]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.02)


def test_the_text_beside_a_bar_stays_inside_the_picture() -> None:
    wide = [Range("x", Decimal("-888.88"), Decimal("-999.99"), Decimal("-777.77")), *RANGES[:3]]
    root = ET.fromstring(bars.range_bars(wide, title="Value", currency="USD"))
    for node in root.iter(f"{SVG}text"):
        size = float(node.attrib["font-size"])
        right = float(node.attrib["x"]) + svg.text_width(node.text or "", size)
        assert right <= bars.WIDTH + 12, node.text


def test_bars_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="does not hold its point"):
        bars.range_bars([Range("x", 5, 6, 7)], title="t")
    with pytest.raises(ValueError, match="without a point"):
        bars.range_bars([Range("x", None, 6, 7)], title="t")


def test_R16_the_whale_curve_rises_and_falls_as_its_points() -> None:
    points = [(0.0, 0.0), (0.2, 0.9), (0.6, 1.2), (1.0, 1.0)]
    root = ET.fromstring(bars.whale_curve(points, title="Whale", reading="The best 20 % bring 90 %."))
    drawn = next(root.iter(f"{SVG}polyline")).attrib["points"].split()
    xs, ys = zip(*(map(float, pair.split(",")) for pair in drawn), strict=True)
    assert list(xs) == sorted(xs)
    assert ys[0] > ys[1] > ys[3] > ys[2]  # higher on the picture is a smaller y
    with pytest.raises(ValueError, match="must not go back"):
        bars.whale_curve([(0, 0), (0.5, 1), (0.2, 1)], title="t", reading="r")


def test_a_sparkline_leaves_a_gap_for_what_nobody_knows() -> None:
    root = ET.fromstring(bars.sparkline([3, 4, None, 8, 7], title="Orders"))
    assert [len(line.attrib["points"].split()) for line in root.iter(f"{SVG}polyline")] == [2, 2]
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert described.text == "3, 4, unknown, 8, 7"


def road() -> ET.Element:
    return ET.fromstring(roadmap.roadmap(STAGES, TOUCHPOINTS, STEPS, title="Roadmap"))


def test_R71_the_drawn_graph_is_the_given_graph() -> None:
    root = road()
    assert len(marked(root, "box")) == len(TOUCHPOINTS)
    assert len(marked(root, "edge")) == len(STEPS)
    labels = [node.text for node in marked(root, "edge-label")]
    assert sorted(label or "" for label in labels) == sorted(
        ["31 %", "50 %", "12 %", "44 %", "20 %", "unknown"]
    )


def test_boxes_never_overlap_and_stand_in_their_lane() -> None:
    drawn = roadmap.layout(STAGES, TOUCHPOINTS, STEPS)
    for one, other in combinations(drawn.boxes.values(), 2):
        apart = abs(one.x - other.x) >= roadmap.NODE_WIDTH or abs(one.y - other.y) >= roadmap.NODE_HEIGHT
        assert apart
    lanes = {lane.stage: lane for lane in drawn.lanes}
    for box in drawn.boxes.values():
        lane = lanes[box.touchpoint.stage]
        assert lane.y < box.y
        assert box.y + roadmap.NODE_HEIGHT < lane.y + lane.height


def test_labels_of_edges_never_overlap_each_other_or_a_box() -> None:
    labels = [(float(node.attrib["x"]), float(node.attrib["y"])) for node in marked(road(), "edge-label")]
    for one, other in combinations(labels, 2):
        assert abs(one[0] - other[0]) > 60 or abs(one[1] - other[1]) >= roadmap.EDGE_LABEL_GAP - 0.01
    boxes = roadmap.layout(STAGES, TOUCHPOINTS, STEPS).boxes.values()
    half = svg.text_width("unknown", 12) / 2
    for x, _ in labels:
        assert all(x + half <= box.x or x - half >= box.x + roadmap.NODE_WIDTH for box in boxes)


def test_an_edge_past_a_column_runs_beside_its_boxes() -> None:
    drawn = roadmap.layout(STAGES, TOUCHPOINTS, STEPS)
    path = roadmap.edge_path(drawn.boxes["mail"], drawn.boxes["till"], drawn.boxes.values())
    straight = re.search(r"L([\d.]+) ([\d.]+)", path)
    assert straight is not None
    way = float(straight[2])
    for key in ("page", "form"):
        assert not drawn.boxes[key].y <= way <= drawn.boxes[key].y + roadmap.NODE_HEIGHT


def test_R71_a_touchpoint_without_behavior_is_marked_and_named() -> None:
    dashed = [box for box in marked(road(), "box") if "stroke-dasharray" in box.attrib]
    assert len(dashed) == 1
    assert "no behavior yet: Wallet form" in roadmap.summary(TOUCHPOINTS, STEPS)


def test_R71_an_edge_along_which_nobody_is_counted_says_only_where_it_leads() -> None:
    plain = [Step("mail", "page", counts=False)]
    picture = roadmap.roadmap(STAGES, TOUCHPOINTS, plain, title="Roadmap")
    root = ET.fromstring(picture)
    assert len(marked(root, "edge")) == 1 and not marked(root, "edge-label") and "unknown" not in picture
    assert roadmap.summary(TOUCHPOINTS[:2], plain) == "Welcome e-mail to Preference page."


LONG = "A week of dinners, planned around what the household buys and likes best of all"


@pytest.mark.parametrize("notes", [(), ("Offers: a dinner",), ("Offers: a dinner", "In: taste. Out: none")])
@pytest.mark.parametrize("name", ["Call", "A call by the manager of their store", LONG, "x" * 90])
@pytest.mark.parametrize("behavior", [None, "redeems", LONG])
def test_R71_what_stands_in_a_box_stays_in_it_line_under_line(
    name: str, behavior: str | None, notes: tuple[str, ...]
) -> None:
    point = Touchpoint("one", name, "Regular", behavior, notes=notes)
    root = ET.fromstring(roadmap.roadmap(["Regular"], [point], [], title="Roadmap"))
    [box] = marked(root, "box")
    left, top = float(box.attrib["x"]), float(box.attrib["y"])
    lines = [node for node in root.iter(f"{SVG}text") if float(node.attrib["x"]) > left]
    for line in lines:
        size, bold = float(line.attrib["font-size"]), line.attrib["font-weight"] == "600"
        right = float(line.attrib["x"]) + svg.text_width(line.text or "", size, bold)
        assert right <= left + roadmap.NODE_WIDTH, line.text
    feet = [top, *(float(line.attrib["y"]) for line in lines)]
    assert all(lower - upper >= 15 for upper, lower in pairwise(feet)), feet
    assert feet[-1] + 4 <= top + roadmap.NODE_HEIGHT
    assert len(lines) >= 2 + len(notes)


def test_a_figure_is_not_parted_from_its_sign() -> None:
    assert svg.wrapped("Bronze to silver: 24 %", 100, 3, bold=True) == ["Bronze to", "silver:", "24\u00a0%"]
    assert svg.wrapped("  two \n words ", 400, 2) == ["two words"]


def test_a_step_back_ends_the_drawing_all_the_same() -> None:
    loop = [*STEPS, Step("call", "mail", 0.1)]
    assert roadmap.layout(STAGES, TOUCHPOINTS, loop).boxes == roadmap.layout(STAGES, TOUCHPOINTS, STEPS).boxes


@pytest.mark.parametrize(("origin", "destination"), [("till", "mail"), ("call", "mail"), ("page", "page")])
def test_R71_a_way_back_runs_where_no_box_is_and_arrives_beside_the_way_there(
    origin: str, destination: str
) -> None:
    drawn = roadmap.layout(STAGES, TOUCHPOINTS, STEPS)
    boxes = drawn.boxes.values()
    onto = drawn.boxes[destination]
    path = roadmap.edge_path(drawn.boxes[origin], onto, boxes)
    start, below, left, arrives, head = (float(at) for at in re.findall(r"[MVH]([\d.]+)", path))
    assert not any(box.y <= below <= box.y + roadmap.NODE_HEIGHT for box in boxes)
    assert not any(box.x <= left <= box.x + roadmap.NODE_WIDTH for box in boxes)
    assert (head, start) == (onto.x, drawn.boxes[origin].x + roadmap.NODE_WIDTH - roadmap.BACK_GAP)
    assert onto.y + roadmap.NODE_HEIGHT / 2 + 8 < arrives < onto.y + roadmap.NODE_HEIGHT


def test_a_roadmap_with_loose_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown stage"):
        roadmap.layout(["Regular"], TOUCHPOINTS, [])
    with pytest.raises(ValueError, match="not both are touchpoints"):
        roadmap.layout(STAGES, TOUCHPOINTS, [Step("mail", "nowhere")])


@pytest.mark.parametrize(
    "picture",
    [
        intervals.intervals([Estimate(HOSTILE, "moved", 1, 0, 2)], title=HOSTILE, axis=HOSTILE),
        bars.range_bars([Range(HOSTILE, 1)], title=HOSTILE, currency=HOSTILE),
        bars.whale_curve([(0, 0), (1, 1)], title=HOSTILE, reading=HOSTILE, customers=HOSTILE),
        bars.sparkline([1, 2], title=HOSTILE),
        roadmap.roadmap([HOSTILE], [Touchpoint("a", HOSTILE, HOSTILE, HOSTILE)], [], title=HOSTILE),
    ],
)
def test_hostile_names_are_text_in_every_picture(picture: str) -> None:
    assert "<script" not in picture
    root = ET.fromstring(picture)
    assert root.attrib["aria-label"].startswith("</title><script>")


def test_R5_a_rank_has_one_shade_everywhere() -> None:
    assert [tier_token(rank) for rank in (1, 6, 9, None)] == ["tier-1", "tier-6", "tier-6", "no-tier"]
    with pytest.raises(ValueError, match="starts at 1"):
        tier_token(0)


@given(st.lists(st.floats(0, 400), max_size=12))
def test_spread_keeps_the_order_and_the_gap(wanted: list[float]) -> None:
    placed = svg.spread(sorted(wanted), 20, 0, 400)
    assert all(below - above >= 20 - 1e-6 for above, below in pairwise(placed))
    assert all(-1e-6 <= position <= 400 + 1e-6 for position in placed)
