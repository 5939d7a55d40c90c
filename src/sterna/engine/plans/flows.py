"""Tells how many customers come to each step of a roadmap: as expected in closed form, and drawn by chance."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.plans.naming import by_id
from sterna.engine.plans.strategy import Roadmap, Step

MOST_STEPS = 1000  # the closed form solves as many equations, all at once
NEAR = 1e-9  # shares such as .1 + .2 + .7 add up to 1 only nearly
_MOST_ROUNDS = 10_000

Counts = NDArray[np.int64]


class Ways(NamedTuple):
    """The steps of a roadmap by id, and for each the steps after it with the share of those at it who go on there."""

    steps: dict[str, Step]
    onward: dict[str, dict[str, float]]


def ways(roadmap: Roadmap) -> Ways:
    """The graph of `roadmap`, without edges that have no share or an end that is no step."""
    steps = dict(by_id(roadmap.steps))
    onward: dict[str, dict[str, float]] = {name: {} for name in steps}
    for edge in roadmap.edges:
        here, there, share = edge.from_step or "", edge.to_step or "", edge.pass_through
        if here in steps and there in steps and share is not None and 0 < share <= 1:
            onward[here][there] = onward[here].get(there, 0.0) + share
    return Ways(steps, onward)


def reached(graph: Ways) -> set[str]:
    """The steps that somebody can come to from where customers enter."""
    return _spread([name for name, step in graph.steps.items() if step.enters], graph.onward)


def trapped(graph: Ways) -> tuple[str, ...]:
    """The steps from which nobody ever leaves the roadmap: all go on, and only round and round."""
    back: dict[str, list[str]] = {name: [] for name in graph.steps}
    for name, after in graph.onward.items():
        for there in after:
            back[there].append(name)
    letting_out = [name for name, after in graph.onward.items() if sum(after.values()) < 1 - NEAR]
    out = _spread(letting_out, back)
    return tuple(name for name in graph.steps if name not in out)


def walked(graph: Ways) -> tuple[str, ...]:
    """The steps in an order in which every edge goes forward, but those by which customers come back.

    It begins where customers enter; the steps that nobody comes to stand last.
    """
    entries = [name for name, step in graph.steps.items() if step.enters]
    seen: set[str] = set()
    return tuple(
        name for starts in (entries, list(graph.steps)) for name in _depth_first(starts, graph.onward, seen)
    )


def flow(roadmap: Roadmap) -> dict[str, float]:
    """The expected number of times customers come to each step; who comes back is counted again.

    It solves x = e + P'x, where e are those who enter at a step and P the shares who go on: the expected visits of an
    absorbing Markov chain (Kemeny and Snell, Finite Markov chains, 1960, theorem 3.2.4). Raises BadInput for a
    roadmap whose shares leave nobody a way out, exceed 1 at a step, or that has more than MOST_STEPS steps.
    """
    graph = ways(roadmap)
    _require_sound(graph)
    if not graph.steps:
        return {}
    place = {name: index for index, name in enumerate(graph.steps)}
    shares = np.zeros((len(place), len(place)))
    for name, after in graph.onward.items():
        for there, share in after.items():
            shares[place[there], place[name]] = share
    enters = np.array([float(step.enters or 0) for step in graph.steps.values()])
    visits = np.linalg.solve(np.eye(len(place)) - shares, enters)
    return {name: float(visits[index]) for name, index in place.items()}


def simulate(roadmap: Roadmap, draws: int, seed: int) -> dict[str, Counts]:
    """How many times customers come to each step in each of `draws` draws; the same seed, the same counts.

    Those at a step are divided by one multinomial over where they go on to and leaving, so that a draw costs as much
    for a million customers as for ten. Raises BadInput as `flow`, and where customers come back nearly for ever.
    """
    graph = ways(roadmap)
    _require_sound(graph)
    rng = np.random.default_rng(seed)
    route = walked(graph)
    came = {name: np.zeros(draws, dtype=np.int64) for name in graph.steps}
    there = {name: np.full(draws, step.enters or 0, dtype=np.int64) for name, step in graph.steps.items()}
    for _ in range(_MOST_ROUNDS):
        if not any(counts.any() for counts in there.values()):
            return came
        # One round goes the whole way forward; who comes back waits for the next.
        for name in route:
            _move_on(name, graph.onward[name], there, came, rng)
    raise BadInput(
        f"customers still come back to the same steps after {_MOST_ROUNDS} rounds: lower the shares"
    )


def _move_on(
    name: str,
    after: dict[str, float],
    there: dict[str, Counts],
    came: dict[str, Counts],
    rng: np.random.Generator,
) -> None:
    here = there[name]
    if not here.any():
        return
    came[name] += here
    there[name] = np.zeros_like(here)
    if not after:
        return
    shares = np.array([*after.values(), 0.0])
    shares[-1] = max(0.0, 1 - shares.sum())
    gone = rng.multinomial(here, shares / shares.sum())
    for column, onward in enumerate(after):
        there[onward] = there[onward] + gone[:, column]


def _require_sound(graph: Ways) -> None:
    if len(graph.steps) > MOST_STEPS:
        raise BadInput(f"the roadmap has {len(graph.steps)} steps, at most {MOST_STEPS} can be reckoned with")
    for name, step in graph.steps.items():
        if (step.enters or 0) < 0:
            raise BadInput(f"{step.enters} customers enter at the step {name}")
    for name, after in graph.onward.items():
        if sum(after.values()) > 1 + NEAR:
            raise BadInput(f"the shares that leave the step {name} add up to more than 1")
    if stuck := trapped(graph):
        raise BadInput(f"nobody ever leaves the steps {', '.join(stuck)}: lower a share")


def _spread(starts: Collection[str], after: dict[str, dict[str, float]] | dict[str, list[str]]) -> set[str]:
    found, waiting = set(starts), list(starts)
    while waiting:
        new = [name for name in after[waiting.pop()] if name not in found]
        found.update(new)
        waiting += new
    return found


def _depth_first(starts: Collection[str], onward: dict[str, dict[str, float]], seen: set[str]) -> list[str]:
    """The steps in reverse of the order in which a walk in depth is done with them, which is topological."""
    done: list[str] = []
    for start in reversed([*starts]):
        if start in seen:
            continue
        seen.add(start)
        way = [(start, iter(reversed(onward[start])))]
        while way:
            onto = next((there for there in way[-1][1] if there not in seen), None)
            if onto is None:
                done.append(way.pop()[0])
            else:
                seen.add(onto)
                way.append((onto, iter(reversed(onward[onto]))))
    return done[::-1]
