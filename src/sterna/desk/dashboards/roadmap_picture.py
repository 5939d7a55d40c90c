"""The touchpoint roadmap of a plan: its steps by stage of the relationship, who goes on, and how many come to each."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree as ET

from sterna.desk.web.components import Column, Picture, Row, Table
from sterna.desk.web.formats import counted
from sterna.desk.web.pictures.files import as_png, as_svg
from sterna.desk.web.pictures.roadmap import Step as Edge
from sterna.desk.web.pictures.roadmap import Touchpoint as Node
from sterna.desk.web.pictures.roadmap import summary, tree
from sterna.desk.web.pictures.svg import render
from sterna.engine.errors import BadInput
from sterna.engine.plans import Plan, flow, walked, ways
from sterna.engine.plans.strategy import Step

EVERY_STAGE, TITLE = "Every stage", "From touchpoint to touchpoint"


@dataclass(frozen=True)
class Files:
    """The addresses at which a picture is had as a file."""

    svg: str
    png: str


def roadmap_picture(plan: Plan, files: Files | None = None) -> Picture | None:
    """The picture of the plan's roadmap with its steps as a table; None for a plan that has no steps.

    It draws every step and every way whose two ends are steps, also of a draft whose flow cannot be reckoned yet.
    """
    if plan.roadmap is None or not plan.roadmap.steps:
        return None
    nodes, edges = list(_nodes(plan)), list(_edges(plan))
    drawn = Picture(
        TITLE,
        render(_drawn(nodes, edges, TITLE)),
        f"{_entering(plan)}{summary(nodes, edges)}",
        _table(plan, nodes),
        zooms=True,
    )
    return replace(drawn, svg_url=files.svg, png_url=files.png) if files else drawn


def roadmap_file(plan: Plan, ending: str) -> bytes:
    """The picture as a file that stands by itself; `ending` is "svg" or "png". Raises BadInput without a roadmap."""
    if plan.roadmap is None or not plan.roadmap.steps:
        raise BadInput("the plan has no roadmap yet: add a step to it first")
    nodes = [replace(node, details=None) for node in _nodes(plan)]
    picture = _drawn(nodes, list(_edges(plan)), f"{TITLE}: {plan.title or plan.name or 'a plan'}")
    return as_png(picture) if ending == "png" else as_svg(picture)


def _drawn(nodes: list[Node], edges: list[Edge], title: str) -> ET.Element:
    return tree(list(dict.fromkeys(node.stage for node in nodes)), nodes, edges, title=title)


def _entering(plan: Plan) -> str:
    steps = plan.roadmap.steps if plan.roadmap else ()
    enter = sum(step.enters or 0 for step in steps)
    return f"{counted(len(steps), 'step')}; {counted(enter, 'customer')} enter. "


def _nodes(plan: Plan) -> Iterator[Node]:
    """The steps from where customers enter, so that a way to the left is one by which they come back."""
    assert plan.roadmap is not None
    graph = ways(plan.roadmap)
    assets = {asset.id: asset for asset in plan.assets}
    names, expected = _names(plan), _expected(plan)
    for name in walked(graph):
        step = graph.steps[name]
        asset = assets.get(step.asset)
        lane = " or ".join(asset.stages).capitalize() if asset and asset.stages else EVERY_STAGE
        carrot = (asset.title or asset.id) if asset else None
        notes = list(_notes(step, carrot))
        said = [f"{names[name]}: {step.behavior or 'no behavior yet'}", *notes]
        if name in expected:
            said.append(f"{counted(expected[name], 'customer')} expected")
        yield Node(
            name, names[name], lane, step.behavior, carrot, notes=_two(notes), details=". ".join(said) + "."
        )


def _notes(step: Step, carrot: str | None) -> Iterator[str]:
    said = {
        "Offers": (carrot,) if carrot else (),
        "Needs": step.needs,
        "In": step.data_in,
        "Out": (*((f"message {step.message}",) if step.message else ()), *step.data_out),
    }
    for name, parts in said.items():
        if parts:
            yield f"{name}: {', '.join(parts)}"


def _two(notes: list[str]) -> list[str]:
    """The notes on the two lines that a box has: what draws and what must be there, then what goes in and out."""
    own = [
        ". ".join(one for one in notes if one.startswith(starts))
        for starts in (("Offers", "Needs"), ("In", "Out"))
    ]
    return [line for line in own if line]


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
        Column("in", "Data in"),
        Column("out", "Data out"),
        Column("needs", "Must be there first"),
        Column("customers", "Customers expected", "number"),
    ]
    steps = ways(plan.roadmap).steps if plan.roadmap else {}
    rows = [
        Row(
            [
                node.name,
                node.behavior or "not said",
                node.exchange or "nothing",
                ", ".join(steps[node.key].data_in) or "none",
                ", ".join(steps[node.key].data_out) or "none",
                ", ".join(steps[node.key].needs) or "nothing",
                expected.get(node.key),
            ]
        )
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
