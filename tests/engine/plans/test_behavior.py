"""The change in behavior that a part is for: how it is counted, and its baseline beside what was counted."""

import json

import msgspec
import pytest

from sterna.cli.files.known import read_known
from sterna.engine import plans
from sterna.engine.errors import BadInput
from sterna.engine.plans.behavior import figure_of
from sterna.engine.plans.known import Counted
from sterna.engine.plans.parts import Counts
from sterna.engine.rules import Behavior
from tests.engine.plans.house import document, found, plan

CHANGE = {"metric": "visits", "baseline": 1, "target": 2, "window_days": 60, "evidence": "seen"}


def asset(**behavior: object) -> list[dict[str, object]]:
    stored = plans.body(plan())["assets"][0]
    return [
        {name: value for name, value in stored.items() if value is not None} | {"behavior": CHANGE | behavior}
    ]


def told(
    mean: float, error: float = 0.01, part: str | None = None, **behavior: object
) -> list[tuple[str, str]]:
    name = part or asset()[0]["id"]
    known = plans.Known(baselines={str(name): Counted(mean=mean, customers=1200, error=error)})
    return [(one.code, one.message) for one in found(known, assets=asset(**behavior))]


@pytest.mark.parametrize(
    ("counts", "figure"),
    [
        ({"of": "days"}, Behavior(of="days", least=0)),
        ({"of": "amount", "category": "MEAT"}, Behavior(of="amount", category="MEAT", least=0)),
        ({"kind": "call", "of": "times", "touchpoint": "shop"},
         Behavior(kind="call", of="times", touchpoint="shop", least=0)),
    ],
)  # fmt: skip
def test_R62_what_counts_a_metric_is_a_figure_of_the_rule_language(counts, figure):
    assert figure_of(Counts(**counts)) == figure
    assert found(assets=asset(counts=counts)) == []


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "None is no figure that everybody has"),
        ({"of": "joy"}, "'joy' is no figure that everybody has"),
        ({"of": "last"}, "'last' is no figure that everybody has"),
        ({"of": "share", "category": "MEAT"}, "'share' is no figure that everybody has"),
        ({"of": "amount", "kind": "call"}, "only purchases have amounts and categories"),
        ({"of": "categories", "category": "MEAT"}, "counts categories inside MEAT"),
        ({"of": "times", "kind": ""}, "length >= 1"),
    ],
)
def test_R62_what_no_event_can_count_is_refused_by_name(counts, said):
    with pytest.raises(BadInput, match=said):
        figure_of(Counts(**counts))
    [finding] = found(assets=asset(counts=counts))
    assert (finding.code, finding.severity) == ("R62-counts", "error")
    assert finding.where == "assets[0].behavior.counts" and said.split(" >=")[0] in finding.message


def test_R62_a_baseline_as_counted_says_nothing():
    assert told(1.0) == []
    assert told(1.09) == told(0.91) == [], "a tenth of the change that is wanted decides nothing"


@pytest.mark.parametrize("mean", [0.89, 1.11, 1.9, 0.0])
def test_R62_a_baseline_that_is_off_is_told_with_what_was_counted(mean):
    [(code, message)] = told(mean)
    assert code == "R62-counted"
    assert message.endswith(f"is 1, and {mean:.4g} was counted of 1,200 customers in 60 days")


def test_R62_a_baseline_that_is_off_by_less_than_can_be_told_apart_says_nothing():
    assert told(1.3, error=0.16) == []
    assert [code for code, _ in told(1.3, error=0.15)] == ["R62-counted"]


@pytest.mark.parametrize(
    ("mean", "baseline", "target"), [(2.0, 1, 2), (2.4, 1, 2), (0.5, 2, 0.5), (0.1, 2, 0.5)]
)
def test_R62_a_target_that_is_reached_already_is_told_upward_and_downward(mean, baseline, target):
    [(code, message)] = told(mean, baseline=baseline, target=target)
    assert code == "R62-reached" and message.endswith("it is reached already")


def test_R62_without_a_change_or_of_another_part_nothing_is_compared():
    assert told(9.0, part="another") == []
    assert "R62-counted" not in [code for code, _ in told(9.0, target=1)]
    assert found(plans.Known(baselines={}), assets=asset()) == []


def test_R62_slots_are_held_beside_what_was_counted_too():
    slot = {
        "id": "bill", "touchpoint": "mail", "text": "Hello", "default": "", "behavior": CHANGE,
    }  # fmt: skip
    known = plans.Known(baselines={"bill": Counted(mean=0.2, customers=9, error=0.0)})
    [finding] = [one for one in found(known, slots=[slot]) if one.code.startswith("R62")]
    assert (finding.code, finding.where) == ("R62-counted", "slots[0].behavior.baseline")
    assert finding.mend == "write 0.2"


def test_R62_a_plan_without_counts_is_stored_as_before():
    bare, counting = (plans.body(plan(assets=asset(**more))) for more in ({}, {"counts": {"of": "days"}}))
    assert "counts" not in bare["assets"][0]["behavior"]
    assert counting["assets"][0]["behavior"]["counts"]["of"] == "days"
    again = plans.of_body(msgspec.json.decode(msgspec.json.encode(counting))).plan
    assert plans.body(again) == counting and plans.sha(again) != plans.sha(plans.of_body(bare).plan)


def test_R62_what_means_nothing_among_the_counts_is_named():
    read = document(assets=asset(counts={"of": "days", "joy": 1})).findings[0]
    assert (read.code, read.where) == ("format-unknown", "assets[0].behavior.counts.joy")


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        ({"mean": 1.0, "customers": 0}, "counted of nobody"),
        ({"mean": 1.0, "customers": 5, "error": -0.1}, "an error below 0"),
        ({"mean": "many", "customers": 5}, "Expected `float`"),
    ],
)
def test_R62_baselines_in_a_file_that_cannot_be_are_refused(tmp_path, counted, said):
    path = tmp_path / "known.json"
    path.write_text(json.dumps({"baselines": {"voucher": counted}}))
    with pytest.raises(BadInput, match=said):
        read_known(path)
