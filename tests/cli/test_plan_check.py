"""`sterna plan check`: findings as lines and as JSON, gravest first, with the place and what would mend it."""

import json
import re
from pathlib import Path

import pytest

from tests.desk.runs.shop import PLAN
from tests.engine.plans.house import STAGES

SOUND = PLAN.format(budget="1000.00", version=1) + STAGES
# An error (no budget above 0), a warning (no rest days) and a note (no evidence), in the opposite order of lines.
FAULTY = (
    SOUND.replace("    rest_days: 30\n", "")
    .replace(", evidence: last spring", "")
    .replace("budget: 1000.00", "budget: 0.00")
)


@pytest.fixture
def plan(tmp_path):
    """Writes a plan to a file."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "plan.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_findings_are_lines_with_file_line_gravity_code_message_and_remedy(sterna, plan):
    path = plan(FAULTY)
    told = sterna("plan", "check", path)
    lines = told.out.splitlines()
    assert told.code == 1 and told.err == "" and len(lines) == 3
    shape = re.compile(rf"{re.escape(str(path))}:(\d+): (error|warning|note) ([\w-]+): (.+); (.+)")
    read = [shape.fullmatch(line).groups() for line in lines]
    assert [(gravity, code) for _, gravity, code, _, _ in read] == [
        ("error", "money-budget"),
        ("warning", "limits-rest"),
        ("note", "R62-evidence"),
    ]
    number, _, _, message, mend = read[0]
    assert FAULTY.splitlines()[int(number) - 1] == "budget: 0.00"
    assert message == "the plan has no budget above 0, so nobody could be contacted"
    assert mend == "write what may be spent, such as 900.00"


def test_json_says_the_same_with_every_field_of_its_own(sterna, plan):
    path = plan(FAULTY)
    plain = sterna("plan", "check", path).out.splitlines()
    told = sterna("plan", "check", path, "--json")
    found = json.loads(told.out)
    assert told.code == 1
    assert [set(each) for each in found] == [{"code", "severity", "where", "line", "message", "mend"}] * 3
    assert plain == [
        f"{path}:{each['line']}: {each['severity']} {each['code']}: {each['message']}; {each['mend']}"
        for each in found
    ]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (SOUND, 0, "nothing to mend"),
        (SOUND.replace("    rest_days: 30\n", ""), 0, "warning limits-rest"),
        (SOUND.replace(", evidence: last spring", ""), 0, "note R62-evidence"),
        (SOUND.replace("share: 0.20", "share: 0.90"), 1, "error R89-share"),
    ],
    ids=["sound", "a warning", "a note", "an error"],
)
def test_only_an_error_is_a_failure(sterna, plan, text, code, said):
    told = sterna("plan", "check", plan(text))
    assert told.code == code and said in told.out and told.out.count("\n") == 1


def test_a_sound_plan_is_an_empty_list_in_json(sterna, plan):
    told = sterna("plan", "check", plan(SOUND), "--json")
    assert (told.code, json.loads(told.out)) == (0, [])


@pytest.mark.parametrize(
    "text", ["", "[]", "plan: [", "just words", "a: &x *x", "plan: x\nplan: y\n", "\x00"]
)
def test_what_is_no_plan_is_an_error_with_a_line_and_no_traceback(sterna, plan, text):
    path = plan(text)
    told = sterna("plan", "check", path)
    assert told.code == 1 and "Traceback" not in told.err
    assert re.match(rf"{re.escape(str(path))}:\d+: error |sterna: ", told.out or told.err)


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_a_file_that_is_none_is_refused(sterna, tmp_path, name):
    assert "cannot be read" in sterna("plan", "check", tmp_path / name).refusal()


def test_bytes_that_are_no_text_are_refused(sterna, plan):
    assert "plan.yaml cannot be read" in sterna("plan", "check", plan(b"plan: \xff\xfe")).refusal()


def test_a_text_file_outside_the_plan_s_folder_is_not_read(sterna, tmp_path):
    (tmp_path / "secret.mjml").write_text("<mjml></mjml>")
    (tmp_path / "plans").mkdir()
    path = tmp_path / "plans" / "plan.yaml"
    path.write_text(
        SOUND.replace('subject: "A basket', 'mjml_file: ../secret.mjml\n        subject: "A basket')
    )
    told = sterna("plan", "check", path)
    assert told.code == 1 and "../secret.mjml" in told.out + told.err
    assert "outside the folder of the plan" in told.out + told.err


def test_the_names_of_a_plan_are_printed_as_they_are_written(sterna, plan):
    told = sterna(
        "plan", "check", plan(FAULTY.replace("id: basket\n    title", "id: Früchtekorb\n    title"))
    )
    assert "Früchtekorb" in told.out


def test_the_schema_of_a_plan_is_printed_as_it_is_published(sterna):
    said = sterna("plan", "schema")
    assert said.code == 0
    assert said.out == (Path(__file__).parents[2] / "docs" / "plan.schema.json").read_text(encoding="utf-8")
