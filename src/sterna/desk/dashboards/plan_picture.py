"""The roadmap of a plan: a lane for each move, its assets with their media and the behavior they shall change."""

from collections.abc import Iterator, Mapping
from typing import Any

from sterna.desk.web.components import Picture
from sterna.desk.web.formats import counted, percent
from sterna.desk.web.pictures.roadmap import Step, Touchpoint, roadmap


def plan_picture(body: Mapping[str, Any]) -> Picture:
    """The picture of a plan's document; a lane names the move and the share of its audience expected to respond."""
    goals = body["goals"]
    stages = list(dict.fromkeys(_lane(goal) for goal in goals))
    nodes, steps = list(_nodes(body)), list(_steps(body))
    title = "From asset to move"
    reading = (
        f"{counted(len(body['assets']), 'asset')} for {counted(len(goals), 'move')}; "
        "the share beside a move is how much of its audience is expected to respond."
    )
    return Picture(title, roadmap(stages, nodes, steps, title=title), reading)


def _lane(goal: Mapping[str, Any]) -> str:
    stays = goal["from"] == goal["to"]
    move = f"Stay in {goal['to']}" if stays else f"{goal['from'].capitalize()} to {goal['to']}"
    # One rate for the whole move: on the arrow of each asset it would read as that asset's own.
    return move if goal.get("expected_rate") is None else f"{move}: {percent(goal['expected_rate'])}"


def _for(goal: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (asset for asset in body["assets"] if goal["id"] in asset["goals"])


def _key(goal: Mapping[str, Any], asset: Mapping[str, Any]) -> str:
    return f"{goal['id']}/{asset['id']}"


def _nodes(body: Mapping[str, Any]) -> Iterator[Touchpoint]:
    exchanges = {item["asset"]: item["get"] for item in body["exchanges"] if item.get("asset")}
    for goal in body["goals"]:
        for asset in _for(goal, body):
            met = dict.fromkeys(route["medium"] for route in asset["routes"])
            behavior = f"{', '.join(met)}: {asset['behavior']['metric']}"
            yield Touchpoint(
                _key(goal, asset), asset["title"], _lane(goal), behavior, exchanges.get(asset["id"])
            )
        yield Touchpoint(
            goal["id"], f"{goal['customers']:,} customers by {goal['by']}", _lane(goal), goal["response"]
        )


def _steps(body: Mapping[str, Any]) -> Iterator[Step]:
    for goal in body["goals"]:
        for asset in _for(goal, body):
            yield Step(_key(goal, asset), goal["id"], counts=False)
