"""How a told plan writes single values, orders its sections, and sets blocks as elements."""

from datetime import date
from decimal import Decimal

import pytest

from sterna.engine import plans
from sterna.engine.lake.shipped import shipped
from sterna.engine.plans import told
from sterna.engine.plans.parts import Behavior, Cap, Message, Route, Use, Variant
from sterna.engine.plans.told.fields import facts, shown, table
from tests.engine.plans.house import plan


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        (0, "0"),
        (20_000, "20,000"),
        (0.2, "0.2"),
        (-0.01, "-0.01"),
        (Decimal("1234.50"), "1,234.50"),
        (Decimal("0.00"), "0.00"),
        (date(2017, 6, 30), "2017-06-30"),
        (("a", "b"), "a, b"),
        ((), ""),
        ({"top": "first", "leaf": "second"}, "top: first; leaf: second"),
    ],
)
def test_a_value_is_written_for_people_and_what_is_not_written_is_no_zero(value, said):
    assert shown(value) == said


def test_the_facts_of_a_part_leave_out_what_nobody_wrote():
    asset = plans.Plan(version=3, opens=date(2017, 7, 1), budget=Decimal("0.00"), name="autumn")
    assert facts(asset) == (
        ("plan", "autumn"),
        ("version", "3"),
        ("opens", "2017-07-01"),
        ("budget", "0.00"),
    )
    assert facts(None) == () and facts(Behavior()) == ()
    assert facts(Use(fact_class="taste.wine")) == (("class", "taste.wine"),)
    assert facts(Variant(mjml="<mjml/>", text="Hello"), told.LEFT_OUT) == (("text", "Hello"),)


def test_a_table_has_a_column_for_what_one_of_its_rows_has():
    block = table([Route(medium="email", planned=10), Route(medium="letter", capacity=0)], "Routes")
    assert block.heading == "Routes" and block.head == ("medium", "contacts planned", "contacts at most")
    assert block.rows == (("email", "10", ""), ("letter", "", "0"))


def test_a_part_inside_a_part_is_told_under_its_name_and_a_list_of_parts_is_not_a_fact():
    one = plans.of_body({"assets": [{"id": "a", "cap": {"contacts": 3, "days": 30}, "routes": [{}]}]})
    assert facts(one.plan.assets[0]) == (
        ("short name", "a"),
        ("a customer at most: contacts", "3"),
        ("a customer at most: within", "30 days"),
    )
    assert facts(Cap(contacts=1)) == (("contacts", "1"),)
    assert facts(Message(id="m", variants={"email": Variant(text="x")})) == (("short name", "m"),)


def headings(of: plans.Plan) -> list[str]:
    return [section.heading for section in told.tell(of).sections]


def test_what_serves_no_goal_is_told_once_and_only_where_there_is_any():
    assert "What serves no goal" not in headings(plans.Plan())
    asset = {"id": "answer", "title": "An answer", "message": "said"}
    deal = {"id": "deal", "asset": "nothing"}
    lone = plan(goals=[], assets=[asset], exchanges=[deal], messages=[{"id": "said"}, {"id": "unsaid"}])
    (rest,) = [one for one in told.tell(lone).sections if one.heading == "What serves no goal"]
    assert [block.heading for block in rest.blocks] == [
        "Asset: An answer",
        "Message: said",
        "Exchange: deal",
        "Message: unsaid",
    ]


def test_the_steps_of_the_roadmap_are_numbered_in_their_order_with_the_share_that_goes_on():
    steps = [{"id": "asked", "enters": 900}, {"id": "answered"}]
    edges = [{"from": "asked", "to": "answered", "pass_through": 0.25}]
    page = told.fragment(told.tell(plan(roadmap={"steps": steps, "edges": edges})))
    assert page.index("<h3>1. asked</h3>") < page.index("<h3>2. answered</h3>")
    assert "<td>asked</td><td>answered</td><td>25 %</td>" in page
    assert "Roadmap" not in headings(plan(roadmap={}))


def test_a_block_is_set_with_its_words_facts_and_table_and_nothing_where_it_has_none():
    full = told.Block(heading="H", words="W", facts=(("n", "v"),), head=("c",), rows=(("r",),))
    telling = told.Told(title="T", sections=(told.Section(heading="S", blocks=(full, told.Block())),))
    page = told.fragment(telling)
    assert "<h2>S</h2><h3>H</h3><p>W</p><dl><dt>n</dt><dd>v</dd></dl>" in page
    assert '<th scope="col">c</th>' in page and "<td>r</td>" in page
    assert page.endswith("</table></div></section></article>"), "an empty block leaves nothing"
    assert "told-own-page" not in page


def test_a_table_that_is_wider_than_the_page_can_be_reached_and_is_named():
    block = told.Block(heading="Routes", head=("a",), rows=(("b",),))
    page = told.fragment(told.Told(title="T", sections=(told.Section(heading="S", blocks=(block,)),)))
    assert 'role="region"' in page and 'aria-label="Routes"' in page and 'tabindex="0"' in page


def test_what_ships_with_the_package_is_read_from_it():
    assert "sys.inputs.told" in shipped("sterna.engine.plans.told", "told.typ")
    with pytest.raises(FileNotFoundError):
        shipped("sterna.engine.plans.told", "absent.typ")
