"""The Sankey of moves: places in a fixed order, opening on the left, closing on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web import formats
from sterna.desk.web.pictures import svg
from sterna.desk.web.pictures.palette import tier_token

Measure = Literal["customers", "value"]
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")

WIDTH = 880.0
LABEL_ROOM = 210.0
NODE_WIDTH = 14.0
NODE_GAP = 14.0
LABEL_GAP = 19.0
HEAD = 34.0
FOOT = 34.0
CURVE = 0.5
NAME_ROOM = 96.0


@dataclass(frozen=True)
class Place:
    """A tier with its rank (1 is the top), or one at the foot ("none", "new") without a rank."""

    key: str
    name: str
    rank: int | None = None


@dataclass(frozen=True)
class Flow:
    """Customers who were in `origin` at the opening and in `destination` at the closing, by place keys."""

    origin: str
    destination: str
    customers: int
    value: Decimal | None = None
    href: str | None = None


@dataclass(frozen=True)
class Node:
    """A place on one side of the picture, placed: its height is the sum of its links' thickness."""

    place: Place
    side: Side
    y: float
    height: float
    customers: int
    amount: Decimal


@dataclass(frozen=True)
class Link:
    """A flow placed between two nodes; `kind` is stay, up, down, moved between two of one rank, or foot."""

    flow: Flow
    kind: str
    left_y: float
    right_y: float
    thickness: float
    share: float


@dataclass(frozen=True)
class Layout:
    """The picture's geometry: the total height, and all nodes and links in drawing order."""

    height: float
    nodes: Sequence[Node]
    links: Sequence[Link]
    by: Measure
    total: Decimal


def sankey(
    places: Sequence[Place],
    flows: Sequence[Flow],
    *,
    title: str,
    opening: str,
    closing: str,
    by: Measure = "customers",
    currency: str | None = None,
    body_height: float = 400.0,
) -> SafeString:
    """The moves as SVG; places stand in the order given, `opening` and `closing` head the two sides.

    A flow to an unknown place, a negative figure, or value asked for and missing is a ValueError.
    """
    drawn = layout(places, flows, by=by, body_height=body_height)
    linked = any(flow.href for flow in flows)
    words = summary(places, flows)
    root = svg.canvas(WIDTH, drawn.height, title, words, "sankey", interactive=linked)
    svg.text(root, opening, LABEL_ROOM + NODE_WIDTH, HEAD / 2, "end", "ink-soft")
    svg.text(root, closing, WIDTH - LABEL_ROOM - NODE_WIDTH, HEAD / 2, "start", "ink-soft")
    names = {place.key: place.name for place in places}
    for link in sorted(drawn.links, key=lambda link: _ORDER[link.kind]):
        _draw_link(root, link, names, drawn, currency)
    for side in SIDES:
        _draw_side(root, [node for node in drawn.nodes if node.side == side], drawn, currency)
    _draw_legend(root, drawn)
    return svg.render(root)


def layout(
    places: Sequence[Place], flows: Sequence[Flow], *, by: Measure = "customers", body_height: float = 400.0
) -> Layout:
    """Where everything stands: one scale for both sides, links in the order of the places, nothing drawn."""
    _check(places, flows, by)
    order = {place.key: index for index, place in enumerate(places)}
    kept = [flow for flow in flows if _amount(flow, by) > 0]
    total = sum((_amount(flow, by) for flow in kept), Decimal(0))
    sides = [(side, _present(places, kept, side)) for side in SIDES]
    most = max((len(present) for _, present in sides), default=0)
    body = max(body_height, most * (LABEL_GAP + NODE_GAP))
    scale = (body - NODE_GAP * max(most - 1, 0)) / float(total) if total else 0.0
    nodes = [node for side, present in sides for node in _stack(present, kept, side, by, scale)]
    links = _links(kept, nodes, places, order, by, scale, total)
    return Layout(HEAD + body + FOOT, nodes, links, by, total)


def summary(places: Sequence[Place], flows: Sequence[Flow]) -> str:
    """The picture in words: how many rose, fell, stayed, joined and left."""
    order = {place.key: index for index, place in enumerate(places)}
    ranks = {place.key: place.rank for place in places}
    counts = {"up": 0, "down": 0, "moved": 0, "stay": 0, "joined": 0, "left": 0, "outside": 0}
    for flow in flows:
        counts[_word(flow, order, ranks)] += flow.customers
    opening = counts["up"] + counts["down"] + counts["moved"] + counts["stay"] + counts["left"]
    inside = {place.rank for place in places} - {None}
    is_ladder = len(inside) > 1 or counts["moved"] == 0
    moved = f"{formats.count(counts['moved'])} moved to another"
    if is_ladder:
        moved = f"{formats.count(counts['up'])} moved up, {formats.count(counts['down'])} moved down"
    what = "tier" if is_ladder else "segment"
    return (
        f"Of {formats.counted(opening, 'customer')} in a {what} at the opening, {moved}, "
        f"{formats.count(counts['stay'])} stayed and "
        f"{formats.count(counts['left'])} left every {what}; {formats.count(counts['joined'])} came in."
    )


def rows(places: Sequence[Place], flows: Sequence[Flow]) -> list[tuple[str, str, int, Decimal | None, float]]:
    """The figures behind the picture: from, to, customers, value, share of those who started there."""
    names = {place.key: place.name for place in places}
    opening: dict[str, int] = {}
    for flow in flows:
        opening[flow.origin] = opening.get(flow.origin, 0) + flow.customers
    order = {place.key: index for index, place in enumerate(places)}
    ordered = sorted(flows, key=lambda flow: (order[flow.origin], order[flow.destination]))
    return [
        (
            names[flow.origin],
            names[flow.destination],
            flow.customers,
            flow.value,
            flow.customers / opening[flow.origin],
        )
        for flow in ordered
        if opening[flow.origin]
    ]


_ORDER = {"stay": 0, "foot": 1, "down": 2, "moved": 2, "up": 3}
_LEGEND = (
    ("up", "moved up"),
    ("down", "moved down"),
    ("moved", "moved to another"),
    ("stay", "stayed"),
    ("foot", "joined or left"),
)


def _check(places: Sequence[Place], flows: Sequence[Flow], by: Measure) -> None:
    keys = {place.key for place in places}
    for flow in flows:
        if not {flow.origin, flow.destination} <= keys:
            raise ValueError(f"a flow goes from {flow.origin!r} to {flow.destination!r}, not both are places")
        if flow.customers < 0 or (flow.value is not None and flow.value < 0):
            raise ValueError(f"the flow from {flow.origin!r} to {flow.destination!r} is negative")
        if by == "value" and flow.value is None:
            raise ValueError(f"the flow from {flow.origin!r} to {flow.destination!r} has no value to draw by")


def _amount(flow: Flow, by: Measure) -> Decimal:
    return Decimal(flow.customers) if by == "customers" else flow.value or Decimal(0)


def _end(flow: Flow, side: Side) -> str:
    return flow.origin if side == "left" else flow.destination


def _present(places: Sequence[Place], flows: Sequence[Flow], side: Side) -> list[Place]:
    # Tiers stand on both sides even when empty, so that the order is the same picture after picture.
    used = {_end(flow, side) for flow in flows}
    return [place for place in places if place.rank is not None or place.key in used]


def _stack(
    places: Sequence[Place], flows: Sequence[Flow], side: Side, by: Measure, scale: float
) -> list[Node]:
    nodes, y = [], HEAD
    for place in places:
        own = [flow for flow in flows if _end(flow, side) == place.key]
        amount = sum((_amount(flow, by) for flow in own), Decimal(0))
        height = sum(float(_amount(flow, by)) * scale for flow in own)
        nodes.append(Node(place, side, y, height, sum(flow.customers for flow in own), amount))
        y += height + NODE_GAP
    return nodes


def _links(
    flows: Sequence[Flow],
    nodes: Sequence[Node],
    places: Sequence[Place],
    order: dict[str, int],
    by: Measure,
    scale: float,
    total: Decimal,
) -> list[Link]:
    filled: dict[tuple[Side, str], float] = {(node.side, node.place.key): node.y for node in nodes}
    opening = {node.place.key: node.amount for node in nodes if node.side == "left"}
    ranks = {place.key: place.rank for place in places}
    links = []
    for flow in sorted(flows, key=lambda flow: (order[flow.origin], order[flow.destination])):
        left: tuple[Side, str] = ("left", flow.origin)
        right: tuple[Side, str] = ("right", flow.destination)
        thickness = float(_amount(flow, by)) * scale
        share = float(_amount(flow, by) / opening[flow.origin])
        links.append(Link(flow, _kind(flow, order, ranks), filled[left], filled[right], thickness, share))
        filled[left] += thickness
        filled[right] += thickness
    return links


def _word(flow: Flow, order: dict[str, int], ranks: dict[str, int | None]) -> str:
    inside = ranks[flow.origin] is not None, ranks[flow.destination] is not None
    outside = {(False, True): "joined", (True, False): "left", (False, False): "outside"}
    if inside in outside:
        return outside[inside]
    step = order[flow.destination] - order[flow.origin]
    if step and ranks[flow.destination] == ranks[flow.origin]:
        return "moved"
    return "stay" if step == 0 else "up" if step < 0 else "down"


def _kind(flow: Flow, order: dict[str, int], ranks: dict[str, int | None]) -> str:
    word = _word(flow, order, ranks)
    return word if word in _ORDER else "foot"


def _draw_link(
    root: ET.Element, link: Link, names: dict[str, str], drawn: Layout, currency: str | None
) -> None:
    flow = link.flow
    figure = formats.counted(flow.customers, "customer")
    if flow.value is not None:
        figure += f", {formats.money_short(flow.value, currency)}"
    start = names[flow.origin]
    words = f"{start} to {names[flow.destination]}: {figure}, {formats.percent(link.share, 1)} of {start}"
    holder = svg.linked(root, flow.href, words)
    token = f"flow-{link.kind}"
    ribbon = svg.child(holder, "path", {"d": _ribbon(link)} | svg.filled(token) | {"fill-opacity": 0.75})
    ribbon.set("class", f"flow {ribbon.get('class')}")
    ribbon.set("data-thickness", svg.written(link.thickness))
    svg.tooltip(ribbon, words)


def _ribbon(link: Link) -> str:
    x0, x1 = LABEL_ROOM + NODE_WIDTH, WIDTH - LABEL_ROOM - NODE_WIDTH
    middle = x0 + (x1 - x0) * CURVE
    top0, low0 = link.left_y, link.left_y + link.thickness
    top1, low1 = link.right_y, link.right_y + link.thickness
    w: Callable[[float], str] = svg.written
    there = f"M{w(x0)} {w(top0)}C{w(middle)} {w(top0)} {w(middle)} {w(top1)} {w(x1)} {w(top1)}"
    back = f"V{w(low1)}C{w(middle)} {w(low1)} {w(middle)} {w(low0)} {w(x0)} {w(low0)}Z"
    return there + back


def _draw_side(root: ET.Element, nodes: Sequence[Node], drawn: Layout, currency: str | None) -> None:
    wanted = [node.y + node.height / 2 for node in nodes]
    places = svg.spread(wanted, LABEL_GAP, HEAD + LABEL_GAP / 2, drawn.height - FOOT)
    for node, label_y in zip(nodes, places, strict=True):
        _draw_node(root, node)
        _draw_label(root, node, label_y, drawn, currency)


def _draw_node(root: ET.Element, node: Node) -> None:
    x = LABEL_ROOM if node.side == "left" else WIDTH - LABEL_ROOM - NODE_WIDTH
    box: dict[str, svg.Attribute] = {"x": x, "y": node.y, "width": NODE_WIDTH, "height": max(node.height, 1)}
    shape = svg.child(root, "rect", box | svg.filled(tier_token(node.place.rank)))
    shape.set("class", f"node {shape.get('class')}")
    shape.set("data-place", svg.clean(node.place.key))
    svg.tooltip(shape, f"{node.place.name}: {formats.counted(node.customers, 'customer')}")


def _draw_label(root: ET.Element, node: Node, y: float, drawn: Layout, currency: str | None) -> None:
    figure = (
        formats.count(node.customers)
        if drawn.by == "customers"
        else formats.money_short(node.amount, currency)
    )
    share = formats.percent(node.amount / drawn.total) if drawn.total else formats.UNKNOWN
    left = node.side == "left"
    x = LABEL_ROOM - 8 if left else WIDTH - LABEL_ROOM + 8
    label = svg.text(root, "", x, y, "end" if left else "start")
    label.set("class", f"node-label {label.get('class')}")
    name = svg.child(label, "tspan", {"font-weight": "600"})
    name.text = svg.clean(svg.shortened(node.place.name, NAME_ROOM))
    name.tail = f"  {figure} \N{MIDDLE DOT} {share}"
    svg.tooltip(label, f"{node.place.name}: {figure}, {share}")
    _draw_leader(root, node, y)


def _draw_leader(root: ET.Element, node: Node, y: float) -> None:
    middle = node.y + node.height / 2
    if abs(y - middle) < LABEL_GAP / 2:
        return
    edge = LABEL_ROOM if node.side == "left" else WIDTH - LABEL_ROOM
    outside = edge - 6 if node.side == "left" else edge + 6
    svg.line(root, edge, middle, outside, y, "line-strong", 0.75)


def _draw_legend(root: ET.Element, drawn: Layout) -> None:
    kinds = {link.kind for link in drawn.links}
    x, y = LABEL_ROOM, drawn.height - FOOT / 2 + 4
    for kind, words in _LEGEND:
        if kind in kinds:
            svg.child(
                root, "rect", {"x": x, "y": y - 5, "width": 18, "height": 10} | svg.filled(f"flow-{kind}")
            )
            svg.text(root, words, x + 24, y, "start", "ink-soft", size=12)
            x += 44 + svg.text_width(words, 12)
