"""Each tenth of the customers by forecast: a column for what happened, marks for the forecast and the naive rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web import formats
from sterna.desk.web.pictures import svg
from sterna.desk.web.pictures.scale import Scale, scale_over

WIDTH = 720.0
HEIGHT = 220.0
LEFT = 62.0
TOP = 34.0
FOOT = 48.0
COLUMN = 0.5  # of a tenth's room
# Each has a shape of its own, so that no color is needed to tell them apart.
ACTUAL, FORECAST, NAIVE = "what happened", "forecast", "naive rate"


@dataclass(frozen=True)
class Tenth:
    """A tenth of the customers, 1 with the highest forecasts: means a customer."""

    number: int
    forecast: float
    actual: float
    naive: float


def deciles(tenths: Sequence[Tenth], *, title: str, unit: str) -> SafeString:
    """The tenths side by side on one scale from zero; a figure below zero is a ValueError."""
    if any(min(one.forecast, one.actual, one.naive) < 0 for one in tenths):
        raise ValueError("nobody orders less than nothing")
    root = svg.canvas(WIDTH, TOP + HEIGHT + FOOT, title, summary(tenths, unit), "deciles")
    figures = [figure for one in tenths for figure in (one.forecast, one.actual, one.naive)]
    scale = scale_over(figures, TOP + HEIGHT, TOP)
    _draw_legend(root)
    for tick in scale.ticks(6):
        svg.line(root, LEFT, scale.at(tick), WIDTH, scale.at(tick), "line")
        svg.text(root, formats.short(tick), LEFT - 8, scale.at(tick), "end", "ink-soft", size=11)
    room = (WIDTH - LEFT) / max(len(tenths), 1)
    for place, one in enumerate(tenths):
        _draw_tenth(root, one, scale, LEFT + room * (place + 0.5), room, unit)
    words = f"Tenths of the customers, the highest forecasts first; {unit} a customer"
    svg.text(root, words, (LEFT + WIDTH) / 2, TOP + HEIGHT + 36, "middle", "ink-soft", size=12)
    return svg.render(root)


def summary(tenths: Sequence[Tenth], unit: str) -> str:
    """The picture in words: the highest and the lowest tenth."""
    if not tenths:
        return "Nothing was tested."
    ends = [tenths[0], tenths[-1]] if len(tenths) > 1 else [tenths[0]]
    return " ".join(f"{_told(one, unit)}." for one in ends)


def _told(one: Tenth, unit: str) -> str:
    said = [f"{name} {formats.decimal(figure, 2)}" for name, figure in _figures(one)]
    return f"Tenth {one.number}: {', '.join(said)} {unit} a customer"


def _figures(one: Tenth) -> list[tuple[str, float]]:
    return [(FORECAST, one.forecast), (ACTUAL, one.actual), (NAIVE, one.naive)]


def _draw_tenth(root: ET.Element, one: Tenth, scale: Scale, x: float, room: float, unit: str) -> None:
    group = svg.child(root, "g", {"class": "tenth"})
    svg.tooltip(group, _told(one, unit))
    top, half = scale.at(one.actual), room * COLUMN / 2
    box: dict[str, svg.Attribute] = {"x": x - half, "y": top, "width": 2 * half, "height": scale.at(0) - top}
    svg.child(group, "rect", box | svg.filled("flow-foot"))
    _draw_naive(group, x, scale.at(one.naive), half + 5)
    _draw_forecast(group, x, scale.at(one.forecast))
    svg.text(group, str(one.number), x, scale.at(0) + 14, "middle", "ink-soft", size=11)


def _draw_forecast(parent: ET.Element, x: float, y: float) -> None:
    mark = svg.child(parent, "circle", {"cx": x, "cy": y, "r": 5.5} | svg.filled("accent"))
    mark.set("class", "forecast fill-accent")


def _draw_naive(parent: ET.Element, x: float, y: float, half: float) -> None:
    mark = svg.line(parent, x - half, y, x + half, y, "cannot-tell", 2.5)
    mark.set("class", "naive stroke-cannot-tell")
    mark.set("stroke-dasharray", "5 3")


def _draw_legend(root: ET.Element) -> None:
    x, y = LEFT, 12.0
    for name in (ACTUAL, FORECAST, NAIVE):
        if name == ACTUAL:
            box: dict[str, svg.Attribute] = {"x": x + 2, "y": y - 7, "width": 16, "height": 14}
            svg.child(root, "rect", box | svg.filled("flow-foot"))
        elif name == FORECAST:
            _draw_forecast(root, x + 10, y)
        else:
            _draw_naive(root, x + 10, y, 12)
        svg.text(root, name, x + 28, y, size=12)
        x += 28 + svg.text_width(name, 12) + 26
