"""The benchmark of the check: its plan has the size that is asked for and nothing to mend, and its parts are timed."""

import pytest
import yaml

from bench.check import ASSETS, SEGMENTS, TOUCHPOINTS, check_plan, large_plan


@pytest.mark.slow
def test_R88_the_large_plan_is_as_large_as_is_said_and_its_check_is_timed_beside_a_raw_parse():
    plan = yaml.safe_load(large_plan())
    assert len({goal["segment"] for goal in plan["goals"]}) == SEGMENTS == 8
    assert (len(plan["assets"]), len(plan["touchpoints"])) == (ASSETS, TOUCHPOINTS) == (200, 60)
    told = []
    result = check_plan(told.append)  # ends with an error when anything in the plan is to be mended
    assert told and result.seconds > 0
    assert [target.unit for target in result.targets] == ["s", "GB"] and result.targets[0].met
    assert {figure.what for figure in result.figures} == {
        "read into parts, with lines",
        "checked",
        "raw parse",
    }
