"""The document of a plan tells all that a person wrote, a page for each segment, and nothing in it becomes markup."""

import io
import re
from collections.abc import Iterator
from copy import deepcopy
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from sterna.engine import plans
from sterna.engine.lake.beside import Beside
from sterna.engine.plans import told
from tests.engine.plans.house import document, plan

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NAMES = ("retail", "bank", "subscription")
HOSTILE = '<script>alert("1")</script> #panic() *bold* $x$ @nobody // \\ [a] `c` & é'


def example(name: str) -> plans.Plan:
    path = EXAMPLES / name / "plan.yaml"
    return plans.load(path.read_text(encoding="utf-8"), Beside(path.parent)).plan


def leaves(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value that stands in a body, with the way to it."""
    if isinstance(part, dict | list):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            yield from leaves(value, (*path, key))
    elif part is not None:
        yield path, part


# Fields whose numbers are told as percent, or as points of percent.
PERCENT = {
    *("share", "smallest_effect", "expected_rate", "take_up", "lift", "low", "high", "expected_fill"),
    *("pass_through", "promotion_at_most", "service_at_least", "at_least"),
}


def marked(value: Any, number: int, field: Any) -> tuple[Any, str]:
    """A value of the same kind that stands nowhere else, and how it is read by people."""
    if field in PERCENT:
        return 81_000.5 + number, f"{8_100_050 + 100 * number:,} "
    if isinstance(value, int):
        return 7_000_001 + number, f"{7_000_001 + number:,}"
    if isinstance(value, float):
        return 81_000.5 + number, f"{81_000.5 + number:,}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return "2191-03-07", "2191-03-07"
    if re.fullmatch(r"-?\d+\.\d\d", value):
        return f"9{number}.37", f"{float(f'9{number}.37'):,.2f}"
    return f"zq{number}qz", f"zq{number}qz"


def words(plan_of: plans.Plan) -> str:
    return msgspec.json.encode(told.tell(plan_of)).decode()


@pytest.mark.parametrize("name", NAMES)
def test_R75_every_value_that_is_written_is_told_and_follows_when_it_changes(name):
    body = msgspec.json.decode(msgspec.json.encode(example(name)))
    listed = list(leaves(body))
    assert len(listed) > 200
    for number, (path, value) in enumerate(listed):
        if path[-1] in told.LEFT_OUT:
            continue
        changed = deepcopy(body)
        held: Any = changed
        for key in path[:-1]:
            held = held[key]
        held[path[-1]], seen = marked(value, number, path[-1])
        assert seen in words(plans.of_body(changed).plan), f"{path} is not told"


def test_R75_what_is_left_out_has_a_reason_and_is_left_out():
    assert set(told.LEFT_OUT) == {"mjml"} and all(len(why) > 20 for why in told.LEFT_OUT.values())
    retail = example("retail")
    assert any(variant.mjml for message in retail.messages for variant in message.variants.values())
    assert "<mjml" not in words(retail)


@pytest.mark.parametrize("name", NAMES)
def test_R75_each_segment_or_place_has_one_page_with_its_goals_and_assets(name):
    whole = example(name)
    goals = [(one.segment and f"Segment: {one.segment}") or f"Place: {one.from_place}" for one in whole.goals]
    pages = [one for one in told.tell(whole).sections if one.heading.startswith(("Segment: ", "Place: "))]
    assert [page.heading for page in pages] == list(dict.fromkeys(goals))
    for page in pages:
        mine = {goal.id for goal, at in zip(whole.goals, goals, strict=True) if at == page.heading}
        heads = {block.heading for block in page.blocks}
        assert page.own_page and {f"Goal: {one}" for one in mine} <= heads
        assets = {f"Asset: {one.title}" for one in whole.assets if mine & set(one.goals)}
        assert assets == {head for head in heads if head.startswith("Asset: ")}


@pytest.mark.parametrize("name", NAMES)
def test_R75_the_pdf_has_a_page_for_each_segment_with_its_heading_at_the_top(name):
    telling = told.tell(example(name))
    pages = [page.extract_text().strip() for page in PdfReader(io.BytesIO(told.as_pdf(telling))).pages]
    own = [section.heading for section in telling.sections if section.own_page]
    assert len(own) >= 3
    for heading in own:
        assert [page.startswith(heading) for page in pages].count(True) == 1, heading
    assert pages[0].startswith(telling.title)


def test_R75_the_same_plan_gives_the_same_bytes():
    telling = told.tell(plan())
    assert told.as_pdf(telling) == told.as_pdf(telling)
    assert told.as_pdf(telling) != told.as_pdf(told.tell(plan(title="Another")))


def test_R75_nothing_that_is_written_becomes_markup():
    telling = told.tell(plan(title=HOSTILE, owner=HOSTILE))
    html = told.as_html(telling)
    assert "<script" not in html and html.count("&lt;script&gt;") >= 3
    assert HOSTILE in unescape(html)
    pages = PdfReader(io.BytesIO(told.as_pdf(telling))).pages
    set_as = "".join(page.extract_text() for page in pages)
    for sign in ("<script>", "#panic()", "*bold*", "$x$", "@nobody", "[a]", "`c`", "\\"):
        assert sign in set_as, sign


def test_R75_the_expected_value_is_reckoned_and_what_is_not_known_is_said():
    goal = {"id": "up", "from": "low", "to": "high", "size": 950, "expected_rate": 0.24}
    known = told.tell(plan(goals=[goal | {"value_of_response": 95.00}], currency="USD"))
    assert "21,660.00 USD" in told.fragment(known)  # 950 x 0.24 x 95.00
    unknown = told.tell(plan(goals=[goal], currency="USD"))
    assert "<dt>expected value</dt><dd>not known</dd>" in told.fragment(unknown)


@pytest.mark.parametrize(
    ("name", "segments", "media", "purposes", "combinations"),
    [("retail", 4, 3, 2, 9), ("bank", 2, 3, 1, 4), ("subscription", 3, 4, 3, 6)],
)
def test_R86_the_document_tells_how_much_the_plan_keeps_apart(name, segments, media, purposes, combinations):
    apart = f"segments: {segments}; media: {media}; purposes: {purposes}; combinations: {combinations}"
    assert f"<dt>treated apart</dt><dd>{apart}</dd>" in told.fragment(told.tell(example(name)))


def test_R86_a_plan_that_contacts_nobody_keeps_nothing_apart():
    assert "treated apart" not in told.fragment(told.tell(plan(assets=[])))


def test_R75_a_segment_tells_its_manager_and_one_without_says_so():
    goal = {"id": "up", "segment": "young", "from": "low", "to": "high"}
    managed = told.tell(plan(goals=[goal]), plans.Known(segments={"young": "Ada Lind"}))
    assert "<h2>Segment: young</h2><dl><dt>manager</dt><dd>Ada Lind</dd>" in told.fragment(managed)
    for known in (plans.Known(), plans.Known(segments={"young": ""})):
        assert "<dt>manager</dt><dd>not known</dd>" in told.fragment(told.tell(plan(goals=[goal]), known))


def test_R75_contacts_planned_are_summed_over_routes_and_none_planned_is_no_zero():
    assets = [msgspec.to_builtins(plan())["assets"][0]]
    goal = assets[0]["goals"][0]
    route = {"medium": "email", "touchpoint": "mail"}
    assets[0]["routes"] = [route | {"planned": 1_100}, route | {"planned": 234}, route]
    goals = [{"id": goal, "from": "low", "to": "high"}]
    assert "<dd>1,334, with those" in told.fragment(told.tell(plan(goals=goals, assets=assets)))
    assets[0]["routes"] = [route]
    planless = told.fragment(told.tell(plan(goals=goals, assets=assets)))
    assert "<dt>contacts planned</dt><dd>not planned</dd>" in planless


def test_R75_what_the_check_finds_and_what_stands_outside_of_the_plan_is_told():
    held = document(budget="0.00")
    found = plans.check(held)
    page = told.fragment(told.tell(held.plan, found=found, standing=(("state", "Draft"),)))
    assert "<td>money-budget</td>" in page and "<dt>state</dt><dd>Draft</dd>" in page
    assert "Nothing to mend." in told.fragment(told.tell(held.plan)) and "Nothing to mend." not in page


def test_R75_an_empty_plan_is_a_document_too():
    telling = told.tell(plans.Plan())
    assert telling.title == "A plan" and "What the check found" in told.as_html(telling)
    assert len(PdfReader(io.BytesIO(told.as_pdf(telling))).pages) >= 1


def test_a_page_that_stands_by_itself_brings_its_style_and_fetches_nothing():
    html = told.as_html(told.tell(plan()))
    assert html.startswith("<!DOCTYPE html>") and "break-before: page" in html
    assert not re.search(r"(src|href)=|@import|url\(", html)
