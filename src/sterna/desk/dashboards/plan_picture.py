"""The roadmap of a plan: from the touchpoints over the assets and the behavior wanted to the moves."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.safestring import SafeString

from sterna.desk.web.pictures.roadmap import Step, Touchpoint, roadmap

STAGES = ("Touchpoint", "Asset and behavior", "Move")


def plan_picture(body: Mapping[str, Any]) -> SafeString:
    """The picture of a plan's document; an edge to a move carries the share that is expected to respond."""
    exchanges = {item["asset"]: f"{item['kind']} exchange" for item in body["exchanges"] if item.get("asset")}
    nodes = [Touchpoint(f"touchpoint:{item['id']}", item["title"], STAGES[0]) for item in _used(body)]
    nodes += [
        Touchpoint(
            f"asset:{asset['id']}",
            asset["title"],
            STAGES[1],
            asset["behavior"]["metric"],
            exchanges.get(asset["id"]),
        )
        for asset in body["assets"]
    ]
    nodes += [
        Touchpoint(f"goal:{goal['id']}", f"{goal['from']} to {goal['to']}", STAGES[2], goal["response"])
        for goal in body["goals"]
    ]
    return roadmap(STAGES, nodes, list(_steps(body)), title="From touchpoint to move")


def _used(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    used = {route["touchpoint"] for asset in body["assets"] for route in asset["routes"]}
    return (item for item in body["touchpoints"] if item["id"] in used)


def _steps(body: Mapping[str, Any]) -> Iterator[Step]:
    rates = {goal["id"]: goal.get("expected_rate") for goal in body["goals"]}
    for asset in body["assets"]:
        for touchpoint in dict.fromkeys(route["touchpoint"] for route in asset["routes"]):
            yield Step(f"touchpoint:{touchpoint}", f"asset:{asset['id']}")
        for goal in asset["goals"]:
            rate = rates.get(goal)
            yield Step(f"asset:{asset['id']}", f"goal:{goal}", None if rate is None else float(rate))
