"""`sterna plan check --known`: a plan compared with what is known from JSON; what is wrong there is one line."""

import json
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["retail", "bank", "subscription"])
def test_R75_each_example_has_no_error_or_warning_against_what_is_known(sterna, name):
    folder = EXAMPLES / name
    told = sterna("plan", "check", folder / "plan.yaml", "--known", folder / "known.json", "--json")
    assert told.code == 0
    assert {each["severity"] for each in json.loads(told.out)} == {"note"}


@pytest.fixture
def known(tmp_path):
    """What is known of the streaming service, with changes, in a file."""

    def write(**changes):
        path = tmp_path / "known.json"
        held = json.loads((EXAMPLES / "subscription" / "known.json").read_text())
        path.write_text(json.dumps(held | changes))
        return path

    return write


def test_R19_R88_what_is_known_decides(sterna, known):
    plan = EXAMPLES / "subscription" / "plan.yaml"
    told = sterna(
        "plan", "check", plan, "--known", known(identified={"player": 0.4}, reachable={"email": 0.01})
    )
    assert told.code == 1
    assert "error R19-not-ready" in told.out and "error R88-reach" in told.out
    assert sterna("plan", "check", plan).code == 0


WRONG = [
    ({"fil": {}}, "'fil' means nothing here; known are: places, headcounts"),
    ({"fill": {"viewing.genre": 1.4}}, "fill of viewing.genre is 1.4, not a share between 0 and 1"),
    ({"reachable": {"email": -0.1}}, "reachable of email is -0.1"),
    ({"headcounts": {"trial": -3}}, "trial holds -3 customers"),
    ({"headcounts": {"trial": "many"}}, "Expected `int`"),
    ({"places": "trial"}, "Expected `array"),
]


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=lambda part: str(part)[:24])
def test_what_is_wrong_in_the_file_is_one_clear_line(sterna, known, changes, said):
    path = known(**changes)
    refusal = sterna("plan", "check", EXAMPLES / "subscription" / "plan.yaml", "--known", path).refusal()
    assert str(path) in refusal and said in refusal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not readable as JSON"),
        ("[]", "holds no names and values"),
        ('{"fill": {"a": NaN}}', "not a share"),
    ],
)
def test_what_is_no_json_is_refused(sterna, tmp_path, text, said):
    path = tmp_path / "known.json"
    path.write_text(text)
    assert said in sterna("plan", "check", EXAMPLES / "bank" / "plan.yaml", "--known", path).refusal()


def test_a_file_that_is_not_there_is_refused(sterna, tmp_path):
    told = sterna("plan", "check", EXAMPLES / "bank" / "plan.yaml", "--known", tmp_path / "none.json")
    assert "cannot be read" in told.refusal()
