"""What is expected of each goal as a bar with its ends, what is wanted of it, and what happened where that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web import formats
from sterna.desk.web.pictures import svg
from sterna.desk.web.pictures.scale import Scale, scale_over

WIDTH = 880.0
NAME_ROOM = 220.0
FIGURE_ROOM = 150.0
ROW = 44.0
HEAD = 30.0
FOOT = 44.0


@dataclass(frozen=True)
class Outlook:
    """One goal: the mean and the ends of what is expected, the number wanted, and what was seen; None is not known."""

    name: str
    low: float
    mean: float
    high: float
    wanted: float
    seen: float | None = None


def outlook(goals: Sequence[Outlook], *, title: str, axis: str) -> SafeString:
    """The goals as SVG in their order, on one scale from zero. Ends that do not hold their mean are a ValueError."""
    for goal in goals:
        if not goal.low <= goal.mean <= goal.high:
            raise ValueError(f"the ends of {goal.name!r} do not hold its mean")
    height = HEAD + ROW * len(goals) + FOOT
    root = svg.canvas(WIDTH, height, title, summary(goals), "outlook")
    values = [value for goal in goals for value in (goal.high, goal.wanted, goal.seen or 0.0)]
    scale = scale_over(values, NAME_ROOM, WIDTH - FIGURE_ROOM)
    _draw_legend(root, any(goal.seen is not None for goal in goals))
    _draw_axis(root, scale, height - FOOT, axis)
    for index, goal in enumerate(goals):
        _draw_goal(root, goal, HEAD + ROW * (index + 0.5), scale)
    return svg.render(root)


def summary(goals: Sequence[Outlook]) -> str:
    """The picture in words, one clause a goal."""
    return "; ".join(_words(goal) for goal in goals) + "."


def _words(goal: Outlook) -> str:
    told = f"{goal.name}: {goal.mean:,.0f} expected ({goal.low:,.0f} to {goal.high:,.0f}), {goal.wanted:,.0f} wanted"
    return told if goal.seen is None else f"{told}, {goal.seen:,.0f} seen"


def _draw_legend(root: ET.Element, seen: bool) -> None:
    x, y = NAME_ROOM, 12.0
    _draw_range(root, x, x + 26, y)
    svg.text(root, "expected, nine in ten", x + 34, y, color="ink-soft", size=12)
    _draw_wanted(root, x + 190, y)
    svg.text(root, "wanted", x + 200, y, color="ink-soft", size=12)
    if seen:
        _draw_seen(root, x + 270, y)
        svg.text(root, "seen", x + 282, y, color="ink-soft", size=12)


def _draw_axis(root: ET.Element, scale: Scale, bottom: float, axis: str) -> None:
    for tick in scale.ticks():
        svg.line(root, scale.at(tick), HEAD, scale.at(tick), bottom, "line")
        svg.text(root, formats.short(tick), scale.at(tick), bottom + 12, "middle", "ink-soft", size=11)
    svg.text(root, axis, (scale.start + scale.end) / 2, bottom + 32, "middle", "ink-soft", size=12)


def _draw_goal(root: ET.Element, goal: Outlook, y: float, scale: Scale) -> None:
    row = svg.child(root, "g", {"class": "outlook-row"})
    svg.tooltip(row, _words(goal))
    svg.text(row, svg.shortened(goal.name, NAME_ROOM - 16), NAME_ROOM - 14, y, "end")
    _draw_range(row, scale.at(goal.low), scale.at(goal.high), y)
    svg.child(row, "circle", {"cx": scale.at(goal.mean), "cy": y, "r": 4} | svg.filled("accent"))
    _draw_wanted(row, scale.at(goal.wanted), y)
    if goal.seen is not None:
        _draw_seen(row, scale.at(goal.seen), y)
    figures = f"{goal.mean:,.0f} of {goal.wanted:,.0f}"
    if goal.seen is not None:
        figures += f", {goal.seen:,.0f} seen"
    svg.text(row, figures, WIDTH - FIGURE_ROOM + 14, y, size=12)


def _draw_range(row: ET.Element, low: float, high: float, y: float) -> None:
    box: dict[str, svg.Attribute] = {"x": low, "y": y - 6, "width": max(high - low, 1), "height": 12, "rx": 3}
    svg.child(row, "rect", box | svg.filled("accent-wash"))
    for end in (low, high):
        svg.line(row, end, y - 6, end, y + 6, "accent", 1.5)


def _draw_wanted(row: ET.Element, x: float, y: float) -> None:
    svg.line(row, x, y - 13, x, y + 13, "ink", 2).set("class", "wanted stroke-ink")


def _draw_seen(row: ET.Element, x: float, y: float) -> None:
    corners = svg.points([(x, y - 7), (x + 7, y), (x, y + 7), (x - 7, y)])
    svg.child(row, "polygon", {"points": corners} | svg.filled("moved")).set("class", "seen fill-moved")
