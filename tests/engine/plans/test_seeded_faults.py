"""The three example plans are clean, and each of the faults seeded into them is caught by its code."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from sterna.cli.files.known import read_known
from sterna.engine import plans
from sterna.engine.lake.beside import Beside
from sterna.engine.plans.codes import CATALOGUE
from sterna.engine.plans.document import body, of_body
from tests.engine.plans.faults import BANK, FAULTS, KNOWN, RETAIL, STREAM

EXAMPLES = Path(__file__).parents[3] / "examples"
# What is good to know of each of them and is as it should be.
CLEAN = {"R81-empty", "R19-not-available"}
# Shown below with many parts of a kind, which no edit of a few words makes.
MANY = {"R71-many", "R86-many", "R86-too-many"}


def text(example: str) -> str:
    return (EXAMPLES / example / "plan.yaml").read_text()


def found(example: str, written: str, **compared: Any) -> list[plans.Finding]:
    """What the check finds in `written`, beside the files of the example and compared with what is known there."""
    known = msgspec.structs.replace(read_known(EXAMPLES / example / "known.json"), **compared)
    return plans.check(plans.load(written, Beside(EXAMPLES / example)), known)


@pytest.mark.parametrize("example", [RETAIL, BANK, STREAM])
def test_R59_to_R88_an_example_says_everything_and_has_nothing_to_mend(example):
    assert {(one.code, one.severity) for one in found(example, text(example))} == {
        (code, "note") for code in CLEAN
    }
    plan = plans.load(text(example), Beside(EXAMPLES / example)).plan
    without = [field for field in plan.__struct_fields__ if getattr(plan, field) in (None, ())]
    # Only the streaming service has its goals by segments: those of the others are the tiers of the demo. None has so
    # many that it must say why.
    assert without == [*([] if example == STREAM else ["segments"]), "segments_reason"]


def test_R59_to_R88_there_are_at_least_sixty_seeded_faults():
    assert len({(fault.example, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS) >= 60
    assert {fault.example for fault in FAULTS} == {RETAIL, BANK, STREAM}


@pytest.mark.parametrize(
    "fault", FAULTS, ids=lambda fault: f"{fault.code}:{fault.example}:{fault.old.strip()[:24]}"
)
def test_R59_to_R88_each_seeded_fault_is_caught_by_its_code(fault):
    planted = fault.seed(text(fault.example))
    caught = [one for one in found(fault.example, planted) if one.code == fault.code]
    assert caught
    assert all(one.message and one.mend for one in caught)
    assert all(one.line is None or 1 <= one.line <= planted.count("\n") + 1 for one in caught)


@pytest.mark.parametrize(("code", "example", "field", "value"), KNOWN, ids=lambda part: str(part)[:24])
def test_R19_R64_R88_the_same_plan_is_judged_by_what_is_known(code, example, field, value):
    assert code in {one.code for one in found(example, text(example), **{field: value})}


@pytest.mark.parametrize(
    ("segments", "reason", "code"),
    [
        (6, None, None),
        (7, None, "R86-many"),
        (8, None, "R86-many"),
        (9, None, "R86-too-many"),
        (9, "  ", "R86-too-many"),
        (9, "Nine provinces, nine laws on offers", "R86-many"),
        (6, "Nine provinces, nine laws on offers", None),
    ],
)
def test_R86_seven_segments_are_warned_of_and_nine_refused_without_a_reason(segments, reason, code):
    plan = yaml.safe_load(text(STREAM)) | {"segments_reason": reason}
    plan["goals"] = [
        plan["goals"][0] | {"id": f"goal-{n}", "segment": f"segment {n}"} for n in range(segments)
    ]
    told = [one for one in found(STREAM, yaml.safe_dump(plan)) if one.code.startswith("R86")]
    assert [(one.code, one.severity) for one in told] == (
        [] if code is None else [(code, str(CATALOGUE[code].severities[0]))]
    )
    # Whoever signs the plan reads why, and whoever is refused how to say it.
    assert all((code == "R86-many" and segments > 8) == ("nine laws" in one.message) for one in told)
    assert all(("segments_reason" in one.mend) == (code == "R86-too-many") for one in told)


def test_R86_a_plan_that_gives_no_reason_is_the_plan_it_was_before_there_was_one():
    said = plans.load(text(STREAM), Beside(EXAMPLES / STREAM)).plan
    assert "segments_reason" not in body(said)
    given = msgspec.structs.replace(said, segments_reason="Nine provinces")
    assert body(given) == body(said) | {"segments_reason": "Nine provinces"}
    assert of_body(body(given)).plan == given


def test_R71_a_roadmap_of_more_than_a_thousand_steps_is_refused():
    plan = yaml.safe_load(text(STREAM))
    plan["roadmap"]["steps"] += [plan["roadmap"]["steps"][1] | {"id": f"step-{n}"} for n in range(1000)]
    assert "R71-many" in {one.code for one in found(STREAM, yaml.safe_dump(plan))}


def test_R75_each_code_of_the_catalogue_can_be_found():
    seeded = {fault.code for fault in FAULTS} | {code for code, *_ in KNOWN} | CLEAN
    assert set(CATALOGUE) - seeded == MANY
    assert seeded <= set(CATALOGUE)
