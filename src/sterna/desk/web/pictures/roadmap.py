"""The roadmap: lanes of touchpoints by relationship stage, behaviors on the nodes, pass-through on the edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sterna.desk.web import formats
from sterna.desk.web.pictures import svg

LANE_ROOM = 120.0
NODE_WIDTH = 168.0
NODE_HEIGHT = 66.0
COLUMN_GAP = 86.0
ROW_GAP = 18.0
LANE_PADDING = 16.0
EDGE_LABEL_GAP = 16.0


@dataclass(frozen=True)
class Touchpoint:
    """A node: where the contact happens and the behavior it asks for; `stage` names its lane."""

    key: str
    name: str
    stage: str
    behavior: str | None = None
    exchange: str | None = None
    href: str | None = None


@dataclass(frozen=True)
class Step:
    """An edge from one touchpoint to the next; `pass_through` is the share who go on, None when nobody knows."""

    origin: str
    destination: str
    pass_through: float | None = None


@dataclass(frozen=True)
class Box:
    """A touchpoint placed."""

    touchpoint: Touchpoint
    x: float
    y: float


@dataclass(frozen=True)
class Lane:
    """A stage's band across the picture."""

    stage: str
    y: float
    height: float


@dataclass(frozen=True)
class Layout:
    """The picture's geometry: its size, its lanes from top to bottom, its boxes by touchpoint key."""

    width: float
    height: float
    lanes: Sequence[Lane]
    boxes: dict[str, Box]


def roadmap(
    stages: Sequence[str], touchpoints: Sequence[Touchpoint], steps: Sequence[Step], *, title: str
) -> str:
    """The roadmap as SVG; a touchpoint of an unknown stage or a step to an unknown touchpoint is a ValueError."""
    drawn = layout(stages, touchpoints, steps)
    interactive = any(touchpoint.href for touchpoint in touchpoints)
    root = svg.canvas(drawn.width, drawn.height, title, summary(touchpoints, steps), "roadmap", interactive)
    for lane in drawn.lanes:
        _draw_lane(root, lane, drawn.width)
    for step in steps:
        _draw_edge(root, drawn.boxes[step.origin], drawn.boxes[step.destination])
    for box in drawn.boxes.values():
        _draw_box(root, box)
    _draw_edge_labels(root, steps, drawn)
    return svg.render(root)


def layout(stages: Sequence[str], touchpoints: Sequence[Touchpoint], steps: Sequence[Step]) -> Layout:
    """Where everything stands: a column for each step from the start, a lane for each stage, no two boxes alike."""
    _check(stages, touchpoints, steps)
    columns = _columns(touchpoints, steps)
    boxes: dict[str, Box] = {}
    lanes, y = [], 0.0
    for stage in stages:
        own = [touchpoint for touchpoint in touchpoints if touchpoint.stage == stage]
        depth = _place_lane(own, columns, y + LANE_PADDING, boxes)
        height = 2 * LANE_PADDING + depth * NODE_HEIGHT + (depth - 1) * ROW_GAP
        lanes.append(Lane(stage, y, height))
        y += height
    last = max(columns.values(), default=0)
    width = LANE_ROOM + (last + 1) * NODE_WIDTH + last * COLUMN_GAP + LANE_PADDING
    return Layout(width, y, lanes, {touchpoint.key: boxes[touchpoint.key] for touchpoint in touchpoints})


def summary(touchpoints: Sequence[Touchpoint], steps: Sequence[Step]) -> str:
    """The roadmap in words: each step with the share who go on, then what has no behavior."""
    names = {touchpoint.key: touchpoint.name for touchpoint in touchpoints}
    clauses = [
        f"{names[step.origin]} to {names[step.destination]}: {formats.percent(step.pass_through)} go on"
        for step in steps
    ]
    idle = [touchpoint.name for touchpoint in touchpoints if not touchpoint.behavior]
    if idle:
        clauses.append(f"no behavior yet: {', '.join(idle)}")
    return "; ".join(clauses) + "." if clauses else "No touchpoints yet."


def _check(stages: Sequence[str], touchpoints: Sequence[Touchpoint], steps: Sequence[Step]) -> None:
    keys = {touchpoint.key for touchpoint in touchpoints}
    for touchpoint in touchpoints:
        if touchpoint.stage not in stages:
            raise ValueError(f"{touchpoint.name!r} stands in the unknown stage {touchpoint.stage!r}")
    for step in steps:
        if not {step.origin, step.destination} <= keys:
            raise ValueError(
                f"a step goes from {step.origin!r} to {step.destination!r}, not both are touchpoints"
            )


def _columns(touchpoints: Sequence[Touchpoint], steps: Sequence[Step]) -> dict[str, int]:
    # Steps that lead back (a reminder to the page before) must not push columns out without end: as many rounds
    # as there are touchpoints settle every path, and a step back in the given order counts for nothing.
    order = {touchpoint.key: index for index, touchpoint in enumerate(touchpoints)}
    columns = dict.fromkeys(order, 0)
    forward = [step for step in steps if order[step.origin] < order[step.destination]]
    for _ in order:
        for step in forward:
            columns[step.destination] = max(columns[step.destination], columns[step.origin] + 1)
    return columns


def _place_lane(own: Sequence[Touchpoint], columns: dict[str, int], top: float, boxes: dict[str, Box]) -> int:
    filled: dict[int, int] = {}
    for touchpoint in own:
        column = columns[touchpoint.key]
        row = filled.get(column, 0)
        filled[column] = row + 1
        x = LANE_ROOM + column * (NODE_WIDTH + COLUMN_GAP)
        boxes[touchpoint.key] = Box(touchpoint, x, top + row * (NODE_HEIGHT + ROW_GAP))
    return max(filled.values(), default=1)


def _draw_lane(root: ET.Element, lane: Lane, width: float) -> None:
    svg.line(root, 0, lane.y + lane.height, width, lane.y + lane.height, "line")
    label = svg.text(root, "", 0, lane.y, weight="600", token="ink-soft")
    for index, row in enumerate(svg.wrapped(lane.stage, LANE_ROOM - 16, 3)):
        part = svg.child(label, "tspan", {"x": 0, "y": lane.y + LANE_PADDING + 12 + index * 17})
        part.text = svg.clean(row)
    svg.tooltip(label, lane.stage)


def _draw_edge(root: ET.Element, origin: Box, destination: Box) -> None:
    x0, y0, x1, y1 = _ends(origin, destination)
    reach = max(abs(x1 - x0) / 2, 40)
    w = svg.written
    path = f"M{w(x0)} {w(y0)}C{w(x0 + reach)} {w(y0)} {w(x1 - reach)} {w(y1)} {w(x1)} {w(y1)}"
    svg.child(root, "path", {"d": path} | svg.stroked("line-strong", 1.5)).set(
        "class", "edge stroke-line-strong"
    )
    head = f"{w(x1)},{w(y1)} {w(x1 - 8)},{w(y1 - 4.5)} {w(x1 - 8)},{w(y1 + 4.5)}"
    svg.child(root, "polygon", {"points": head} | svg.filled("line-strong"))


def _ends(origin: Box, destination: Box) -> tuple[float, float, float, float]:
    return (
        origin.x + NODE_WIDTH,
        origin.y + NODE_HEIGHT / 2,
        destination.x,
        destination.y + NODE_HEIGHT / 2,
    )


def _draw_box(root: ET.Element, box: Box) -> None:
    touchpoint = box.touchpoint
    behavior = touchpoint.behavior or "no behavior yet"
    words = f"{touchpoint.name}: {behavior}" + (
        f", in exchange for {touchpoint.exchange}" if touchpoint.exchange else ""
    )
    holder = svg.linked(root, touchpoint.href, words)
    svg.tooltip(holder, words)
    frame: dict[str, svg.Attribute] = {
        "x": box.x,
        "y": box.y,
        "width": NODE_WIDTH,
        "height": NODE_HEIGHT,
        "rx": 6,
    }
    shape = svg.child(holder, "rect", frame | svg.filled("surface") | {"stroke": "#75858b"})
    shape.set("class", "box fill-surface stroke-line-strong")
    if not touchpoint.behavior:
        shape.set("stroke-dasharray", "5 4")
    svg.text(holder, svg.shortened(touchpoint.name, NODE_WIDTH - 20), box.x + 10, box.y + 16, weight="600")
    for index, row in enumerate(svg.wrapped(behavior, NODE_WIDTH - 20, 2, 12)):
        svg.text(holder, row, box.x + 10, box.y + 35 + index * 16, token="ink-soft", size=12)


def _draw_edge_labels(root: ET.Element, steps: Sequence[Step], drawn: Layout) -> None:
    for column in sorted({drawn.boxes[step.destination].x for step in steps}):
        near = [step for step in steps if drawn.boxes[step.destination].x == column]
        near.sort(key=lambda step: _label_y(step, drawn))
        wanted = [_label_y(step, drawn) for step in near]
        for step, y in zip(near, svg.spread(wanted, EDGE_LABEL_GAP, 8, drawn.height - 8), strict=True):
            _draw_edge_label(root, step, drawn, y)


def _label_y(step: Step, drawn: Layout) -> float:
    # Near the arrow's head the label stands in the gap before the column, where no box is.
    _, y0, _, y1 = _ends(drawn.boxes[step.origin], drawn.boxes[step.destination])
    return y1 + (y0 - y1) * 0.18 - 9


def _draw_edge_label(root: ET.Element, step: Step, drawn: Layout, y: float) -> None:
    x = drawn.boxes[step.destination].x - 34
    words = "unknown" if step.pass_through is None else formats.percent(step.pass_through)
    label = svg.text(root, words, x, y, "middle", "ink", "600", 12)
    label.set("class", f"edge-label halo {label.get('class')}")
    label.set("stroke", "#ffffff")
    label.set("stroke-width", "4")
    label.set("paint-order", "stroke")
    names = drawn.boxes[step.origin].touchpoint.name, drawn.boxes[step.destination].touchpoint.name
    svg.tooltip(
        label,
        f"{names[0]} to {names[1]}: {words} go on"
        if step.pass_through is not None
        else f"{names[0]} to {names[1]}: pass-through unknown",
    )
