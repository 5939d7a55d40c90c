"""Counts a day as stacked columns: what came, what came again, what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web import formats
from sterna.desk.web.pictures import svg
from sterna.desk.web.pictures.scale import Scale, scale_over

WIDTH = 720.0
HEIGHT = 150.0
LEFT = 62.0
TOP = 30.0
GAP = 0.25
# Bottom to top: the order tells them apart where the colors do not.
TOKENS = ("flow-up", "flow-foot", "cannot-tell")


@dataclass(frozen=True)
class Stack:
    """One column: its label, and how many of each part; `told` is said on hover beside the counts."""

    label: str
    parts: Mapping[str, int]
    told: str = ""


def columns(stacks: Sequence[Stack], parts: Sequence[str], *, title: str) -> SafeString:
    """The stacks side by side on one scale from zero; a fourth part, or one that is not named, is a ValueError."""
    _check(stacks, parts)
    root = svg.canvas(WIDTH, TOP + HEIGHT + 24, title, summary(stacks, parts), "columns")
    scale = scale_over([sum(stack.parts.values()) for stack in stacks], TOP + HEIGHT, TOP, margin=0)
    _draw_legend(root, parts)
    for tick in scale.ticks(3):
        if tick == int(tick):
            svg.line(root, LEFT, scale.at(tick), WIDTH, scale.at(tick), "line")
            svg.text(root, formats.count(int(tick)), LEFT - 8, scale.at(tick), "end", "ink-soft", size=11)
    step = (WIDTH - LEFT) / max(len(stacks), 1)
    for index, stack in enumerate(stacks):
        _draw_stack(root, stack, parts, scale, (LEFT + step * index, step))
        if index % max(1, round(60 / step)) == 0:
            svg.text(
                root,
                stack.label,
                LEFT + step * (index + 0.5),
                TOP + HEIGHT + 13,
                "middle",
                "ink-soft",
                size=11,
            )
    return svg.render(root)


def summary(stacks: Sequence[Stack], parts: Sequence[str]) -> str:
    """The picture in words: each part added up."""
    if not stacks:
        return "Nothing came."
    whole = ", ".join(f"{sum(stack.parts.get(part, 0) for stack in stacks):,} {part}" for part in parts)
    return f"{stacks[0].label} to {stacks[-1].label}: {whole}."


def _check(stacks: Sequence[Stack], parts: Sequence[str]) -> None:
    if len(parts) > len(TOKENS):
        raise ValueError(f"{len(parts)} parts: {len(TOKENS)} can be told apart")
    for stack in stacks:
        if not set(stack.parts) <= set(parts) or min(stack.parts.values(), default=0) < 0:
            raise ValueError(f"the parts of {stack.label!r} are none of {', '.join(parts)}, or below zero")


def _draw_legend(root: ET.Element, parts: Sequence[str]) -> None:
    x = LEFT
    for part, token in zip(parts, TOKENS, strict=False):
        svg.child(root, "rect", {"x": x, "y": 4, "width": 12, "height": 12, "rx": 2} | svg.filled(token))
        svg.text(root, part, x + 18, 10, size=12)
        x += 18 + svg.text_width(part, 12) + 22


def _draw_stack(
    root: ET.Element, stack: Stack, parts: Sequence[str], scale: Scale, place: tuple[float, float]
) -> None:
    x, step = place
    group = svg.child(root, "g", {"class": "stack"})
    counts = ", ".join(f"{stack.parts.get(part, 0):,} {part}" for part in parts)
    svg.tooltip(group, f"{stack.label}: {counts}{'. ' + stack.told if stack.told else ''}")
    floor = 0
    for part, token in zip(parts, TOKENS, strict=False):
        many = stack.parts.get(part, 0)
        if many:
            top = scale.at(floor + many)
            box: dict[str, svg.Attribute] = {
                "x": x + step * GAP / 2, "y": top, "width": step * (1 - GAP), "height": scale.at(floor) - top,
            }  # fmt: skip
            svg.child(group, "rect", box | svg.filled(token)).set("class", f"part fill-{token}")
            floor += many
