"""The Sankey's geometry, order, words and safety."""

from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.desk.web.pictures.sankey import (
    HEAD,
    LABEL_GAP,
    NODE_GAP,
    Flow,
    Place,
    layout,
    rows,
    sankey,
    summary,
)

SVG = "{http://www.w3.org/2000/svg}"
PLACES = [Place("gold", "Gold", 1), Place("silver", "Silver", 2), Place("new", "New"), Place("none", "None")]
FLOWS = [
    Flow("gold", "gold", 7, Decimal(700), "/moves?from=gold"),
    Flow("gold", "silver", 3, Decimal(30)),
    Flow("silver", "gold", 2, Decimal(250)),
    Flow("silver", "silver", 10, Decimal(100)),
    Flow("silver", "none", 1, Decimal(20)),
    Flow("new", "silver", 4, Decimal(0)),
]
HOSTILE = "</title><script>alert('\"&')</script>\x00\ud800"

flows_of_any_size = st.lists(
    st.builds(
        Flow,
        st.sampled_from([place.key for place in PLACES]),
        st.sampled_from([place.key for place in PLACES]),
        st.integers(0, 10**6),
    ),
    max_size=20,
    unique_by=lambda flow: (flow.origin, flow.destination),
)


def drawn(flows: list[Flow] = FLOWS, places: list[Place] = PLACES) -> ET.Element:
    return ET.fromstring(sankey(places, flows, title="Moves", opening="Q1", closing="Q2"))


@given(flows_of_any_size)
def test_links_fill_their_nodes_exactly_on_both_sides(flows: list[Flow]) -> None:
    placed = layout(PLACES, flows)
    for node in placed.nodes:
        ends = [(link.flow.origin, link.left_y) for link in placed.links]
        if node.side == "right":
            ends = [(link.flow.destination, link.right_y) for link in placed.links]
        own = [
            (y, link.thickness)
            for (key, y), link in zip(ends, placed.links, strict=True)
            if key == node.place.key
        ]
        assert sum(thickness for _, thickness in own) == pytest.approx(node.height)
        edge = node.y
        for y, thickness in sorted(own):
            assert y == pytest.approx(edge)
            edge += thickness


@given(flows_of_any_size)
def test_thickness_is_in_proportion_to_customers(flows: list[Flow]) -> None:
    links = layout(PLACES, flows).links
    scales = {round(link.thickness / link.flow.customers, 9) for link in links}
    assert len(scales) <= 1 or max(scales) - min(scales) < 1e-6 * max(scales)


@given(flows_of_any_size)
def test_nodes_stand_in_the_given_order_without_touching(flows: list[Flow]) -> None:
    order = [place.key for place in PLACES]
    for side in ("left", "right"):
        nodes = [node for node in layout(PLACES, flows).nodes if node.side == side]
        assert [node.place.key for node in nodes] == [
            key for key in order if key in {n.place.key for n in nodes}
        ]
        for upper, lower in pairwise(nodes):
            assert lower.y - (upper.y + upper.height) == pytest.approx(NODE_GAP)


@given(flows_of_any_size)
def test_labels_never_overlap_and_stay_in_the_picture(flows: list[Flow]) -> None:
    root = drawn(flows)
    height = float(root.attrib["height"])
    labels = [node for node in root.iter(f"{SVG}text") if "node-label" in node.attrib["class"]]
    for anchor in ("start", "end"):
        places = sorted(float(node.attrib["y"]) for node in labels if node.attrib["text-anchor"] == anchor)
        assert all(below - above >= LABEL_GAP - 0.02 for above, below in pairwise(places))
        assert all(HEAD <= place <= height for place in places)


def test_by_value_the_same_moves_have_other_widths() -> None:
    by_value = layout(PLACES, FLOWS, by="value")
    widths = {(link.flow.origin, link.flow.destination): link.thickness for link in by_value.links}
    assert widths["gold", "gold"] == pytest.approx(7 * widths["silver", "silver"])
    assert ("new", "silver") not in widths  # nothing was worth anything: nothing to draw


def test_R4_the_words_and_rows_are_the_transition_counts() -> None:
    assert summary(PLACES, FLOWS) == (
        "Of 23 customers in a tier at the opening, 2 moved up, 3 moved down, 17 stayed "
        "and 1 left every tier; 4 came in."
    )
    assert rows(PLACES, FLOWS)[1][:4] == ("Gold", "Silver", 3, Decimal(30))
    assert rows(PLACES, FLOWS)[1][4] == pytest.approx(0.3)
    opening = [share for origin, _, _, _, share in rows(PLACES, FLOWS) if origin == "Silver"]
    assert sum(opening) == pytest.approx(1)


def test_a_flow_tells_its_names_count_and_share_and_links_to_its_people() -> None:
    root = drawn()
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert "Gold to Silver: 3 customers, 30, 30.0 % of Gold" in titles
    links = [link.attrib for link in root.iter(f"{SVG}a")]
    assert [link["href"] for link in links] == ["/moves?from=gold"]
    assert links[0]["aria-label"].startswith("Gold to Gold: 7 customers")
    assert root.attrib["role"] == "group"


def test_the_picture_speaks_and_is_an_image_without_links() -> None:
    root = drawn([Flow("gold", "gold", 7)])
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "Moves"
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert described.text == summary(PLACES, [Flow("gold", "gold", 7)])


def test_moves_are_told_apart_by_more_than_their_color() -> None:
    words = {node.text for node in drawn().iter(f"{SVG}text")}
    assert {"moved up", "moved down", "stayed", "joined or left"} <= words


def test_the_same_moves_give_the_same_bytes_in_any_order() -> None:
    forward = sankey(PLACES, FLOWS, title="Moves", opening="Q1", closing="Q2")
    assert forward == sankey(PLACES, FLOWS[::-1], title="Moves", opening="Q1", closing="Q2")


def test_hostile_names_are_text() -> None:
    root = drawn([Flow("x", "x", 1, href="/moves?a=1&b=2")], [Place("x", HOSTILE, 1)])
    assert not list(root.iter(f"{SVG}script"))
    assert any("<script>" in (title.text or "") for title in root.iter(f"{SVG}title"))


@pytest.mark.parametrize("href", ["javascript:alert(1)", "data:text/html,x", "//elsewhere.example", " /x"])
def test_an_address_that_is_no_page_is_refused(href: str) -> None:
    with pytest.raises(ValueError, match="links only to pages"):
        drawn([Flow("gold", "gold", 1, href=href)])


def test_faults_of_the_caller_are_named() -> None:
    with pytest.raises(ValueError, match="not both are places"):
        layout(PLACES, [Flow("gold", "platinum", 1)])
    with pytest.raises(ValueError, match="negative"):
        layout(PLACES, [Flow("gold", "gold", -1)])
    with pytest.raises(ValueError, match="no value to draw by"):
        layout(PLACES, [Flow("gold", "gold", 1)], by="value")


def test_nothing_moved_is_still_a_picture() -> None:
    root = drawn([])
    assert len([node for node in root.iter(f"{SVG}rect") if "node" in node.attrib["class"]]) == 4


def test_between_places_of_one_rank_nobody_goes_up_or_down() -> None:
    segments = [Place("cooks", "Cooks", 1), Place("families", "Families", 1), Place("none", "None")]
    flows = [Flow("cooks", "cooks", 5), Flow("cooks", "families", 3), Flow("families", "none", 1)]
    words = summary(segments, flows)
    assert words == (
        "Of 9 customers in a segment at the opening, 3 moved to another, 5 stayed and 1 left every segment; 0 came in."
    )
    assert {link.kind for link in layout(segments, flows).links} == {"stay", "moved", "foot"}
    text = sankey(segments, flows, title="Moves", opening="Q1", closing="Q2")
    assert "moved to another" in text and "moved up" not in text
