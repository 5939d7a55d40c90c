"""`sterna segments load`: a file is in force whole or not at all, and what is wrong with it is one line."""

from pathlib import Path

import pytest

from sterna.desk.audit.models import Entry
from sterna.desk.customers.queries import classes
from sterna.desk.segments.models import Definition, Steward
from sterna.desk.segments.ruled_queries import headcounts, managers, primary, ruled_in_force, scheme_of
from sterna.desk.segments.ruled_texts import read_schemes
from sterna.engine.rules import facts_in
from sterna.engine.segments.ruled import rules_of
from tests.desk.segments.grouped import user
from tests.desk.segments.test_ruled import TEXT

pytestmark = pytest.mark.django_db
EXAMPLE = Path("examples/retail/segments.yaml")
# Segments, and stages that ask for them.
FILE = f"""{TEXT.partition("  - name: life")[0]}  - name: life
    kind: stages
    seats:
      - {{place: kept, enter: {{op: place, scheme: needs, among: [big]}}}}
"""


@pytest.fixture(autouse=True)
def staff() -> None:
    """Who manages the segments of the files."""
    for role in ("manager", "analyst", "staff"):
        user(role, role)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file, where a command finds it."""
    path = tmp_path / "segments.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def load(sterna, path, reason="we begin"):
    return sterna("segments", "load", path, "--reason", reason)


def test_R77_the_example_of_a_shop_is_in_force_with_a_manager_for_every_segment(sterna):
    said = load(sterna, EXAMPLE)
    assert said.code == 0 and said.out.splitlines() == [
        "segments needs, version 1: drifting, coupon planners, fresh cooks, families, one-stop shoppers, everyday",
        "stages relationship, version 1: newcomer, active, quiet",
    ]
    assert primary().name == "needs" and managers("needs").keys() == set(scheme_of(primary()).places)
    assert headcounts("needs") == {}, "nobody is moved before the next run"
    assert {line.reason for line in Entry.objects.filter(action__startswith="publish s")} == {"we begin"}
    # Once more it changes nothing.
    before = list(Steward.objects.values_list("pk", "until"))
    assert load(sterna, EXAMPLE, "again").out == said.out
    assert Definition.objects.filter(kind__in=("segments", "stages")).count() == 2
    assert list(Steward.objects.values_list("pk", "until")) == before


def test_R76_the_example_asks_for_behavior_facts_and_value_and_its_classes_exist():
    schemes = [one.scheme for one in read_schemes(EXAMPLE.read_text(encoding="utf-8"))]
    asked = {leaf.fact_class for scheme in schemes for rule in rules_of(scheme) for leaf in facts_in(rule)}
    assert asked == {"demography.household_size"} and all(name in classes() for name in asked)


def test_a_second_scheme_may_ask_for_the_first_one_of_the_same_file(sterna, file):
    assert load(sterna, file).code == 0
    assert [one.name for one in ruled_in_force()] == ["needs", "life"]


def test_R86_seven_segments_are_loaded_with_a_warning_and_nine_refused(sterna, file):
    def many(number: int) -> str:
        seats = "\n".join(
            f"      - {{place: s{at}, enter: {{op: value, measure: spend, least: {at}}}}}"
            for at in range(number - 1)
        )
        named = ", ".join(f"s{at}: staff" for at in range(number - 1))
        head, tail = (
            "schemes:\n  - name: many\n    kind: segments\n    rest: others\n",
            "    managers: {others: staff",
        )
        return f"{head}    seats:\n{seats}\n{tail}, {named}}}\n"

    file.write_text(many(7), encoding="utf-8")
    assert "  7 segments are many: " in load(sterna, file).out
    file.write_text(many(9), encoding="utf-8")
    assert "it has 9 segments, more than eight: write why" in load(sterna, file).refusal()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        # What is wrong stands in the second scheme, and the first one is not published either.
        ("scheme: needs, among", "scheme: gone, among", "there is no scheme gone"),
        ("among: [big]", "among: [small]", "needs has no place small"),
        ("op: place", "op: guess", "this is no scheme of segments or stages"),
        ("kept", "none", "a place cannot be called 'none'"),
        ("name: life", "name: needs", "asks where the customer stands in needs itself"),
        ("[big]}}", "[big]}}\n  - {name: needs, kind: stages, seats: []}", "needs: it has no places"),
        (
            FILE,
            FILE + FILE.replace("\nschemes:\n", ""),
            "needs stands in the file of segments and stages twice",
        ),
        ("others: staff", "others: eve", "there is nobody called eve"),
        ("big: manager, ", "", "nobody manages big: every segment has one manager"),
        ("schemes:", "schemes: [", "file of segments and stages"),
        ("big", "b\0g", "file of segments and stages"),
        (FILE, "", "the file of segments and stages is a list under `schemes:`"),
    ],
)
def test_a_file_that_is_wrong_anywhere_is_refused_whole_in_one_line(sterna, file, old, new, said):
    file.write_text(FILE.replace(old, new), encoding="utf-8")
    assert said in load(sterna, file).refusal()
    assert not Definition.objects.filter(kind__in=("segments", "stages")).exists()
    assert not Steward.objects.exists() and not Entry.objects.filter(action__startswith="publish s").exists()


def test_what_is_no_file_and_what_has_no_reason_is_refused(sterna, file, tmp_path):
    assert "'path': file" in load(sterna, tmp_path / "none.yaml").refusal(2)
    assert "'path': " in load(sterna, tmp_path).refusal(2)
    assert "write why the segments change" in load(sterna, file, " ").refusal()
    file.write_bytes(FILE.encode().replace(b"big", b"b\xffg"))
    assert "segments.yaml is no file of segments: " in load(sterna, file).refusal()


def test_a_scheme_that_is_left_out_of_a_file_stays_in_force_and_only_what_differs_is_a_new_version(
    sterna, file
):
    load(sterna, file)
    first, _, _ = FILE.partition("  - name: life")
    file.write_text(first.replace("least: 100", "least: 200").replace("big: manager, ", ""), encoding="utf-8")
    assert load(sterna, file, "a higher edge").out.startswith("segments needs, version 2: big, others")
    assert {one.name: one.version for one in ruled_in_force()} == {"needs": 2, "life": 1}
    assert managers("needs")["big"].username == "manager", "who manages it already goes on"
