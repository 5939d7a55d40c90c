"""What the page of a roadmap lists: steps and ways with what the check says of each, and what there is to choose."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sterna.desk.plans.roadmap_form import Changed
from sterna.desk.web.formats import percent
from sterna.engine.plans import Finding, Plan
from sterna.engine.plans.strategy import Edge, Roadmap, Step

_PLACE = re.compile(r"roadmap\.(steps|edges)\[(\d+)\]")


@dataclass(frozen=True)
class Part:
    """A step or a way on the page: its name in the forms, what it says, what is found, whether its form is open."""

    named: str
    title: str
    facts: Sequence[tuple[str, str]]
    findings: Sequence[Finding]
    is_open: bool


def parts_of(
    plan: Plan, findings: Iterable[Finding], is_open: str
) -> tuple[Mapping[str, Sequence[Part]], Sequence[Finding]]:
    """The steps and ways of the roadmap, and the findings of the roadmap that are about none of them."""
    found: dict[str, list[Finding]] = {}
    others = []
    for one in findings:
        place = _PLACE.match(one.where)
        if place:
            found.setdefault(f"{'step' if place[1] == 'steps' else 'edge'} {place[2]}", []).append(one)
        elif one.code.startswith("R71"):
            others.append(one)
    roadmap = plan.roadmap or Roadmap()
    titles = {point.id: point.title or point.id or "" for point in plan.touchpoints}
    carrots = {asset.id: asset.title or asset.id or "" for asset in plan.assets}
    steps = [(one.id or "a step without a name", _facts(one, titles, carrots)) for one in roadmap.steps]
    ways = [
        (f"{one.from_step or 'nowhere'} to {one.to_step or 'nowhere'}", _way(one)) for one in roadmap.edges
    ]
    listed = {
        kind: [
            Part(named, title, facts, found.get(named, ()), named == is_open)
            for index, (title, facts) in enumerate(parts)
            for named in [f"{kind} {index}"]
        ]
        for kind, parts in (("step", steps), ("edge", ways))
    }
    return listed, others


def _facts(
    step: Step, titles: Mapping[str | None, str], carrots: Mapping[str | None, str]
) -> list[tuple[str, str]]:
    said = {
        "Touchpoint": titles.get(step.touchpoint) or step.touchpoint or "not said",
        "Behavior desired": step.behavior or "not said",
        "Offers": carrots.get(step.asset) or step.asset or "",
        "Says": step.message or "",
        "Data in": ", ".join(step.data_in),
        "Data out": ", ".join(step.data_out),
        "Must be there first": ", ".join(step.needs),
        "Enter here": "" if step.enters is None else f"{step.enters:,}",
    }
    return [(name, words) for name, words in said.items() if words]


def _way(edge: Edge) -> list[tuple[str, str]]:
    facts = [("Go on", percent(edge.pass_through, 0 if _is_whole(edge.pass_through) else 1))]
    return facts if edge.within_days is None else [*facts, ("Within", f"{edge.within_days} days")]


def _is_whole(share: float | None) -> bool:
    return share is None or abs(share * 100 - round(share * 100)) < 1e-9


def choices(plan: Plan, done: Changed) -> Mapping[str, Any]:
    """For each field of the open form the values to choose from with their words; what is written stands among them."""
    steps = plan.roadmap.steps if plan.roadmap else ()
    data = {name: _data(plan, name) for name in ("data_in", "data_out")}
    named = {
        "touchpoint": [(one.id or "", one.title or one.id or "") for one in plan.touchpoints],
        "asset": [(one.id or "", one.title or one.id or "") for one in plan.assets],
        "message": [(one.id or "", one.id or "") for one in plan.messages],
        "from": [(one.id or "", one.id or "") for one in steps],
        "to": [(one.id or "", one.id or "") for one in steps],
    }
    several = {
        "data_in": [(one, one) for one in data["data_in"]],
        "data_out": [(one, one) for one in data["data_out"]],
        "needs": [(one.id or "", one.title or one.id or "") for one in plan.dependencies],
    }
    single = {
        name: _with(options, [done.values[name]])
        for name, options in named.items()
        if done.values.get(name) is not None
    }
    ticked = {
        name: [
            (value, words, value in done.values[name]) for value, words in _with(options, done.values[name])
        ]
        for name, options in several.items()
        if name in done.values
    }
    return single | ticked


def _with(options: Iterable[tuple[str, str]], written: Sequence[str]) -> list[tuple[str, str]]:
    """The options, and what is written though the plan has no such part."""
    known = {value: words for value, words in options if value}
    return list((known | {value: value for value in written if value and value not in known}).items())


def _data(plan: Plan, side: str) -> list[str]:
    """The data that touchpoints, assets and steps of the plan take in or give out, and the facts it asks for."""
    steps = plan.roadmap.steps if plan.roadmap else ()
    named = [name for part in (*plan.touchpoints, *plan.assets, *steps) for name in getattr(part, side)]
    asked = [one.fact_class for one in plan.capture if one.fact_class]
    return sorted(dict.fromkeys([*named, *asked]), key=str.lower)
