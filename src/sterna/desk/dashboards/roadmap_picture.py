"""The touchpoint roadmap of a plan: its steps by stage of the relationship, who goes on, and how many come to each."""

from collections import Counter
from collections.abc import Iterator, Mapping

from sterna.desk.web.components import Column, Picture, Row, Table
from sterna.desk.web.formats import counted
from sterna.desk.web.pictures.roadmap import Step as Edge
from sterna.desk.web.pictures.roadmap import Touchpoint as Node
from sterna.desk.web.pictures.roadmap import roadmap, summary
from sterna.engine.errors import BadInput
from sterna.engine.plans import Plan, flow, walked, ways

EVERY_STAGE = "Every stage"


def roadmap_picture(plan: Plan) -> Picture | None:
    """The picture of the plan's roadmap with its steps as a table; None for a plan that has no steps.

    It draws every step and every way whose two ends are steps, also of a draft whose flow cannot be reckoned yet.
    """
    if plan.roadmap is None or not plan.roadmap.steps:
        return None
    nodes, edges = list(_nodes(plan)), list(_edges(plan))
    lanes = list(dict.fromkeys(node.stage for node in nodes))
    title = "From touchpoint to touchpoint"
    svg = roadmap(lanes, nodes, edges, title=title)
    return Picture(title, svg, f"{_entering(plan)}{summary(nodes, edges)}", _table(plan, nodes))


def _entering(plan: Plan) -> str:
    steps = plan.roadmap.steps if plan.roadmap else ()
    enter = sum(step.enters or 0 for step in steps)
    return f"{counted(len(steps), 'step')}; {counted(enter, 'customer')} enter. "


def _nodes(plan: Plan) -> Iterator[Node]:
    """The steps from where customers enter, so that a way to the left is one by which they come back."""
    assert plan.roadmap is not None
    graph = ways(plan.roadmap)
    assets = {asset.id: asset for asset in plan.assets}
    names = _names(plan)
    for name in walked(graph):
        step = graph.steps[name]
        asset = assets.get(step.asset)
        lane = " or ".join(asset.stages).capitalize() if asset and asset.stages else EVERY_STAGE
        carrot = (asset.title or asset.id) if asset else None
        yield Node(name, names[name], lane, step.behavior, carrot)


def _names(plan: Plan) -> dict[str, str]:
    """The title of each step's touchpoint, with the step's own name where several stand at the same one."""
    assert plan.roadmap is not None
    titles = {point.id: point.title or point.id or "" for point in plan.touchpoints}
    steps = ways(plan.roadmap).steps
    counts = Counter(step.touchpoint for step in steps.values())
    return {
        name: f"{title}, {name}" if counts[step.touchpoint] > 1 else title
        for name, step in steps.items()
        for title in [titles.get(step.touchpoint) or step.touchpoint or name]
    }


def _edges(plan: Plan) -> Iterator[Edge]:
    assert plan.roadmap is not None
    steps = ways(plan.roadmap).steps
    for edge in plan.roadmap.edges:
        if edge.from_step in steps and edge.to_step in steps:
            yield Edge(edge.from_step, edge.to_step, edge.pass_through)


def _table(plan: Plan, nodes: list[Node]) -> Table:
    expected = _expected(plan)
    columns = [
        Column("step", "Step"),
        Column("behavior", "Behavior desired"),
        Column("offered", "Offered"),
        Column("customers", "Customers expected", "number"),
    ]
    rows = [
        Row([node.name, node.behavior or "not said", node.exchange or "nothing", expected.get(node.key)])
        for node in nodes
    ]
    return Table("Steps of the roadmap", columns, rows, stacks=True)


def _expected(plan: Plan) -> Mapping[str, int]:
    """How many come to each step; empty for a draft whose shares make no flow, which the check tells."""
    assert plan.roadmap is not None
    try:
        return {name: round(count) for name, count in flow(plan.roadmap).items()}
    except BadInput:
        return {}
