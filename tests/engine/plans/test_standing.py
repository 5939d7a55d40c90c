"""A plan's text with the texts of its files in it: the same plan, every comment kept, whatever the texts hold."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine import plans
from sterna.engine.documents import storable
from sterna.engine.lake.beside import Beside, text_of
from tests.engine.flow.small_world import PLAN

EXAMPLES = Path(__file__).parents[3] / "examples"
FILED = PLAN.replace(
    '      email: {subject: "Hello", mjml: "<mjml/>", text: "For {{ facts.room }}"}',
    """      email:
        subject: "Hello"  # short
        mjml: "<mjml/>"
        # the words
        text_file: words.txt""",
)
TEXTS = [
    "Hello",
    "Hello\n",
    "Hello\n\n\n",
    "Two\nlines",
    "  an indented first line\nand a second",
    "\n\nempty lines first",
    "empty lines\n\n\nbetween\n",
    "# no comment\n- no list: {no: map}\n",
    "trailing spaces   \nand tabs\t\n",
    "a: b\n---\n...\n",
    "quotes \" and ' and \\ and {{ facts.room }}",
    "windows\r\nlines\r\n",
    "a bell \a and a line separator \u2028.",
    "",
    " ",
    "\n",
    "\ufeffa mark first",
    "emoji 🎁 and 文字",
]


def alone(words: str) -> tuple[str, plans.Plan]:
    read = plans.load(FILED, lambda name: words)
    return plans.standing_alone(FILED, read.plan), read.plan


@pytest.mark.parametrize("words", TEXTS, ids=repr)
def test_the_text_of_a_file_takes_the_place_of_its_name(words):
    text, plan = alone(words)
    assert "_file" not in text
    assert plans.load(text, _refuse).plan == plan


@given(st.text(max_size=60))
def test_any_text_comes_back_as_it_was(words):
    if storable(words):
        text, plan = alone(words)
        assert plans.load(text, _refuse).plan == plan


def test_every_other_line_stays_as_it_was():
    text, _ = alone("One\nTwo\n")
    before, after = FILED.splitlines(), text.splitlines()
    at = next(number for number, line in enumerate(before) if "text_file" in line)
    assert after[:at] == before[:at]
    assert after[at : at + 3] == ["        text: |2", "          One", "          Two"]
    assert after[at + 3 :] == before[at + 1 :]


def test_a_name_inside_braces_is_left():
    text = PLAN.replace('text: "For {{ facts.room }}"', "text_file: words.txt")
    plan = plans.load(text, lambda name: "words").plan
    assert plans.standing_alone(text, plan) == text


def test_a_file_that_could_not_be_read_stays_named():
    def missing(name: str) -> str:
        raise OSError("gone")

    assert plans.standing_alone(FILED, plans.load(FILED, missing).plan) == FILED


def test_a_text_without_files_is_the_same_text():
    assert plans.standing_alone(PLAN, plans.load(PLAN, _refuse).plan) == PLAN


@pytest.mark.parametrize("name", ["retail", "bank", "subscription"])
def test_R73_each_example_stands_alone(name):
    folder = EXAMPLES / name
    written = text_of(folder / "plan.yaml")
    plan = plans.load(written, Beside(folder)).plan
    text = plans.standing_alone(written, plan)
    again = plans.load(text, _refuse)
    assert again.plan == plan
    assert plans.sha(plans.body(again.plan)) == plans.sha(plans.body(plan))
    comments = [line for line in written.splitlines() if line.lstrip().startswith("#")]
    assert comments
    assert [line for line in text.splitlines() if line in comments] == comments


def _refuse(name: str) -> str:
    raise AssertionError(f"the file {name} was asked for")
