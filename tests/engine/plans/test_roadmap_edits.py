"""A roadmap is changed in the plan's text: the plan is as if its data were changed, and every comment stays."""

import re
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.engine.errors import BadInput
from sterna.engine.lake.beside import Beside
from sterna.engine.plans import load
from sterna.engine.plans.roadmap_edits import drop_edge, drop_step, put_edge, put_step
from sterna.engine.plans.strategy import Edge, Roadmap, Step
from tests.docs.pages import ROOT

FLOW = """\
# why: the autumn
plan: autumn   # its name
roadmap:
  # from the mail on
  steps:
    # the mail is the door
    - {id: mail, touchpoint: newsletter, behavior: opens it, enters: 400}  # as last year
    - {id: call, touchpoint: call, # by hand
       behavior: asks for more, data_in: [name, # as on the card
         size]}
    # the last one
  edges:
    - {from: mail, to: call, pass_through: 0.10, within_days: 7}  # a guess
messages: []
# the end
"""
BLOCK = """\
# why: the autumn
plan: autumn
roadmap:
  steps:
  # the door
  - id: mail  # short
    touchpoint: newsletter
    # what is wished
    behavior: opens it
    enters: 400

  - # a call
    id: call
    touchpoint: call
    data_in:
    - name  # as on the card
    # how many
    - size
  edges:
  - from: mail
    to: call
    # a guess
    pass_through: 0.10
touchpoints: []
"""
EMPTY = [
    "plan: a\nroadmap: {steps: [], edges: []}\n",
    "plan: a\n",
    "plan: a\nroadmap:   # later\n",
    "plan: a\nroadmap:\n  steps:\n",
]
VISIT = Step(id="visit", touchpoint="page", behavior="Says: yes, or no", data_out=("a, b", "null"), enters=5)


def roadmap(text: str) -> Roadmap:
    document = load(text, Beside(None))
    assert not document.findings, document.findings
    return document.plan.roadmap or Roadmap()


def comments(text: str) -> list[str]:
    return re.findall(r"# [\w: ]+", text)


@pytest.mark.parametrize("text", [FLOW, BLOCK, *EMPTY, FLOW.replace("\n", "\r\n"), FLOW.rstrip("\n")])
def test_R71_a_step_is_added_and_nothing_else_is_touched(text):
    changed = put_step(text, VISIT)
    assert roadmap(changed).steps == (*roadmap(text).steps, VISIT)
    assert roadmap(changed).edges == roadmap(text).edges
    assert comments(changed) == comments(text)
    kept = [line for line in text.splitlines() if line not in ("roadmap: {steps: [], edges: []}",)]
    assert [line for line in changed.splitlines() if line in kept] == kept
    assert changed.count("\r\n") in (0, changed.count("\n"))


def test_R71_a_changed_field_leaves_the_others_as_they_are_written():
    first, second = roadmap(FLOW).steps
    changed = put_step(FLOW, msgspec.structs.replace(first, behavior="reads it", needs=("feed",)), 0)
    line = "    - {id: mail, touchpoint: newsletter, behavior: reads it, enters: 400, needs: [feed]}  # as last year"
    assert changed == FLOW.replace(FLOW.splitlines()[6], line)
    changed = put_step(
        FLOW, msgspec.structs.replace(second, data_in=("name", "size", "day"), behavior=None), 1
    )
    assert comments(changed) == comments(FLOW) and roadmap(changed).steps[1].data_in == (
        "name",
        "size",
        "day",
    )
    assert "behavior: asks" not in changed


def test_R71_in_block_style_only_the_lines_of_the_change_differ():
    first, second = roadmap(BLOCK).steps
    changed = put_step(BLOCK, msgspec.structs.replace(first, behavior="reads it", enters=None), 0)
    assert changed == BLOCK.replace("opens it\n    enters: 400\n", "reads it\n")
    changed = put_step(BLOCK, msgspec.structs.replace(second, data_in=("name", "day"), behavior="asks"), 1)
    assert comments(changed) == comments(BLOCK)
    assert changed == BLOCK.replace("    - size\n", "    - day\n    behavior: asks\n")
    gone = BLOCK[BLOCK.index("- id: mail") : BLOCK.index("- # a call")]
    assert (
        drop_step(BLOCK, 0) == BLOCK.replace(gone, "").split("  edges:")[0] + "  edges: []\ntouchpoints: []\n"
    )


def test_R71_a_step_that_is_called_otherwise_takes_its_ways_along_and_one_that_goes_takes_them_away():
    renamed = put_step(FLOW, msgspec.structs.replace(roadmap(FLOW).steps[0], id="letter"), 0)
    assert [(edge.from_step, edge.to_step) for edge in roadmap(renamed).edges] == [("letter", "call")]
    dropped = drop_step(renamed, 0)
    assert roadmap(dropped).edges == () and [step.id for step in roadmap(dropped).steps] == ["call"]
    assert "# the mail is the door" in dropped and "# as last year" not in dropped


def test_R71_a_share_that_stays_the_same_keeps_its_digits():
    edge = roadmap(FLOW).edges[0]
    assert "pass_through: 0.10, within_days: 9" in put_edge(
        FLOW, msgspec.structs.replace(edge, within_days=9), 0
    )
    assert put_edge(FLOW, edge, 0) == FLOW
    assert "pass_through: 0.25," in put_edge(FLOW, msgspec.structs.replace(edge, pass_through=0.25), 0)


def test_R71_what_could_not_be_read_can_be_corrected_and_taken_out():
    wrong = FLOW.replace("enters: 400", "enters: many")
    read = load(wrong, Beside(None)).plan.roadmap.steps[0]
    assert read.enters is None
    assert roadmap(put_step(wrong, read, 0)).steps[0].enters is None
    assert roadmap(put_step(wrong, msgspec.structs.replace(read, enters=9), 0)).steps[0].enters == 9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: put_step(text, Step(touchpoint="page")), "a step needs a name"),
        (lambda text: put_step(text, Step(id="call")), "another step is called 'call'"),
        (lambda text: put_step(text, Step(id="call"), 0), "another step is called 'call'"),
        (lambda text: drop_step(text, 2), "no step 3: it has 2"),
        (lambda text: drop_edge(text, -1), "no way 0"),
        (
            lambda text: put_edge(text, Edge(from_step="mail", to_step="call")),
            "way from mail to call already",
        ),
        (lambda text: put_step("plan: [", VISIT), "cannot be read"),
        (lambda text: put_step("plan: a\nroadmap: b\n", VISIT), "not written as steps and edges"),
        (lambda text: put_step("plan: a\nroadmap: {steps: b}\n", VISIT), "roadmap.steps is not a list"),
        (lambda text: put_step("plan: a\nplan: b\n", VISIT), "given twice"),
    ],
)
def test_R71_what_cannot_be_changed_is_refused_with_the_reason(change, said):
    with pytest.raises(BadInput, match=re.escape(said)):
        change(FLOW)


def test_R71_what_an_alias_repeats_is_not_changed_behind_the_back_of_its_other_place():
    text = "plan: a\nroadmap:\n  steps: &all\n    - {id: mail}\n  edges: []\nphases: *all\n"
    with pytest.raises(BadInput, match="roadmap is written in a way that cannot be changed here"):
        put_step(text, VISIT)
    named = FLOW.replace(
        "data_in: [name, # as on the card\n         size]", "data_in: &d [name], data_out: *d"
    )
    step = msgspec.structs.replace(roadmap(named).steps[1], data_out=("size",))
    assert roadmap(put_step(named, step, 1)).steps[1] == step


def test_R71_the_text_of_the_example_is_changed_where_the_change_is():
    text = (ROOT / "examples/retail/plan.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    changed = put_edge(text, Edge(from_step="shop", to_step="call", pass_through=0.05)).splitlines()
    assert [line for line in changed if line not in lines] == [
        "    - {from: shop, to: call, pass_through: 0.05}"
    ]
    assert [line for line in changed if line in lines] == lines


@dataclass
class Data:
    """The roadmap as plain lists, changed the plain way: what the text has to say after the same changes."""

    steps: list[Step]
    edges: list[Edge]

    def put_step(self, step: Step, at: int | None) -> None:
        if at is None:
            self.steps.append(step)
            return
        old, self.steps[at] = self.steps[at].id, step

        def new(end: str | None) -> str | None:
            return step.id if end == old else end

        self.edges = [
            msgspec.structs.replace(edge, from_step=new(edge.from_step), to_step=new(edge.to_step))
            for edge in self.edges
        ]

    def drop_step(self, at: int) -> None:
        gone = self.steps.pop(at).id
        self.edges = [edge for edge in self.edges if gone not in (edge.from_step, edge.to_step)]

    def put_edge(self, edge: Edge, at: int | None) -> None:
        self.edges[len(self.edges) if at is None else at : None if at is None else at + 1] = [edge]


HARD = [
    "a, b",
    "null",
    "~",
    "12",
    "yes",
    "x: y",
    "x #y",
    "- a",
    "{",
    "é",
    "'",
    '"',
    "a\nb",
    " a",
    "2017-01-01",
]
WORDS = st.sampled_from(HARD) | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12
)
LISTS = st.lists(WORDS, max_size=3).map(tuple)
STEPS = st.builds(
    Step,
    id=st.sampled_from("abcdefgh"),
    touchpoint=st.none() | WORDS,
    asset=st.none() | WORDS,
    behavior=st.none() | WORDS,
    data_in=LISTS,
    data_out=LISTS,
    needs=LISTS,
    enters=st.none() | st.integers(0, 9999),
)
SHARES = st.none() | st.integers(1, 100).map(lambda number: number / 100)


@pytest.mark.parametrize("text", [FLOW, BLOCK, FLOW.replace("\n", "\r\n"), EMPTY[0]])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_R71_any_changes_keep_every_comment_outside_them_and_give_the_plan_of_the_changed_data(text, data):
    plain = Data(list(roadmap(text).steps), list(roadmap(text).edges))
    for _ in range(data.draw(st.integers(1, 5))):
        before = text
        whole = data.draw(st.sampled_from(["put step", "drop step", "put edge", "drop edge"]))
        many = len(plain.steps if whole.endswith("step") else plain.edges)
        at = data.draw(st.none() | st.integers(0, many - 1)) if many and whole.startswith("put") else None
        if whole == "put step":
            taken = {step.id for index, step in enumerate(plain.steps) if index != at}
            step = data.draw(STEPS.filter(lambda one, taken=taken: one.id not in taken))
            text = put_step(text, step, at)
            plain.put_step(step, at)
        elif whole == "put edge" and plain.steps:
            ends = st.sampled_from([step.id for step in plain.steps])
            taken = {(one.from_step, one.to_step) for index, one in enumerate(plain.edges) if index != at}
            edge = data.draw(st.builds(Edge, from_step=ends, to_step=ends, pass_through=SHARES))
            if (edge.from_step, edge.to_step) in taken:
                continue
            text = put_edge(text, edge, at)
            plain.put_edge(edge, at)
        elif whole == "drop step" and many:
            at = data.draw(st.integers(0, many - 1))
            text = drop_step(text, at)
            plain.drop_step(at)
        elif whole == "drop edge" and many:
            at = data.draw(st.integers(0, many - 1))
            text = drop_edge(text, at)
            del plain.edges[at]
        assert roadmap(text) == Roadmap(steps=tuple(plain.steps), edges=tuple(plain.edges))
        _require_comments(before, text)


INSIDE = {
    "as last year",
    "by hand",
    "as on the card",
    "short",
    "what is wished",
    "a guess",
    "how many",
    "a call",
}


def _require_comments(before: str, after: str) -> None:
    """Comments outside of steps and ways never go; one inside goes only with the part that it stands in."""
    gone = {one.strip("# ") for one in comments(before) if one.strip() not in after}
    assert gone <= INSIDE, (before, after)
