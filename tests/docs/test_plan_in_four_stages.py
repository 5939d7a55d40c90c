"""The parts of a plan on their page fit the example beside it, and their figures are those that are reckoned."""

import re
from functools import cache

import yaml

from sterna.engine import plans
from sterna.engine.lake.beside import Beside
from sterna.engine.plans.data import most_fields
from sterna.engine.plans.parts import Touchpoint
from sterna.engine.rules import AVERAGED
from sterna.engine.taxonomy import Tree, load
from tests.docs.pages import DOCS, ROOT

PAGE = (DOCS / "how-to/plan-in-four-stages.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples/retail/plan.yaml"
SHIPPED = ROOT / "src/sterna/engine/taxonomy/shipped/retail.yaml"


@cache
def document() -> plans.Document:
    """The example with the parts of the page in the place of its own, and nothing that names those."""
    parts, _ = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    written = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    written.pop("slots", None)
    for part in (*written["assets"], *written["exchanges"]):
        part.pop("needs", None)
        part.pop("asks", None)
    text = yaml.safe_dump(written | yaml.safe_load(parts), sort_keys=False, allow_unicode=True)
    return plans.load(text, Beside(EXAMPLE.parent))


def test_R60_R64_R71_R73_R87_the_parts_of_the_page_fit_the_example_with_nothing_to_mend():
    tree = Tree(load(SHIPPED.read_text(encoding="utf-8")))
    parents = {name: tree.at(name).parent or "" for name in tree.ids()}
    found = plans.check(document(), plans.Known(parents=parents))
    assert plans.errors(found) == []
    assert [one for one in found if one.code.startswith(("R60", "R64", "R65", "R71", "R73", "R87"))] == []


def test_R71_the_customers_of_the_page_are_those_of_the_flow():
    roadmap = document().plan.roadmap
    assert roadmap is not None
    assert round(plans.flow(roadmap)["asked"]) == 914 and "900 / (1 - 0.015) = 914" in PAGE


def test_R87_the_table_of_the_page_is_what_the_check_compares_with():
    rows = {name: int(count) for name, count in re.findall(r"^\| (.+?) \| (\d+) \|$", PAGE, re.M)}
    points = {
        "point of sale: customers come in to a person, or get a receipt": [
            ("person", "inbound"),
            ("receipt", "inbound"),
        ],
        "phone, or a person elsewhere": [("phone", "both"), ("person", "both"), ("person", "outbound")],
        "web, letter, e-mail, a receipt that goes out": [
            ("web", "inbound"),
            ("letter", "outbound"),
            ("email", "both"),
            ("receipt", "outbound"),
        ],
        "SMS, notification": [("sms", "outbound"), ("notify", "outbound")],
        "anything else": [("kiosk", "inbound")],
    }
    held = {
        name: {most_fields(Touchpoint(medium=medium, direction=direction)) for medium, direction in listed}
        for name, listed in points.items()
    }
    assert held == {name: {count} for name, count in rows.items()}


def test_R62_the_behavior_of_the_page_is_that_of_the_example():
    _, behavior = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    written = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["assets"][0]["behavior"]
    assert yaml.safe_load(behavior)["behavior"] == {
        name: value for name, value in written.items() if name != "evidence"
    }
    assert all(f"`{name}`" in PAGE for name in AVERAGED)


def test_R71_the_commands_of_the_page_draw_the_roadmap(tmp_path):
    from sterna.cli.desk import roadmap

    commands = re.findall(r"^sterna plan roadmap (\S+) --out (\S+)$", PAGE, re.M)
    assert [name for _, name in commands] == ["roadmap.svg", "roadmap.png"]
    for path, name in commands:
        roadmap.draw(ROOT / path, tmp_path / name)
    assert (tmp_path / "roadmap.svg").read_bytes().startswith(b"<?xml")
    assert (tmp_path / "roadmap.png").read_bytes().startswith(b"\x89PNG")
