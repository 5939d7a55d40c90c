"""The published schema of a plan: what the code makes, true of the examples, and false of what is misspelled."""

import json
from datetime import date
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from sterna.engine import plans
from sterna.engine.plans.schema import schema
from tests.docs.pages import ROOT
from tests.docs.plan_schema_page import PAGE, as_json
from tests.engine.flow.small_world import PLAN

EXAMPLES = ("retail", "bank", "subscription")
VALIDATOR = Draft202012Validator(schema())


def as_an_editor_reads(text: str) -> Any:
    """The values of YAML with days as texts, as a checker of schemas has them."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, list):
            return [plain(each) for each in value]
        return value.isoformat() if isinstance(value, date) else value

    return plain(yaml.safe_load(text))


def faults(text: str) -> list[str]:
    return [fault.json_path for fault in VALIDATOR.iter_errors(as_an_editor_reads(text))]


def test_the_published_schema_is_the_one_that_the_code_makes():
    assert PAGE.read_text(encoding="utf-8") == as_json(), "run `make docs`"


def test_it_is_a_schema_itself():
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_a_plan_by_it(name):
    assert faults((ROOT / "examples" / name / "plan.yaml").read_text(encoding="utf-8")) == []


def test_the_small_plan_and_what_is_stored_of_it_are_plans_by_it():
    assert faults(PLAN) == []
    stored = plans.body(plans.load(PLAN, lambda name: name).plan)
    assert [
        fault.json_path for fault in VALIDATOR.iter_errors(json.loads(json.dumps(stored, default=list)))
    ] == []


WRONG = [
    ("plan: spring", "plann: spring", "$"),
    ("budget: 20.00", "budget: much", "$.budget"),
    ("budget: 20.00", "budget: [20.00]", "$.budget"),
    ("version: 1", "version: one", "$.version"),
    ("customers: 3", "customers: 3.5", "$.goals[0].customers"),
    ("rest_days: 30", "rest_day: 30", "$.assets[0]"),
    ("{share: 0.20,", "{share: a fifth,", "$.hold_out"),
    ("preference: 1", "preferred: 1", "$.assets[0].routes[0]"),
    ('text: "For', 'texts: "For', "$.messages[0].variants.email"),
    ("cap: {contacts: 3, days: 30}", "cap: 3", "$.assets[0].cap"),
]


@pytest.mark.parametrize(("before", "after", "where"), WRONG, ids=lambda part: str(part)[:24])
def test_what_is_misspelled_or_of_another_kind_is_named_and_refused_by_reading_too(before, after, where):
    assert before in PLAN
    text = PLAN.replace(before, after, 1)
    assert faults(text) == [where]
    read = plans.load(text, lambda name: name)
    assert [one for one in read.findings if one.code.startswith(("format", "money"))]


def test_a_text_may_stand_in_a_file_beside_the_plan():
    assert faults(PLAN.replace('mjml: "<mjml/>"', "mjml_file: hello.mjml")) == []
    assert faults(PLAN.replace('subject: "Hello"', "subject_files: hello.txt")) == [
        "$.messages[0].variants.email"
    ]


@pytest.mark.parametrize("name", sorted(schema()["$defs"]))
def test_each_part_says_what_it_is(name):
    part = schema()["$defs"][name]
    assert len(part["description"]) > 20
    assert part["additionalProperties"] is False
    assert part["properties"]
