"""Checks what a plan waits for, and tells in which order it can be done and what keeps a launch back."""

import heapq
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from sterna.engine.documents import Finding
from sterna.engine.errors import BadInput
from sterna.engine.plans.document import Document, Plan
from sterna.engine.plans.inventory import one_of
from sterna.engine.plans.naming import by_id, check_ids
from sterna.engine.plans.strategy import Dependency

KINDS = ("data", "score", "technology", "content", "people", "legal")
CODES = {
    "R60-owner": "Nobody answers for a dependency.",
    "R60-kind": "A dependency is of none of the kinds data, score, technology, content, people and legal.",
    "R60-day": "A dependency does not say by when it will be there.",
    "R60-unknown": "A dependency or an asset needs something that is not among the plan's dependencies.",
    "R60-cycle": "Dependencies wait for one another in a circle, so none of them can ever be there.",
    "R60-order": "A dependency is due before another one that it needs.",
    "R60-done": "A dependency is said to be there while one that it needs is still open.",
    "R60-launch": "Something opens before a dependency that it needs is due, and will be held back until then.",
    "R60-never": "A dependency is due only after what needs it closes, which can then never be launched.",
}

Known = Mapping[str, Dependency]


class _Launch(NamedTuple):
    """Something that is launched: where it stands, what it needs, and from when to when it is meant to run."""

    where: str
    name: str
    needs: tuple[str, ...]
    opens: date | None
    closes: date | None
    asset: str | None = None


def check_dependencies(document: Document) -> Iterator[Finding]:
    """What is wrong with the dependencies, and with what needs them."""
    plan = document.plan
    yield from check_ids(document, plan.dependencies, "dependencies")
    known = by_id(plan.dependencies)
    for index, dependency in enumerate(plan.dependencies):
        where = f"dependencies[{index}]"
        name = f"dependency {dependency.id or index + 1}"
        yield from _itself(document, dependency, where, name)
        yield from _before(document, dependency, where, name, known)
    yield from _circles(document, known)
    for index, asset in enumerate(plan.assets):
        named = f"asset {asset.id or index + 1}"
        yield from _unknown(document, asset.needs, f"assets[{index}].needs", named, known)
    for launch in _launches(plan):
        yield from _in_time(document, launch, known)


def order(plan: Plan) -> tuple[Dependency, ...]:
    """The dependencies in an order in which they can be done, of those that can be next the one due first.

    What a circle keeps from ever being done stands last, as it was written; so do not rely on the order of a plan
    that did not pass its check. Kahn, Topological sorting of large networks, 1962.
    """
    known = by_id(plan.dependencies)
    done = _can_be_done(known)
    return tuple(known[name] for name in [*done, *(name for name in known if name not in done)])


def open_before(plan: Plan, asset_id: str | None = None, on: date | None = None) -> tuple[Dependency, ...]:
    """The open dependencies that keep a launch back, directly or by way of others, as they can be done.

    With an asset they are what it needs, what the roadmap's steps need where it is offered, and what the plan as a
    whole waits for: dependencies that nothing names. Without one they are those of all that begins by the day `on`,
    the plan's first where none is given: what has a later season of its own does not keep the rest back. What is done
    no longer waits for anything. Raises BadInput for an asset that is not in the plan.
    """
    needed = _needed(plan, asset_id, on or plan.opens)
    blocking = {name for name, dependency in needed.items() if dependency.done is None}
    return tuple(dependency for dependency in order(plan) if dependency.id in blocking)


def last_there(plan: Plan, asset_id: str) -> date | None:
    """The day on which the last of what an asset waits for is there, and from which nothing holds it back.

    Of what is done it is the day since when, of what is open that on which it is due. None where nothing that it
    waits for has a day. Raises BadInput for an asset that is not in the plan.
    """
    needed = _needed(plan, asset_id, plan.opens).values()
    return max((day for one in needed if (day := one.done or one.by) is not None), default=None)


def _needed(plan: Plan, asset_id: str | None, day: date | None) -> dict[str, Dependency]:
    """What an asset, or all that begins by `day`, waits for, and what that needs in turn where it is still open."""
    if asset_id is not None and all(asset.id != asset_id for asset in plan.assets):
        raise BadInput(f"the plan has no asset called {asset_id!r}")
    known = by_id(plan.dependencies)
    waiting = [name for launch in _launches(plan) if _begins(launch, asset_id, day) for name in launch.needs]
    needed: dict[str, Dependency] = {}
    while waiting:
        name = waiting.pop()
        if name in known and name not in needed:
            needed[name] = known[name]
            waiting += known[name].needs if known[name].done is None else ()
    return needed


def _begins(launch: _Launch, asset_id: str | None, day: date | None) -> bool:
    if asset_id is not None:
        return launch.asset == asset_id or launch.where == "opens"
    return day is None or launch.opens is None or launch.opens <= day


def _launches(plan: Plan) -> Iterator[_Launch]:
    """The assets, the steps of the roadmap in the season of their asset, and the plan with what nothing else names."""
    seasons = {asset.id: plan.season(asset) for asset in plan.assets}
    for index, asset in enumerate(plan.assets):
        opens, closes = seasons[asset.id]
        name = f"asset {asset.id or index + 1}"
        yield _Launch(f"assets[{index}].needs", name, asset.needs, opens, closes, asset.id)
    steps = plan.roadmap.steps if plan.roadmap else ()
    for index, step in enumerate(steps):
        opens, closes = seasons.get(step.asset, (plan.opens, plan.closes))
        name = f"step {step.id or index + 1}"
        yield _Launch(f"roadmap.steps[{index}].needs", name, step.needs, opens, closes, step.asset)
    needed = [part.needs for part in plan.assets] + [part.needs for part in plan.dependencies]
    named = {name for needs in [*needed, *(step.needs for step in steps)] for name in needs}
    whole = tuple(name for name in by_id(plan.dependencies) if name not in named)
    yield _Launch("opens", "the plan", whole, plan.opens, plan.closes)


def _itself(document: Document, dependency: Dependency, where: str, name: str) -> Iterator[Finding]:
    if not dependency.owner:
        said = f"nobody answers for {name}"
        yield document.error("R60-owner", f"{where}.owner", said, "name who has to deliver it")
    yield from one_of(document, "R60-kind", f"{where}.kind", name, dependency.kind, KINDS)
    if dependency.by is None:
        said = f"{name} does not say by when it will be there"
        yield document.error("R60-day", f"{where}.by", said, "write a day as `by: …`")


def _unknown(
    document: Document, needs: tuple[str, ...], where: str, name: str, known: Known
) -> Iterator[Finding]:
    for needed in needs:
        if needed not in known:
            said = f"{name} needs {needed!r}, which is not among the plan's dependencies"
            yield document.error("R60-unknown", where, said, "add it under dependencies, or correct its name")


def _before(
    document: Document, dependency: Dependency, where: str, name: str, known: Known
) -> Iterator[Finding]:
    yield from _unknown(document, dependency.needs, f"{where}.needs", name, known)
    for needed in (known[one] for one in dependency.needs if one in known):
        if needed.done is not None:
            continue
        if dependency.done is not None:
            said = f"{name} is there since {dependency.done}, and {needed.id}, which it needs, is still open"
            mend = f"write since when {needed.id} is done, or take it out of the needs"
            yield document.warning("R60-done", f"{where}.needs", said, mend)
        elif dependency.by and needed.by and needed.by > dependency.by:
            said = f"{name} is due on {dependency.by}, and {needed.id}, which it needs, only on {needed.by}"
            mend = f"let {needed.id} be due by {dependency.by}, or {dependency.id} after {needed.by}"
            yield document.error("R60-order", f"{where}.by", said, mend)


def _in_time(document: Document, launch: _Launch, known: Known) -> Iterator[Finding]:
    for needed in (known[name] for name in launch.needs if name in known):
        if needed.done is not None or needed.by is None:
            continue
        due = f"{needed.id}, which {launch.name} needs, is due on {needed.by}"
        if launch.closes and needed.by > launch.closes:
            said = f"{due}, after {launch.name} closes on {launch.closes}"
            mend = f"let {needed.id} be due by {launch.opens or launch.closes}, or move the season"
            yield document.error("R60-never", launch.where, said, mend)
        elif launch.opens and needed.by > launch.opens:
            said = f"{due}, and {launch.name} opens on {launch.opens}: it will be held back until then"
            mend = f"let {needed.id} be due by {launch.opens}, or open on {needed.by}"
            yield document.warning("R60-launch", launch.where, said, mend)


def _can_be_done(known: Known) -> dict[str, None]:
    """The names in an order in which they can be done, without those that a circle holds up."""
    left = {name: {one for one in known[name].needs if one in known} for name in known}
    needed_by: dict[str, list[str]] = {name: [] for name in known}
    for name, needs in left.items():
        for one in needs:
            needed_by[one].append(name)
    place = {name: (known[name].by or date.max, index, name) for index, name in enumerate(known)}
    ready = [place[name] for name, needs in left.items() if not needs]
    heapq.heapify(ready)
    done: dict[str, None] = {}
    while ready:
        name = heapq.heappop(ready)[-1]
        done[name] = None
        for waiting in needed_by[name]:
            left[waiting].discard(name)
            if not left[waiting]:
                heapq.heappush(ready, place[waiting])
    return done


def _circles(document: Document, known: Known) -> Iterator[Finding]:
    places = {
        dependency.id: index for index, dependency in reversed([*enumerate(document.plan.dependencies)])
    }
    for ring in _rings(known):
        said = f"{' needs '.join([*ring, ring[0]])}: a circle, in which nothing can be done first"
        where = f"dependencies[{places[ring[0]]}].needs"
        yield document.error("R60-cycle", where, said, "take one of these needs out")


def _rings(known: Known) -> Iterator[list[str]]:
    """A circle for each knot of dependencies, its members as each needs the next, from the one written first.

    What no order reaches needs something else that no order reaches; who follows the first of these from one to the
    next comes round sooner or later.
    """
    done = _can_be_done(known)
    onward = {
        name: next(one for one in known[name].needs if one in known and one not in done)
        for name in known
        if name not in done
    }
    written = {name: index for index, name in enumerate(known)}
    seen: set[str] = set()
    for start in onward:
        way: dict[str, None] = {}
        at = start
        while at not in seen and at not in way:
            way[at] = None
            at = onward[at]
        if at in way:
            walked = list(way)
            ring = walked[walked.index(at) :]
            first = min(range(len(ring)), key=lambda index: written[ring[index]])
            yield ring[first:] + ring[:first]
        seen |= set(way)
