"""Checks the roadmap: that its steps and the ways between them hold together, and its touchpoints bear the flow."""

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np

from sterna.engine.documents import Finding
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.flows import MOST_STEPS, NEAR, Ways, flow, reached, simulate, trapped, ways
from sterna.engine.plans.inventory import not_negative
from sterna.engine.plans.naming import Named, by_id, check_ids
from sterna.engine.plans.strategy import Edge, Roadmap, Step

CODES = {
    "R71-touchpoint": "A step of the roadmap stands at a touchpoint that is not in the inventory.",
    "R71-asset": "A step offers an asset that is not in the plan.",
    "R71-message": "A step says a message that is not in the plan.",
    "R71-needs": "A step needs something that is not among the plan's dependencies.",
    "R71-behavior": "A step does not say which behavior is desired there.",
    "R71-edge": "A way of the roadmap begins or ends at a step that does not exist.",
    "R71-edge-twice": "Two ways lead from the same step to the same step.",
    "R71-share": "The share of those who go on is not above 0 and at most 1.",
    "R71-sum": "The shares that leave a step add up to more than 1.",
    "R71-entry": "Nobody enters the roadmap.",
    "R71-unreachable": "A step that nobody comes to from where customers enter.",
    "R71-trap": "A circle of steps that nobody ever leaves.",
    "R71-return": "Customers come back to a step very many times.",
    "R71-many": "The roadmap has more steps than can be reckoned with.",
    "R71-capacity": "More customers are expected at a touchpoint than it can take while the plan runs.",
    "R71-tight": "A touchpoint can take what is expected there, and may well get more.",
}
_OFTEN = 20  # times that a customer comes to one step, on average, before somebody should look at the shares
_NEAR_FULL, _DRAWS, _SEED, _RISK = 0.8, 200, 71, 0.05


def check_roadmap(document: Document) -> Iterator[Finding]:
    """What is wrong with the roadmap.

    Customers may come back to a step, as after a reminder. A circle is refused only where nobody ever leaves it: the
    flow through any other one ends, and is reckoned in closed form.
    """
    roadmap = document.plan.roadmap
    if roadmap is None or not (roadmap.steps or roadmap.edges):
        return
    yield from check_ids(document, roadmap.steps, "roadmap.steps")
    yield from _steps(document, roadmap)
    yield from _edges(document, roadmap)
    graph = ways(roadmap)
    broken = [*_sums(document, roadmap, graph), *_ends(document, roadmap, graph)]
    yield from broken
    yield from _reach(document, roadmap, graph)
    if not broken:
        yield from _flow(document, roadmap)


def crowded(plan: Plan, draws: int, seed: int) -> dict[str, float]:
    """The share of draws in which more customers come to a touchpoint than it can take while the plan runs.

    For each touchpoint of the roadmap that has a capacity; empty where the plan does not say from when to when it runs.
    Raises BadInput as `flow`.
    """
    capacities = _capacities(plan)
    roadmap = plan.roadmap or Roadmap()
    drawn = simulate(roadmap, draws, seed) if capacities else {}
    found: dict[str, float] = {}
    for point, steps in _at_touchpoints(roadmap).items():
        if point in capacities:
            total = np.sum([drawn[name] for name in steps], axis=0)
            found[point] = float(np.mean(total > capacities[point]))
    return found


def _steps(document: Document, roadmap: Roadmap) -> Iterator[Finding]:
    plan = document.plan
    parts: dict[str, tuple[Mapping[str, Named], str]] = {
        "touchpoint": (by_id(plan.touchpoints), "not in the inventory"),
        "asset": (by_id(plan.assets), "not in the plan"),
        "message": (by_id(plan.messages), "not in the plan"),
    }
    dependencies = by_id(plan.dependencies)
    for index, step in enumerate(roadmap.steps):
        where = f"roadmap.steps[{index}]"
        name = f"step {step.id or index + 1}"
        for field, (known, missing) in parts.items():
            named = getattr(step, field)
            if named not in known and (named or field == "touchpoint"):
                said = f"{name} has the {field} {named!r}, which is {missing}"
                yield document.error(f"R71-{field}", f"{where}.{field}", said, f"add it under {field}s")
        for needed in step.needs:
            if needed not in dependencies:
                said = f"{name} needs {needed!r}, which is not among the plan's dependencies"
                yield document.error("R71-needs", f"{where}.needs", said, "add it under dependencies")
        yield from _wished(document, step, where, name)


def _wished(document: Document, step: Step, where: str, name: str) -> Iterator[Finding]:
    if not step.behavior:
        said = f"{name} does not say which behavior is desired there"
        yield document.warning("R71-behavior", where, said, "add a line `behavior: …`, or take the step out")
    yield from not_negative(document, step, ("enters",), where, name)


def _edges(document: Document, roadmap: Roadmap) -> Iterator[Finding]:
    steps = by_id(roadmap.steps)
    counts = Counter((edge.from_step, edge.to_step) for edge in roadmap.edges)
    for index, edge in enumerate(roadmap.edges):
        where = f"roadmap.edges[{index}]"
        name = f"the way from {edge.from_step} to {edge.to_step}"
        for field, end in (("from", edge.from_step), ("to", edge.to_step)):
            if end not in steps:
                said = f"{name} goes {field} {end!r}, which is no step"
                yield document.error("R71-edge", f"{where}.{field}", said, "name a step of the roadmap")
        if counts[edge.from_step, edge.to_step] > 1:
            yield document.error("R71-edge-twice", where, f"{name} stands twice", "keep one of them")
        yield from _share(document, edge, where, name)


def _share(document: Document, edge: Edge, where: str, name: str) -> Iterator[Finding]:
    if edge.pass_through is None or not 0 < edge.pass_through <= 1:
        said = f"{name} has a pass-through of {edge.pass_through}, not above 0 and at most 1"
        yield document.error("R71-share", f"{where}.pass_through", said, "write a share such as 0.30")
    yield from not_negative(document, edge, ("within_days",), where, name)


def _sums(document: Document, roadmap: Roadmap, graph: Ways) -> Iterator[Finding]:
    places = _places(roadmap)
    for name, after in graph.onward.items():
        total = sum(after.values())
        if total > 1 + NEAR:
            said = f"the shares that leave step {name} add up to {total:g}: more go on than come"
            mend = f"lower those to {', '.join(after)} until they add up to at most 1"
            yield document.error("R71-sum", places[name], said, mend)


def _ends(document: Document, roadmap: Roadmap, graph: Ways) -> Iterator[Finding]:
    if len(graph.steps) > MOST_STEPS:
        said = f"the roadmap has {len(graph.steps)} steps"
        mend = f"draw at most {MOST_STEPS}, as a plan for each segment"
        yield document.error("R71-many", "roadmap.steps", said, mend)
    if stuck := trapped(graph):
        said = f"nobody ever leaves the steps {', '.join(stuck)}: all go on, round and round"
        mend = "lower a share between them, so that some leave"
        yield document.error("R71-trap", _places(roadmap)[stuck[0]], said, mend)


def _reach(document: Document, roadmap: Roadmap, graph: Ways) -> Iterator[Finding]:
    places, found = _places(roadmap), reached(graph)
    if not found:
        said = "no customers enter the roadmap, so nobody comes to any of its steps"
        yield document.error("R71-entry", "roadmap", said, "write `enters: …` at the steps where they begin")
        return
    for name in graph.steps:
        if name not in found:
            said = f"nobody comes to step {name} from where customers enter"
            mend = "draw a way to it, say how many enter there, or take it out"
            yield document.warning("R71-unreachable", places[name], said, mend)


def _flow(document: Document, roadmap: Roadmap) -> Iterator[Finding]:
    if any((step.enters or 0) < 0 for step in roadmap.steps):
        return
    expected, places = flow(roadmap), _places(roadmap)
    begin = sum(step.enters or 0 for step in roadmap.steps)
    often = [name for name, count in expected.items() if count > _OFTEN * begin]
    for name in often:
        said = f"{begin} customers come to step {name} {expected[name]:,.0f} times"
        mend = "lower the shares by which they come back, or rest them in between"
        yield document.warning("R71-return", places[name], said, mend)
    yield from _full(document, roadmap, expected, is_short=not often)


def _full(
    document: Document, roadmap: Roadmap, expected: Mapping[str, float], is_short: bool
) -> Iterator[Finding]:
    """Touchpoints that get more than they can take; the draws are made only where one is nearly full."""
    plan, capacities = document.plan, _capacities(document.plan)
    tight: dict[str, float] = {}
    for point, steps in _at_touchpoints(roadmap).items():
        count, most = sum(expected[name] for name in steps), capacities.get(point)
        if most is not None and count > most + NEAR:
            said = f"{count:,.0f} customers are expected at {point}, which can take {most:,.0f} while the plan runs"
            mend = "let fewer enter, send some elsewhere, or raise its capacity_per_week"
            yield document.error("R71-capacity", _place_of(plan, point), said, mend)
        elif most is not None and is_short and count > _NEAR_FULL * most:
            tight[point] = most
    risks = crowded(plan, _DRAWS, _SEED) if tight else {}
    for point, most in tight.items():
        if risks[point] > _RISK:
            said = f"in {risks[point]:.0%} of {_DRAWS} draws more than {most:,.0f} customers come to {point}"
            mend = "leave some room: let fewer enter, or raise its capacity_per_week"
            yield document.warning("R71-tight", _place_of(plan, point), said, mend)


def _place_of(plan: Plan, point: str) -> str:
    return next(f"touchpoints[{index}]" for index, one in enumerate(plan.touchpoints) if one.id == point)


def _capacities(plan: Plan) -> dict[str, float]:
    """What each touchpoint with a capacity can take from the first day of the plan to the last, both counted."""
    if plan.opens is None or plan.closes is None or plan.closes < plan.opens:
        return {}
    weeks = ((plan.closes - plan.opens).days + 1) / 7
    return {
        name: point.capacity_per_week * weeks
        for name, point in by_id(plan.touchpoints).items()
        if point.capacity_per_week is not None
    }


def _at_touchpoints(roadmap: Roadmap) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, step in by_id(roadmap.steps).items():
        found.setdefault(step.touchpoint or "", []).append(name)
    return found


def _places(roadmap: Roadmap) -> dict[str, str]:
    places: dict[str, str] = {}
    for index, step in enumerate(roadmap.steps):
        places.setdefault(step.id or "", f"roadmap.steps[{index}]")
    return places
