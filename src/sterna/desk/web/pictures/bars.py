"""Bars with ranges on one scale, the whale curve, sparklines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web import formats
from sterna.desk.web.pictures import svg
from sterna.desk.web.pictures.scale import Scale, scale_over

WIDTH = 480.0
LABEL_ROOM = 84.0
FIGURE_ROOM = 190.0  # "17.5 M USD (10.0-25.0 M)", in bold
ROW = 38.0
BAR = 16.0

WHALE = 280.0
WHALE_WIDTH = 720.0
WHALE_LEFT = 56.0
WHALE_FOOT = 44.0


@dataclass(frozen=True)
class Range:
    """A figure with the ends of its range; `point` None is unknown, `missing` what would make it known."""

    label: str
    point: formats.Figure | None
    low: formats.Figure | None = None
    high: formats.Figure | None = None
    missing: str | None = None


def range_bars(
    ranges: Sequence[Range],
    *,
    title: str,
    currency: str | None = None,
    scale: formats.Figure | None = None,
) -> SafeString:
    """The ranges as bars on one scale from zero ("today, to come, could be"), each range over its bar's end.

    `scale` is the value at the right end, for several pictures; a range without a point is a ValueError.
    """
    _check(ranges)
    axis = bar_scale(ranges, scale)
    root = svg.canvas(WIDTH, ROW * len(ranges), title, summary(ranges, currency), "bars")
    for index, item in enumerate(ranges):
        _draw_bar(root, item, ROW * (index + 0.5), axis, currency)
    return svg.render(root)


def bar_scale(ranges: Sequence[Range], top: formats.Figure | None = None) -> Scale:
    """The one scale of all bars: zero at the left unless a figure is negative."""
    figures = [
        float(value) for item in ranges for value in (item.point, item.low, item.high) if value is not None
    ]
    if top is not None:
        return Scale(min([0.0, *figures]), max([float(top), *figures, 1e-9]), LABEL_ROOM, WIDTH - FIGURE_ROOM)
    return scale_over(figures, LABEL_ROOM, WIDTH - FIGURE_ROOM, margin=0)


def summary(ranges: Sequence[Range], currency: str | None = None) -> str:
    """The bars in words."""
    return "; ".join(f"{item.label}: {_figures(item, currency)}" for item in ranges) + "."


def whale_curve(
    points: Sequence[tuple[float, float]],
    *,
    title: str,
    reading: str,
    customers: str = "Share of customers",
    before: Sequence[tuple[float, float]] = (),
    names: tuple[str, str] | None = None,
) -> SafeString:
    """Profit added up by customer rank: points (share of customers, share of profit), starting at (0, 0).

    `reading` is the picture in a sentence; `before` is the curve of an earlier day, drawn dashed behind it, and `names`
    tell the two apart. Shares of customers that go back are a ValueError.
    """
    if any(after[0] < first[0] for curve in (points, before) for first, after in pairwise(curve)):
        raise ValueError("the shares of customers must not go back")
    root = svg.canvas(WHALE_WIDTH, WHALE + WHALE_FOOT, title, reading, "whale")
    across = Scale(0.0, 1.0, WHALE_LEFT, WHALE_WIDTH - 26)
    shares = [share for _, share in (*points, *before)]
    up = Scale(min([0.0, *shares]), max([1.0, *shares]) * 1.05, WHALE - 4, 14)
    _draw_whale_axes(root, across, up, customers)
    _draw_whale(root, before, across, up, "ink-soft", reading)
    _draw_whale(root, points, across, up, "accent", reading)
    if names is not None:
        _draw_whale_names(root, names)
    return svg.render(root)


def sparkline(
    values: Sequence[formats.Figure | None], *, title: str, width: float = 120, height: float = 28
) -> SafeString:
    """A small line of figures in order; an unknown one leaves a gap, the last one is marked."""
    known = [float(value) for value in values if value is not None]
    described = ", ".join(formats.UNKNOWN if value is None else formats.short(value) for value in values)
    root = svg.canvas(width, height, title, described or formats.UNKNOWN, "sparkline")
    up = scale_over(known, height - 4, 4)
    step = (width - 8) / max(len(values) - 1, 1)
    places = [
        None if value is None else (4 + index * step, up.at(float(value)))
        for index, value in enumerate(values)
    ]
    for stretch in _stretches(places):
        path = " ".join(f"{svg.written(x)},{svg.written(y)}" for x, y in stretch)
        svg.child(root, "polyline", {"points": path} | svg.stroked("accent", 1.5))
    last = next((place for place in reversed(places) if place is not None), None)
    if last is not None:
        svg.child(root, "circle", {"cx": last[0], "cy": last[1], "r": 2.5} | svg.filled("accent"))
    return svg.render(root)


def _check(ranges: Sequence[Range]) -> None:
    for item in ranges:
        ends = [end for end in (item.low, item.high) if end is not None]
        if item.point is None and ends:
            raise ValueError(f"{item.label!r} has a range without a point")
        if len(ends) == 2 and item.point is not None and not ends[0] <= item.point <= ends[1]:
            raise ValueError(f"the range of {item.label!r} does not hold its point")


def _figures(item: Range, currency: str | None) -> str:
    if item.point is None:
        return f"unknown, known once {item.missing}" if item.missing else formats.UNKNOWN
    written = formats.money_short(item.point, currency)
    if item.low is None or item.high is None:
        return written
    return f"{written} ({formats.range_short(item.low, item.high)})"


def _draw_bar(root: ET.Element, item: Range, y: float, axis: Scale, currency: str | None) -> None:
    group = svg.child(root, "g")
    svg.tooltip(group, f"{item.label}: {_figures(item, currency)}")
    svg.text(group, svg.shortened(item.label, LABEL_ROOM - 12), 0, y, color="ink-soft")
    if item.point is None:
        svg.text(
            group,
            svg.shortened(_figures(item, currency), WIDTH - LABEL_ROOM),
            LABEL_ROOM,
            y,
            color="ink-soft",
        )
        return
    zero, end = axis.at(0), axis.at(float(item.point))
    box = _box(min(zero, end), y - BAR / 2, abs(end - zero), BAR)
    svg.child(group, "rect", box | svg.filled("accent")).set("class", "bar fill-accent")
    right = end
    if item.low is not None and item.high is not None:
        _draw_range(group, axis.at(float(item.low)), axis.at(float(item.high)), end, y)
        right = axis.at(float(item.high))
    svg.text(group, _figures(item, currency), max(right, zero) + 12, y, weight="600", size=12)


def _draw_range(group: ET.Element, low: float, high: float, point: float, y: float) -> None:
    box = _box(low, y - 4, high - low, 8)
    span = svg.child(group, "rect", box | svg.filled("accent-wash") | {"rx": 4})
    span.set("class", "range fill-accent-wash stroke-accent")
    span.set("stroke", "#0b6560")
    mark = svg.child(group, "circle", {"cx": point, "cy": y, "r": 5} | svg.filled("surface"))
    mark.set("class", "point fill-surface stroke-accent")
    mark.set("stroke", "#0b6560")
    mark.set("stroke-width", "2.5")


def _box(x: float, y: float, width: float, height: float) -> dict[str, svg.Attribute]:
    return {"x": x, "y": y, "width": width, "height": height}


def _draw_whale_axes(root: ET.Element, across: Scale, up: Scale, customers: str) -> None:
    for tick in up.ticks(4):
        svg.line(root, across.start, up.at(tick), across.end, up.at(tick), "line")
        svg.text(root, formats.percent(tick), across.start - 8, up.at(tick), "end", "ink-soft", size=11)
    for tick in across.ticks(5):
        svg.text(root, formats.percent(tick), across.at(tick), WHALE + 10, "middle", "ink-soft", size=11)
    full = svg.line(root, across.start, up.at(1), across.end, up.at(1), "ink-soft")
    full.set("stroke-dasharray", "4 4")
    svg.line(root, across.start, up.at(0), across.end, up.at(0), "ink")
    svg.text(root, customers, (across.start + across.end) / 2, WHALE + 32, "middle", "ink-soft", size=12)


def _draw_whale(
    root: ET.Element, points: Sequence[tuple[float, float]], across: Scale, up: Scale, color: str, said: str
) -> None:
    if not points:
        return
    path = " ".join(f"{svg.written(across.at(x))},{svg.written(up.at(y))}" for x, y in points)
    curve = svg.child(
        root, "polyline", {"points": path} | svg.stroked(color, 2.5 if color == "accent" else 2)
    )
    if color != "accent":
        curve.set("stroke-dasharray", "7 5")
    svg.tooltip(curve, said)


def _draw_whale_names(root: ET.Element, names: tuple[str, str]) -> None:
    """Which line is which, low at the right, where no curve of profit runs."""
    for place, (name, color) in enumerate(zip(names, ("accent", "ink-soft"), strict=True)):
        y = WHALE - 46 + 20 * place
        mark = svg.line(root, WHALE_WIDTH - 226, y, WHALE_WIDTH - 194, y, color, 2.5)
        if color != "accent":
            mark.set("stroke-dasharray", "7 5")
        svg.text(root, svg.shortened(name, 160, 12), WHALE_WIDTH - 186, y, size=12)


def _stretches(places: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    stretches: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is None:
            stretches.append([])
        else:
            stretches[-1].append(place)
    return [stretch for stretch in stretches if stretch]
