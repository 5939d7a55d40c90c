"""Changes the roadmap in a plan's text, step by step and way by way; comments and layout of the rest stay."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from sterna.engine.documents import read_yaml
from sterna.engine.errors import BadInput
from sterna.engine.lake.beside import Beside
from sterna.engine.plans.parts import Part
from sterna.engine.plans.reading import load
from sterna.engine.plans.rewriting import Bare, rewritten
from sterna.engine.plans.strategy import Edge, Roadmap, Step


class _Open(NamedTuple):
    """A text with its values, in which the lists of the roadmap can be changed, and the roadmap as it was read."""

    text: str
    value: dict[str, Any]
    steps: list[Any]
    edges: list[Any]
    read: Roadmap

    def written(self) -> str:
        return rewritten(self.text, self.value)


def put_step(text: str, step: Step, at: int | None = None) -> str:
    """The plan's `text` with `step` in the place of the one at `at`, counted from 0, or as a new one at the end.

    Ways follow a step that gets another id. Fields that stay the same are left as they are written. Raises BadInput
    for a step without an id, or with that of another one, and where the text cannot be changed.
    """
    plan = _opened(text)
    names = [one.id for one in plan.read.steps]
    if not step.id:
        raise BadInput("a step needs a name of its own: ways refer to it by that")
    if step.id in names and names.index(step.id) != at:
        raise BadInput(f"another step is called {step.id!r} already: give this one a name of its own")
    if at is None:
        plan.steps.append(_said({}, Step(), step))
        return plan.written()
    before = _at(plan.read.steps, at, "step")
    plan.steps[at] = _said(plan.steps[at], before, step)
    if before.id and names.count(before.id) == 1:
        for edge in plan.edges:
            for end in ("from", "to"):
                if isinstance(edge, dict) and edge.get(end) == before.id:
                    edge[end] = step.id
    return plan.written()


def drop_step(text: str, at: int) -> str:
    """The plan's `text` without the step at `at` and without the ways that begin or end there."""
    plan = _opened(text)
    name = _at(plan.read.steps, at, "step").id
    del plan.steps[at]
    if name and all(one.id != name for index, one in enumerate(plan.read.steps) if index != at):
        plan.edges[:] = [
            edge
            for edge in plan.edges
            if not isinstance(edge, dict) or name not in (edge.get("from"), edge.get("to"))
        ]
    return plan.written()


def put_edge(text: str, edge: Edge, at: int | None = None) -> str:
    """The plan's `text` with `edge` in the place of the way at `at`, or as a new one at the end.

    Raises BadInput for a way that is there already, and where the text cannot be changed.
    """
    plan = _opened(text)
    ends = [(one.from_step, one.to_step) for one in plan.read.edges]
    if (edge.from_step, edge.to_step) in ends and ends.index((edge.from_step, edge.to_step)) != at:
        raise BadInput(f"there is a way from {edge.from_step} to {edge.to_step} already: change that one")
    if at is None:
        plan.edges.append(_said({}, Edge(), edge))
    else:
        plan.edges[at] = _said(plan.edges[at], _at(plan.read.edges, at, "way"), edge)
    return plan.written()


def drop_edge(text: str, at: int) -> str:
    """The plan's `text` without the way at `at`."""
    plan = _opened(text)
    _at(plan.read.edges, at, "way")
    del plan.edges[at]
    return plan.written()


def _opened(text: str) -> _Open:
    value = read_yaml(text, "plan").value
    document = load(text, Beside(None))
    if not value or not document.readable:
        raise BadInput("the plan cannot be read: mend its text first")
    roadmap = value.get("roadmap")
    if roadmap is None:
        roadmap = value["roadmap"] = {}
    if not isinstance(roadmap, dict):
        raise BadInput("the roadmap is not written as steps and edges: mend the text first")
    steps, edges = _listed(roadmap, "steps"), _listed(roadmap, "edges")
    return _Open(text, value, steps, edges, document.plan.roadmap or Roadmap())


def _listed(roadmap: dict[str, Any], name: str) -> list[Any]:
    if roadmap.get(name) is None:
        roadmap[name] = []
    found = roadmap[name]
    if not isinstance(found, list):
        raise BadInput(f"roadmap.{name} is not a list: mend the text first")
    return found


def _at(parts: Sequence[Any], at: int, kind: str) -> Any:
    if not 0 <= at < len(parts):
        raise BadInput(f"the roadmap has no {kind} {at + 1}: it has {len(parts)}")
    return parts[at]


def _said(written: Any, was: Part, now: Part) -> dict[str, Any]:
    """What is `written` of a part that was read as `was`, changed where `now` differs."""
    said = dict(written) if isinstance(written, dict) else {}
    for field in msgspec.structs.fields(now):
        before, value, name = getattr(was, field.name), getattr(now, field.name), field.encode_name
        # What could not be read looks like nothing: leaving it out is then a change, too.
        if value == before and (value or said.get(name) is None):
            continue
        if value is None or value == ():
            said.pop(name, None)
        elif isinstance(value, tuple):
            said[name] = list(value)
        else:
            said[name] = value if isinstance(value, str) else Bare(value)
    return said
