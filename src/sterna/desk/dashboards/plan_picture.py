"""The roadmap of a plan: each asset with the behavior it shall change, and the moves that this shall bring."""

from collections.abc import Iterator, Mapping
from typing import Any

from sterna.desk.web.components import Picture
from sterna.desk.web.pictures.roadmap import Step, Touchpoint, roadmap, summary

STAGES = ("Asset and behavior", "Move")


def plan_picture(body: Mapping[str, Any]) -> Picture:
    """The picture of a plan's document; an edge carries the share of the audience that is expected to respond."""
    nodes = [
        Touchpoint(
            _key("asset", asset), asset["title"], STAGES[0], asset["behavior"]["metric"], _media(asset)
        )
        for asset in body["assets"]
    ]
    nodes += [
        Touchpoint(_key("goal", goal), f"{goal['from']} to {goal['to']}", STAGES[1], goal["response"])
        for goal in body["goals"]
    ]
    steps = list(_steps(body))
    title = "From asset to move"
    return Picture(title, roadmap(STAGES, nodes, steps, title=title), summary(nodes, steps))


def _key(kind: str, item: Mapping[str, Any]) -> str:
    return f"{kind}:{item['id']}"


def _media(asset: Mapping[str, Any]) -> str:
    return "by " + " or ".join(dict.fromkeys(route["medium"] for route in asset["routes"]))


def _steps(body: Mapping[str, Any]) -> Iterator[Step]:
    rates = {goal["id"]: goal.get("expected_rate") for goal in body["goals"]}
    for asset in body["assets"]:
        for goal in asset["goals"]:
            rate = rates.get(goal)
            yield Step(_key("asset", asset), f"goal:{goal}", None if rate is None else float(rate))
