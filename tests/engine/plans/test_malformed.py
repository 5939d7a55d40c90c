"""What a hand may write wrong in a plan: each malformed form is a finding with its line, and never a crash."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.engine import plans
from sterna.engine.errors import BadInput
from tests.engine.plans.house import WHOLE as TEXT

LINES = TEXT.splitlines()
NASTY = [
    *(
        "",
        "~",
        "[]",
        "{}",
        "[[]]",
        "{a: {b: c}}",
        "- x",
        "'",
        '"',
        "nan",
        "inf",
        "-inf",
        ".nan",
        "1e400",
        "-1",
    ),
    *(
        "0",
        "1e308",
        "9" * 40,
        "9999999999999999.99",
        "-0.00",
        "2017-02-30",
        "0000-00-00",
        "yes",
        "grüße",
        "名",
    ),
    *(
        '"\\0"',
        '"\\ud800"',
        "*nobody",
        "&a [*a]",
        "!!binary x",
        "!!python/object:os.system x",
        "|",
        "a: b: c",
    ),
]


def no_file(name: str) -> str:
    raise BadInput(f"{name} is missing")


def load(text: str) -> plans.Document:
    return plans.load(text, no_file)


def found(text: str, code: str) -> list[plans.Finding]:
    return [finding for finding in plans.check(load(text)) if finding.code == code]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if part in line)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The small plan with one to three lines lost, doubled, shifted, or given a value nobody would want."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["lose", "double", "shift", "value", "value", "key"]))
        head, colon, _ = lines[at].partition(":")
        changed = {
            "lose": [],
            "double": [lines[at]] * 2,
            "shift": [" " + lines[at]],
            "value": [f"{head}{colon} {draw(st.sampled_from(NASTY))}"],
            "key": [lines[at].replace(head.strip(), draw(st.sampled_from(NASTY)), 1)],
        }
        lines[at : at + 1] = changed[how]
    return "\n".join(lines)


@given(damaged())
def test_a_damaged_plan_is_read_as_far_as_it_goes_and_kept_as_it_was_read(text):
    document = load(text)
    for finding in plans.check(document, plans.Known(places=("bronze", "silver", "gold"))):
        assert finding.message and finding.mend
        assert finding.line is None or 1 <= finding.line <= text.count("\n") + 1
    stored = msgspec.json.decode(msgspec.json.encode(plans.body(document.plan)))
    assert plans.of_body(stored).plan == document.plan
    assert plans.sha(plans.of_body(stored).plan) == plans.sha(document.plan)


def test_the_plan_that_is_damaged_here_is_sound_before():
    assert [
        finding.code for finding in plans.check(load(TEXT), plans.Known(places=("bronze", "silver", "gold")))
    ] == []


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("expected_rate: 0.1", "expected_rate: inf", "format-type", "'inf' is not a number"),
        ("expected_rate: 0.1", "expected_rate: nan", "format-type", "'nan' is not a number"),
        ("baseline: 1", "baseline: [1, 2]", "format-type", "behavior.baseline holds more than one value"),
        ("rest_days: 30", "rest_days: 99999999999", "format-type", "'99999999999' is not a whole number"),
        ("rest_days: 30", "rest_days: 1.5", "format-type", "'1.5' is not a whole number"),
        ("closes: 2017-12-31", "closes: 2017-02-30", "format-type", "'2017-02-30' is not a day"),
        ("owner: Ada", 'owner: "A\\0da"', "format-text", "owner holds a character that cannot be stored"),
        ("owner: Ada", 'owner: "\\ud800"', "format-text", "owner holds a character that cannot be stored"),
        ("email: {subject", '"e\\0": {subject', "format-text", "cannot be stored"),
        ("rest_days: 30", 'rest_days: "\\ud800"', "format-text", "rest_days holds a character that cannot"),
        ("closes: 2017-12-31", 'closes: "\\ud800"', "format-text", "closes holds a character that cannot"),
        ("budget: ", 'budget: "\\ud800" # ', "format-text", "budget holds a character that cannot"),
        ("goals: [up]", "goals: up", "format-type", "assets[0].goals is not a list"),
        ("goals: [up]", "gaols: [up]", "format-unknown", "'gaols' means nothing here"),
        (
            "hold_out: {share",
            "hold_out: []\nholdout: {share",
            "format-type",
            "hold_out is not a list of names",
        ),
        ("cap: {contacts: 3, days: 30}", "cap: 3", "format-type", "cap is not a list of names and values"),
        (
            "variants:",
            "variants: []\n    other:",
            "format-type",
            "variants is not a list of names and values",
        ),
        ("budget: 20.00", "budget: 20,00", "money-amount", "'20,00' is not an amount"),
        ("budget: 20.00", "budget: 1e17", "money-amount", "outside what an amount can be"),
        ("budget: 20.00", "budget: NaN", "money-amount", "outside what an amount can be"),
        ("unit_cost: 2.00", "unit_cost: 2.001", "money-amount", "more than two decimal places"),
        ("text: ", "text: x, text_file: ", "format-twice", "'text' is given twice"),
        ('text: "For', 'text_file: [a], ask: "For', "format-type", "holds more than one value"),
        ('text: "For', 'text_file: gone.txt, ask: "For', "format-file", "gone.txt is missing"),
    ],
)
def test_each_malformed_value_is_named_with_its_line(old, new, code, said):
    assert old in TEXT
    planted = TEXT.replace(old, new, 1)
    (finding,) = [one for one in found(planted, code) if said in one.message]
    assert finding.severity == "error"
    assert finding.line == line_of(planted, new.splitlines()[0])


def test_a_line_keeps_its_number_after_an_empty_item():
    text = TEXT.replace("goals:\n", "goals:\n  -\n", 1).replace("from: bronze", "from: ''")
    (empty,) = found(text, "format-empty")
    assert (empty.where, empty.line) == ("goals[0]", line_of(text, "goals:") + 1)
    (nowhere,) = [finding for finding in found(text, "R4-from") if finding.where.startswith("goals[1]")]
    assert nowhere.line == line_of(text, "from: ''")


def test_a_medium_without_a_word_lacks_its_parts_and_the_plan_can_be_kept():
    text = TEXT.replace('email: {subject: "Hello", mjml: "<mjml/>", text: "For {{ facts.room }}"}', "email:")
    (bare,) = found(text, "R22-parts")
    assert bare.message == "message hello by email has no subject, mjml, text"
    assert plans.of_body(plans.body(load(text).plan)).plan == load(text).plan


def test_a_text_nested_without_end_is_a_finding():
    for text in ("a: " + "[" * 1500, "a: " + "[" * 1500 + "]" * 1500):
        (only,) = plans.check(load(text))
        assert (only.code, only.severity) == ("format-yaml", "error")


def test_names_longer_than_a_record_holds_are_refused_before_a_run_meets_them():
    long = "x" * 81
    for old, new, where in (
        ("plan: spring", f"plan: {long}", "plan"),
        ("{id: up,", f"{{id: {long},", "goals[0].id"),
        ("- id: voucher", f"- id: {long}", "assets[0].id"),
        ("salt: spring-2017", f"salt: {long}", "hold_out.salt"),
        ("scheme: tiers", f"scheme: {long}", "scheme"),
        ("title: Up by one", f"title: {'x' * 201}", "title"),
        ("medium: email, touchpoint", f"medium: {'x' * 21}, touchpoint", "assets[0].routes[0].medium"),
    ):
        assert old in TEXT
        planted = TEXT.replace(old, new, 1)
        (finding,) = found(planted, "format-long")
        assert (finding.where, finding.severity) == (where, "error")
        assert finding.line == line_of(planted, new.splitlines()[0].strip("- "))
        most = planted.replace("x" * 21, "x" * 20, 1) if "medium" in where else planted.replace("xx", "x", 1)
        assert not found(most, "format-long")


@given(
    st.integers(0, 2**31 - 1),
    st.floats(0, 1, exclude_min=True),
    st.decimals(min_value="0.01", max_value="9999999999999999.99", places=2),
)
def test_R61_the_expected_value_is_exact_to_the_cent_however_large(size, rate, value):
    goal = plans.load(TEXT, no_file).plan.goals[0]
    made = msgspec.structs.replace(goal, size=size, expected_rate=rate, value_of_response=value)
    expected = made.expected_value()
    exact = size * Decimal(str(rate)) * value if size * value < 10**9 else None
    assert expected is not None and expected == expected.quantize(Decimal("0.01"))
    assert exact is None or abs(expected - exact) <= Decimal("0.005")
