"""The roadmap of a plan as it is drawn: the stored graph and nothing else, with the expected customers beside it."""

import re
from xml.etree import ElementTree as ET

from sterna.desk.dashboards.roadmap_picture import EVERY_STAGE, roadmap_picture
from sterna.engine import plans
from tests.engine.plans.house import plan

SVG = "{http://www.w3.org/2000/svg}"
POINT = {"direction": "both", "purpose": "sales", "owner": "Ben", "medium": "web"}
POINTS = [POINT | {"id": name, "title": name.capitalize()} for name in ("mail", "page", "shop")]
STEPS = [
    {"id": "order", "touchpoint": "shop", "behavior": "orders"},
    {"id": "visit", "touchpoint": "page"},
    {"id": "mail", "touchpoint": "mail", "asset": "voucher", "behavior": "opens it", "enters": 1000},
    {"id": "again", "touchpoint": "shop", "behavior": "orders again"},
]
WAYS = [
    {"from": "mail", "to": "visit", "pass_through": 0.25},
    {"from": "visit", "to": "order", "pass_through": 0.4},
    {"from": "order", "to": "again", "pass_through": 0.5},
    {"from": "again", "to": "order", "pass_through": 0.2},
]


def made(**roadmap: object) -> plans.Plan:
    return plan(touchpoints=POINTS, roadmap={"steps": STEPS, "edges": WAYS} | roadmap)


def titles(svg: str) -> list[str]:
    """What the parts of the picture say on hover, which is what stands in them in full."""
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}title")]


def test_R71_the_drawn_graph_equals_the_stored_one():
    picture = roadmap_picture(made())
    assert picture is not None
    said = titles(picture.svg)
    way = re.compile(r"(.+) to (.+): (\d+)\s?% go on")
    drawn = {match.groups() for match in map(way.fullmatch, said) if match}
    assert drawn == {
        ("Mail", "Page", "25"),
        ("Page", "Shop, order", "40"),
        ("Shop, order", "Shop, again", "50"),
        ("Shop, again", "Shop, order", "20"),
    }
    assert {text for text in said if not way.fullmatch(text)} == {
        EVERY_STAGE,
        "Mail: opens it, in exchange for Two dollars off",
        "Page: no behavior yet",
        "Shop, order: orders",
        "Shop, again: orders again",
    }


def test_R71_steps_stand_from_left_to_right_as_they_are_walked_however_they_are_written():
    picture = roadmap_picture(made())
    assert picture is not None
    boxes = [box for box in ET.fromstring(picture.svg).iter(f"{SVG}g") if box.find(f"{SVG}rect") is not None]
    at = {
        box.findtext(f"{SVG}title", "").split(":")[0]: float(box.find(f"{SVG}rect").get("x")) for box in boxes
    }
    assert sorted(at, key=lambda name: at[name]) == ["Mail", "Page", "Shop, order", "Shop, again"]
    assert len(set(at.values())) == 4


def test_R71_the_table_beside_it_has_the_customers_expected():
    picture = roadmap_picture(made())
    assert picture is not None and picture.table is not None
    # Of 1000 a quarter visit, two fifths of them order: 100, and 100 / (1 - .5 x .2) with those who come back.
    assert [(row.cells[0], row.cells[-1]) for row in picture.table.rows] == [
        ("Mail", 1000),
        ("Page", 250),
        ("Shop, order", 111),
        ("Shop, again", 56),
    ]
    assert picture.summary.startswith("4 steps; 1,000 customers enter. Mail to Page: ")


def test_R71_lanes_are_the_stages_of_the_relationship_in_which_the_carrot_is_offered():
    body = plans.body(made())
    body["assets"][0]["stages"] = ["new", "regular"]
    picture = roadmap_picture(plans.of_body(body).plan)
    assert picture is not None
    assert {"New or regular", EVERY_STAGE} <= set(titles(picture.svg))


def test_R71_a_draft_without_a_flow_is_drawn_as_far_as_it_goes():
    broken = [*WAYS, {"from": "mail", "to": "nowhere", "pass_through": 0.1}, {"from": "again", "to": "again"}]
    over = {"from": "mail", "to": "order", "pass_through": 0.9}
    picture = roadmap_picture(made(edges=[*broken, over]))
    assert picture is not None and picture.table is not None
    assert [row.cells[-1] for row in picture.table.rows] == [None] * 4
    said = titles(picture.svg)
    assert "Shop, again to Shop, again: pass-through unknown" in said
    assert not any("nowhere" in text for text in said)


def test_R71_names_from_outside_are_text_and_no_markup():
    hostile = [POINTS[0], POINTS[1] | {"title": "<script>alert(1)</script>"}, POINTS[2]]
    picture = roadmap_picture(plan(touchpoints=hostile, roadmap={"steps": STEPS, "edges": WAYS}))
    assert picture is not None and "<script" not in picture.svg


def test_a_plan_without_a_roadmap_has_no_picture():
    assert roadmap_picture(plan()) is None
    assert roadmap_picture(made(steps=[], edges=[])) is None
