"""The shipped taxonomies are sound, rich, and hold every class that the demo uses; the schema is the published one."""

import json
import re
import tomllib
from pathlib import Path, PurePath

import pytest
import yaml

import sterna
from sterna.engine.taxonomy import check, load, orphans, schema
from sterna.engine.taxonomy.document import Head, TaxonomyClass
from tests.engine.taxonomy.trees import EXAMPLES, RESORT, example

NAMES = ("retail", "private-banking")
ROOT = Path(__file__).resolve().parents[3]


def document(name):
    return load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_findings_at_all(name):
    assert check(document(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_higher_middle_and_lower_classes(name):
    tree = example(name)
    assert len(tree.ids()) >= 40
    assert {1, 2, 3} <= {tree.level(one) for one in tree.ids()}


@pytest.mark.parametrize("name", NAMES)
def test_what_may_be_kept_goes_stale_or_is_a_name(name):
    tree = example(name)
    timeless = [one for one in tree.ids() if tree.may_keep(one) and tree.freshness_days(one) is None]
    assert {one.partition(".")[0] for one in timeless} <= {"name"}


@pytest.mark.parametrize("name", NAMES)
def test_questions_are_whole_sentences(name):
    tree = example(name)
    asked = [
        text
        for one in tree.ids()
        for part in ("questions", "follow_ups")
        for text in getattr(tree.at(one), part).values()
    ]
    assert len(asked) >= 15
    assert [text for text in asked if not re.fullmatch(r"[A-Z].*[?.]", text)] == []


def test_R65_private_banking_goes_down_to_the_branded_resort():
    assert [
        example("private-banking").at(one).title
        for one in [RESORT, *example("private-banking").ancestors(RESORT)]
    ][::-1] == [
        "Leisure",
        "Travel",
        "Travel for pleasure",
        "Travel for pleasure with the family",
        "Travel for pleasure with the family at a branded resort",
    ]


def demo_classes():
    """The classes that the demo's mapping fills, its plan wants and its messages use."""
    retail = ROOT / "examples/retail"
    mapping, plan = (
        yaml.safe_load((retail / name).read_text("utf-8")) for name in ("mapping.yaml", "plan.yaml")
    )
    filled = [name for spec in mapping["imports"] for name in (spec.get("facts") or {})]
    wanted = [asset["wants"]["class"] for asset in plan["assets"] if asset.get("wants")]
    used = [use["class"] for message in plan["messages"] for use in message.get("uses", [])]
    return [*filled, *wanted, *used]


def test_R64_the_demo_uses_no_orphan():
    used = demo_classes()
    assert {"demography.age", "shopping.category", "shopping.room_category"} <= set(used)
    assert orphans(document("retail"), used) == []


def test_sensitive_classes_are_never_kept_or_only_for_service():
    for name in NAMES:
        tree = example(name)
        sensitive = [one for one in tree.ids() if tree.is_sensitive(one)]
        assert len(sensitive) >= 3
        assert {tree.purposes(one) for one in sensitive} == {(), ("service",)}


def test_the_published_schema_is_the_one_the_code_makes():
    published = json.loads((EXAMPLES / "taxonomy.schema.json").read_text(encoding="utf-8"))
    assert published == json.loads(json.dumps(schema()))


def test_what_is_shipped_lies_in_the_package_and_is_packed_with_it():
    package = Path(sterna.__file__).parent
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packed = patterns["package-data"]["sterna"]
    shipped = [Path(str(each)) for each in EXAMPLES.iterdir()]
    assert {f"{name}{kind}.yaml" for name in NAMES for kind in ("", ".rules", ".notes")} < {
        each.name for each in shipped
    }
    for each in shipped:
        inside = each.relative_to(package)
        assert any(PurePath(inside).match(pattern.removeprefix("**/")) for pattern in packed), inside


def test_the_schema_names_every_field_and_forbids_others():
    defined = schema()["$defs"]
    assert set(defined["TaxonomyClass"]["properties"]) == set(TaxonomyClass.__struct_fields__)
    heads = {"taxonomy" if name == "name" else name for name in Head.__struct_fields__}
    assert set(defined["Taxonomy"]["properties"]) == heads | {"classes"}
    assert not defined["TaxonomyClass"]["additionalProperties"]


def test_the_taxonomy_of_the_how_to_is_sound():
    page = (ROOT / "docs/how-to/facts-and-taxonomy.md").read_text(encoding="utf-8")
    first = re.findall(r"```yaml\n(.*?)```", page, flags=re.S)[0]
    assert check(load(first)) == []
    named = set(re.findall(r"^\| (.+?) \|", page, flags=re.M))
    explained = {word for cell in named for word in re.findall(r"`(\w+)[^`]*`", cell)}
    fields = {*TaxonomyClass.__struct_fields__, "higher", "most_levels"}
    assert fields - {"id", "title", "parent"} <= explained
