"""The four stages: each with an owner, a day and a proof, in order, and closed in order."""

import pytest

from sterna.engine import plans
from tests.engine.plans.house import codes, found, plan

DAYS = {"goals": "2017-04-30", "data": "2017-05-31", "exchanges": "2017-06-15", "roadmap": "2017-06-30"}


def stages(**changes: dict[str, object] | None) -> list[dict[str, object]]:
    """The four stages, one with some fields written anew, or left out where it is None."""
    plain = {name: {"id": name, "owner": "Ada", "by": day, "proof": "signed"} for name, day in DAYS.items()}
    return [
        one | (changes.get(name) or {})
        for name, one in plain.items()
        if name not in changes or changes[name] is not None
    ]


def test_R73_four_stages_in_order_have_nothing_to_mend():
    assert plans.STAGES == ("goals", "data", "exchanges", "roadmap")
    assert codes(stages=stages()) == []


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        ({"owner": None}, "R73-owner", "error"),
        ({"by": None}, "R73-day", "error"),
        ({"proof": None}, "R73-proof", "error"),
        ({"by": "2017-04-29"}, "R73-order", "error"),
        ({"by": "2017-04-30"}, "", ""),
        ({"by": "2017-06-16"}, "R73-order", "error"),
    ],
)
def test_R73_each_stage_has_an_owner_a_proof_and_a_day_no_earlier_than_the_one_before(change, code, severity):
    assert [(one.code, one.severity) for one in found(stages=stages(data=change))] == (
        [(code, severity)] if code else []
    )


def test_R73_one_stage_too_early_is_told_once():
    early = stages(data={"by": "2017-04-01"})
    (finding,) = found(stages=early)
    assert finding.where == "stages[1].by"
    assert "stage data is due on 2017-04-01, before stage goals, due on 2017-04-30" in finding.message


def test_R73_a_stage_that_is_missing_is_an_error_where_the_others_stand_as_is_a_foreign_or_doubled_one():
    (missing,) = found(stages=stages(exchanges=None))
    assert (missing.code, missing.severity) == ("R73-missing", "error")
    assert missing.message.startswith("the plan has no stage exchanges:")
    assert codes(stages=[*stages(), {"id": "party", "owner": "A", "by": "2017-06-30", "proof": "p"}]) == [
        "R73-unknown"
    ]
    assert codes(stages=[*stages(), stages()[-1]]) == ["R73-twice", "R73-twice"]


def test_R73_a_plan_of_before_without_any_stage_is_warned_of_once():
    (missing,) = found(stages=[])
    assert (missing.code, missing.severity) == ("R73-missing", "warning")


def test_R73_stages_stand_in_the_order_in_which_they_are_closed():
    assert codes(stages=stages()[::-1]) == ["R73-sequence"]


def test_R73_a_stage_due_after_the_plan_is_over_is_looked_at():
    assert codes(stages=stages(roadmap={"by": "2018-01-01"})) == ["R73-late"]
    assert codes(stages=stages(roadmap={"by": "2017-12-31"})) == []


def test_R73_stage_three_cannot_close_before_stage_two():
    written = plan(stages=stages()).stages
    assert plans.may_close(written, {"goals"}, "exchanges") == (
        "stage 3 (exchanges) cannot close before stage 2 (data)"
    )
    assert plans.may_close(written, {"goals", "data"}, "exchanges") is None


@pytest.mark.parametrize("count", range(4))
def test_R73_only_the_next_stage_can_be_closed(count):
    written, closed = plan(stages=stages()).stages, plans.STAGES[:count]
    answers = [plans.may_close(written, closed, stage) for stage in plans.STAGES]
    assert [answer is None for answer in answers] == [index == count for index in range(4)]
    assert all("closed already" in str(answer) for answer in answers[:count])


def test_R73_a_stage_that_is_not_listed_still_comes_first_and_cannot_be_closed():
    written = plan(stages=stages(data=None)).stages
    assert "cannot close before stage 2" in str(plans.may_close(written, {"goals"}, "exchanges"))
    assert "does not list the stage data" in str(plans.may_close(written, {"goals"}, "data"))
    assert "no stage" in str(plans.may_close(written, set(), "party"))


@pytest.mark.parametrize("field", ["owner", "proof"])
def test_R73_a_stage_without_owner_or_proof_cannot_be_closed(field):
    written = plan(stages=stages(goals={field: None})).stages
    assert plans.may_close(written, set(), "goals") == f"stage 1 (goals) has no {field}"
