"""The roadmap: lanes of touchpoints by relationship stage, behaviors on nodes, pass-through on edges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web import formats
from sterna.desk.web.pictures import svg

LANE_ROOM = 120.0
NODE_WIDTH = 264.0
NODE_HEIGHT = 98.0
COLUMN_GAP = 92.0
ROW_GAP = 18.0
LANE_PADDING = 16.0
EDGE_LABEL_GAP = 16.0
BACK_GAP = 22.0  # between a way back and the column it runs beside


@dataclass(frozen=True)
class Touchpoint:
    """A node: where the contact happens and the behavior it asks for; `stage` names its lane.

    `notes` are at most two short lines under the behavior; `details` is all of it in words, for who comes by keyboard.
    """

    key: str
    name: str
    stage: str
    behavior: str | None = None
    exchange: str | None = None
    href: str | None = None
    notes: Sequence[str] = ()
    details: str | None = None


@dataclass(frozen=True)
class Step:
    """An edge from one touchpoint to the next; `pass_through` is the share who go on, None is unknown.

    `counts` is False for an edge along which nobody is counted: it says where it leads and nothing else.
    """

    origin: str
    destination: str
    pass_through: float | None = None
    counts: bool = True


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
) -> SafeString:
    """The roadmap as SVG; an unknown stage or an unknown end of a step is a ValueError."""
    return svg.render(tree(stages, touchpoints, steps, title=title))


def tree(
    stages: Sequence[str], touchpoints: Sequence[Touchpoint], steps: Sequence[Step], *, title: str
) -> ET.Element:
    """The same as elements, for a file."""
    drawn = layout(stages, touchpoints, steps)
    interactive = any(touchpoint.href or touchpoint.details for touchpoint in touchpoints)
    root = svg.canvas(drawn.width, drawn.height, title, summary(touchpoints, steps), "roadmap", interactive)
    for lane in drawn.lanes:
        _draw_lane(root, lane, drawn.width)
    for step in steps:
        _draw_edge(root, drawn.boxes[step.origin], drawn.boxes[step.destination], drawn.boxes.values())
    for box in drawn.boxes.values():
        _draw_box(root, box)
    _draw_edge_labels(root, [step for step in steps if step.counts], drawn)
    return root


def layout(stages: Sequence[str], touchpoints: Sequence[Touchpoint], steps: Sequence[Step]) -> Layout:
    """Where everything stands: a column for each step from the start, a lane for each stage."""
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
        f"{names[step.origin]} to {names[step.destination]}"
        + (f": {formats.percent(step.pass_through)} go on" if step.counts else "")
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
    # A step back in the given order (a reminder to the page before) counts for nothing: it would push its
    # columns out without end. As many rounds as there are touchpoints settle every path.
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
    label = svg.text(root, "", 0, lane.y, weight="600", color="ink-soft")
    for index, row in enumerate(svg.wrapped(lane.stage, LANE_ROOM - 16, 3, bold=True)):
        part = svg.child(label, "tspan", {"x": 0, "y": lane.y + LANE_PADDING + 12 + index * 17})
        part.text = svg.clean(row)
    svg.tooltip(label, lane.stage)


def _draw_edge(root: ET.Element, origin: Box, destination: Box, boxes: Iterable[Box]) -> None:
    path = edge_path(origin, destination, boxes)
    svg.child(root, "path", {"d": path} | svg.stroked("line-strong", 1.5)).set(
        "class", "edge stroke-line-strong"
    )
    x, y = destination.x, _arrival(origin, destination)
    corners = svg.points([(x, y), (x - 8, y - 4.5), (x - 8, y + 4.5)])
    svg.child(root, "polygon", {"points": corners} | svg.filled("line-strong"))


def edge_path(origin: Box, destination: Box, boxes: Iterable[Box]) -> str:
    """The way from one box to another; past columns between them it runs where no box is."""
    if destination.x <= origin.x:
        return _way_back(origin, destination)
    x0, y0, x1, y1 = _ends(origin, destination)
    if x1 - x0 <= COLUMN_GAP:
        reach = max(abs(x1 - x0) / 2, 40)
        return f"M{_at(x0, y0)}{_curve(x0, y0, x1, y1, reach)}"
    between = [box for box in boxes if x0 < box.x < x1 - NODE_WIDTH]
    way = _clear_way(y1, between)
    bend, reach = COLUMN_GAP * 0.9, COLUMN_GAP / 2
    out = _curve(x0, y0, x0 + bend, way, reach)
    back = _curve(x1 - bend, way, x1, y1, reach)
    return f"M{_at(x0, y0)}{out}L{_at(x1 - bend, way)}{back}"


def _way_back(origin: Box, destination: Box) -> str:
    """By which customers come back: below the box, through the gap between rows and that before the column."""
    below = origin.y + NODE_HEIGHT + ROW_GAP / 2
    x, y = destination.x - BACK_GAP, _arrival(origin, destination)
    out = f"M{_at(origin.x + NODE_WIDTH - BACK_GAP, origin.y + NODE_HEIGHT)}V{svg.written(below)}"
    return f"{out}H{svg.written(x)}V{svg.written(y)}H{svg.written(destination.x)}"


def _arrival(origin: Box, destination: Box) -> float:
    # Who comes back arrives lower down: on the middle the arrow would lie on that of those who come for the first time.
    return destination.y + NODE_HEIGHT * (0.8 if destination.x <= origin.x else 0.5)


def _clear_way(wanted: float, boxes: Sequence[Box]) -> float:
    # Lane padding and row gap are both wider than this margin, so a way beside a box meets no other box.
    margin = NODE_HEIGHT / 2 + min(LANE_PADDING, ROW_GAP) / 2
    ways = [wanted, wanted + margin, wanted - margin]
    clear = [way for way in ways if not any(box.y <= way <= box.y + NODE_HEIGHT for box in boxes)]
    return clear[0] if clear else wanted


def _curve(x0: float, y0: float, x1: float, y1: float, reach: float) -> str:
    return f"C{_at(x0 + reach, y0)} {_at(x1 - reach, y1)} {_at(x1, y1)}"


def _at(x: float, y: float) -> str:
    return f"{svg.written(x)} {svg.written(y)}"


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
    holder = svg.linked(root, touchpoint.href, touchpoint.details or words)
    if touchpoint.details and not touchpoint.href:
        holder.attrib |= {"tabindex": "0", "role": "img", "aria-label": svg.clean(touchpoint.details)}
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
    names = svg.wrapped(touchpoint.name, NODE_WIDTH - 20, 2, bold=True)
    for index, row in enumerate(names):
        svg.text(holder, row, box.x + 10, box.y + 16 + index * 16, weight="600")
    # Name, behavior and notes have five lines between them: a name that takes two leaves one to what is asked for.
    rows = svg.wrapped(behavior, NODE_WIDTH - 20, 3 - len(names) if touchpoint.notes else 2, 12)
    for index, row in enumerate(rows, len(names)):
        svg.text(holder, row, box.x + 10, box.y + 19 + index * 16, color="ink-soft", size=12)
    for index, note in enumerate(touchpoint.notes[:2]):
        said = svg.shortened(note, NODE_WIDTH - 20, 11)
        svg.text(holder, said, box.x + 10, box.y + 69 + index * 16, color="ink-soft", size=11)


def _draw_edge_labels(root: ET.Element, steps: Sequence[Step], drawn: Layout) -> None:
    for column in sorted({drawn.boxes[step.destination].x for step in steps}):
        near = [step for step in steps if drawn.boxes[step.destination].x == column]
        near.sort(key=lambda step: _label_order(step, drawn))
        wanted = [_label_y(step, drawn) for step in near]
        for step, y in zip(near, svg.spread(wanted, EDGE_LABEL_GAP, 8, drawn.height - 8), strict=True):
            _draw_edge_label(root, step, drawn, y)


def _label_y(step: Step, drawn: Layout) -> float:
    # Near the arrow's head the label stands in the gap before the column, where no box is.
    origin, destination = drawn.boxes[step.origin], drawn.boxes[step.destination]
    if destination.x <= origin.x:
        return _arrival(origin, destination)
    _, y0, _, y1 = _ends(origin, destination)
    return y1 + (y0 - y1) * 0.18 - 9


def _label_order(step: Step, drawn: Layout) -> tuple[float, float]:
    # Of two edges from above, the one from nearer by arrives steeper and so lies above the other.
    origin, destination = drawn.boxes[step.origin], drawn.boxes[step.destination]
    steepness = -origin.x if origin.y <= destination.y else origin.x
    return _label_y(step, drawn), steepness


def _draw_edge_label(root: ET.Element, step: Step, drawn: Layout, y: float) -> None:
    x = drawn.boxes[step.destination].x - 42
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
