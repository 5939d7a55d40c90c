"""Effects as points with intervals around a zero line, largest first; each verdict has its shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web import formats
from sterna.desk.web.components import VERDICT_WORDS, VerdictKind
from sterna.desk.web.pictures import svg
from sterna.desk.web.pictures.scale import Scale, scale_over

WIDTH = 880.0
NAME_ROOM = 220.0
FIGURE_ROOM = 190.0
ROW = 34.0
HEAD = 16.0
FOOT = 46.0
TOKENS = {"moved": "moved", "not_moved": "not-moved", "cannot_tell": "cannot-tell", "aa": "line-strong"}


@dataclass(frozen=True)
class Estimate:
    """One comparison: its effect with the interval's ends; a targeted one is drawn without figures."""

    name: str
    verdict: VerdictKind
    point: float | None = None
    low: float | None = None
    high: float | None = None
    href: str | None = None
    primary: bool = False

    @property
    def drawn(self) -> bool:
        """Whether there is an effect to draw: all three figures, and hold-outs chosen by chance."""
        return self.verdict != "targeted" and None not in (self.point, self.low, self.high)


def intervals(
    estimates: Sequence[Estimate],
    *,
    title: str,
    axis: str,
    write: Callable[[float], str] = formats.signed_percent,
) -> SafeString:
    """The comparisons as SVG, largest effect first, those without figures last; `write` prints an effect.

    An interval that does not hold its point is a ValueError.
    """
    _check(estimates)
    ordered = by_size(estimates)
    height = HEAD + ROW * len(ordered) + FOOT
    interactive = any(estimate.href for estimate in ordered)
    root = svg.canvas(WIDTH, height, title, summary(ordered, write), "intervals", interactive)
    scale = effect_scale(ordered)
    _draw_axis(root, scale, height - FOOT, axis, write)
    for index, estimate in enumerate(ordered):
        _draw_row(root, estimate, HEAD + ROW * (index + 0.5), scale, write)
    return svg.render(root)


def by_size(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Largest effect first, names breaking ties, those without figures last."""

    def size(estimate: Estimate) -> tuple[bool, float, str]:
        point = estimate.point if estimate.drawn and estimate.point is not None else 0.0
        return not estimate.drawn, -point, estimate.name

    return sorted(estimates, key=size)


def effect_scale(estimates: Sequence[Estimate]) -> Scale:
    """The scale over all intervals and zero."""
    ends = [end for estimate in estimates if estimate.drawn for end in (estimate.low, estimate.high)]
    known = [end for end in ends if end is not None]
    return scale_over(known, NAME_ROOM, WIDTH - FIGURE_ROOM, margin=0.06)


def summary(estimates: Sequence[Estimate], write: Callable[[float], str] = formats.signed_percent) -> str:
    """The picture in words, one clause a comparison."""
    return "; ".join(f"{estimate.name}: {_figures(estimate, write)}" for estimate in estimates) + "."


def _check(estimates: Sequence[Estimate]) -> None:
    for estimate in estimates:
        if not estimate.drawn or estimate.point is None or estimate.low is None or estimate.high is None:
            continue
        if not estimate.low <= estimate.point <= estimate.high:
            raise ValueError(f"the interval of {estimate.name!r} does not hold its point")


def _figures(estimate: Estimate, write: Callable[[float], str]) -> str:
    title, _ = VERDICT_WORDS[estimate.verdict]
    words = title if estimate.verdict == "aa" else title.lower()
    if not estimate.drawn or estimate.point is None or estimate.low is None or estimate.high is None:
        return words if estimate.verdict == "targeted" else f"{words}, effect unknown"
    return f"{words}, {write(estimate.point)} ({write(estimate.low)} to {write(estimate.high)})"


def _draw_axis(
    root: ET.Element, scale: Scale, bottom: float, axis: str, write: Callable[[float], str]
) -> None:
    for tick in scale.ticks():
        x = scale.at(tick)
        svg.line(root, x, HEAD, x, bottom, "line")
        label = svg.text(root, write(tick), x, bottom + 13, "middle", "ink-soft", size=11)
        label.set("class", f"tick-label {label.get('class')}")
    zero = svg.line(root, scale.at(0), HEAD - 6, scale.at(0), bottom, "ink", 1.5)
    zero.set("class", f"zero {zero.get('class')}")
    svg.text(root, axis, (scale.start + scale.end) / 2, bottom + 33, "middle", "ink-soft", size=12)


def _draw_row(
    root: ET.Element, estimate: Estimate, y: float, scale: Scale, write: Callable[[float], str]
) -> None:
    words = f"{estimate.name}: {_figures(estimate, write)}"
    row = svg.linked(root, estimate.href, words)
    row.set("class", "interval-row")
    svg.tooltip(row, words)
    weight = "650" if estimate.primary else "400"
    name = estimate.name + (" (primary)" if estimate.primary else "")
    svg.text(
        row,
        svg.shortened(name, NAME_ROOM - 16, bold=estimate.primary),
        NAME_ROOM - 14,
        y,
        "end",
        weight=weight,
    )
    if (
        estimate.drawn
        and estimate.point is not None
        and estimate.low is not None
        and estimate.high is not None
    ):
        _draw_whisker(row, scale.at(estimate.low), scale.at(estimate.high), y, TOKENS[estimate.verdict])
        MARKS[estimate.verdict](row, scale.at(estimate.point), y)
        figure = f"{write(estimate.point)}  {VERDICT_WORDS[estimate.verdict][0].split(':')[0]}"
        svg.text(row, figure, WIDTH - FIGURE_ROOM + 14, y, size=12)
    else:
        _draw_outline(row, VERDICT_WORDS[estimate.verdict][0], scale, y)


def _draw_whisker(row: ET.Element, low: float, high: float, y: float, token: str) -> None:
    svg.line(row, low, y, high, y, token, 2).set("class", f"whisker stroke-{token}")
    for end in (low, high):
        svg.line(row, end, y - 4, end, y + 4, token, 2)


def _draw_outline(row: ET.Element, words: str, scale: Scale, y: float) -> None:
    width = svg.text_width(words, 12) + 20
    middle = (scale.start + scale.end) / 2
    box: dict[str, svg.Attribute] = {
        "x": middle - width / 2,
        "y": y - 11,
        "width": width,
        "height": 22,
        "rx": 11,
    }
    pill = svg.child(row, "rect", box | svg.stroked("line-strong"))
    pill.set("fill", "#ffffff")
    pill.set("class", "fill-surface stroke-line-strong")
    svg.text(row, words, middle, y, "middle", size=12)


def _draw_arrow(row: ET.Element, x: float, y: float) -> None:
    points = svg.points([(x, y - 9), (x + 8, y + 6), (x - 8, y + 6)])
    svg.child(row, "polygon", {"points": points} | svg.filled("moved")).set("class", "mark fill-moved")


def _draw_dot(row: ET.Element, x: float, y: float) -> None:
    svg.child(row, "circle", {"cx": x, "cy": y, "r": 6} | svg.filled("not-moved")).set(
        "class", "mark fill-not-moved"
    )


def _draw_question(row: ET.Element, x: float, y: float) -> None:
    box: dict[str, svg.Attribute] = {"x": x - 8, "y": y - 8, "width": 16, "height": 16, "rx": 3}
    shape = svg.child(row, "rect", box | svg.stroked("cannot-tell", 1.5))
    shape.set("class", "mark fill-cannot-tell-wash stroke-cannot-tell")
    shape.set("fill", "#fcf0d6")
    for step in (-4, 1, 6):
        hatch = svg.line(
            row, x - 8 + max(step, 0), y + min(step, 0) + 2, x + step / 2, y - 7, "cannot-tell", 0.5
        )
        hatch.set("stroke-opacity", "0.6")
    svg.text(row, "?", x, y, "middle", "cannot-tell", "700", 12)


def _draw_equals(row: ET.Element, x: float, y: float) -> None:
    box: dict[str, svg.Attribute] = {"x": x - 7, "y": y - 7, "width": 14, "height": 14}
    shape = svg.child(row, "rect", box | svg.stroked("line-strong", 1.5))
    shape.set("class", "mark fill-surface stroke-line-strong")
    shape.set("fill", "#ffffff")
    svg.text(row, "=", x, y, "middle", "ink", "700", 11)


MARKS: dict[str, Callable[[ET.Element, float, float], None]] = {
    "moved": _draw_arrow,
    "not_moved": _draw_dot,
    "cannot_tell": _draw_question,
    "aa": _draw_equals,
}
