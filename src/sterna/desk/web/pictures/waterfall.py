"""Match weights as a waterfall: what speaks for two records being one person, what against, and where it ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web.pictures import svg
from sterna.desk.web.pictures.scale import Scale, scale_over

WIDTH = 720.0
NAME_ROOM = 170.0
FIGURE_ROOM = 84.0
ROW = 30.0
HEAD = 26.0
FOOT = 40.0
BAR = 16.0
FOR, AGAINST, START, END = "flow-up", "cannot-tell", "line-strong", "accent"


@dataclass(frozen=True)
class Weight:
    """One step: its name, its weight in bits (a doubling of the odds each; below zero speaks against), what it saw."""

    name: str
    bits: float
    seen: str = ""


def probability(bits: float) -> float:
    """The probability of odds of 2 to the `bits`; certain, as far as a float can tell, beyond a thousand."""
    return 1.0 / (1.0 + 2.0 ** -max(min(bits, 1000.0), -1000.0))


def bits_of(share: float) -> float:
    """The weight at which a probability strictly between 0 and 1 is reached."""
    return math.log2(share / (1.0 - share))


def waterfall(
    prior: float, weights: Sequence[Weight], *, title: str, limits: Sequence[tuple[float, str]] = ()
) -> SafeString:
    """The weights one below another, each beginning where the one above ends; the first is the `prior`.

    `limits` are (probability, words) drawn as lines down the picture, such as where pairs are merged by themselves.
    """
    height = HEAD + ROW * (len(weights) + 2) + FOOT
    root = svg.canvas(WIDTH, height, title, summary(prior, weights), "waterfall")
    reached = running(prior, weights)
    scale = scale_over(
        [*reached, *(bits_of(share) for share, _ in limits)], NAME_ROOM, WIDTH - FIGURE_ROOM, margin=0.04
    )
    _draw_axis(root, scale, height - FOOT)
    for share, words in limits:
        _draw_limit(root, scale.at(bits_of(share)), height - FOOT, words)
    _draw_row(root, scale, 0, Weight("Any two records", prior), (0.0, prior), START)
    for index, (weight, begin) in enumerate(zip(weights, reached, strict=False)):
        token = FOR if weight.bits >= 0 else AGAINST
        _draw_row(root, scale, index + 1, weight, (begin, begin + weight.bits), token)
    last = Weight("Together", reached[-1], f"probability {_percent(reached[-1])}")
    _draw_row(root, scale, len(weights) + 1, last, (0.0, reached[-1]), END)
    return svg.render(root)


def running(prior: float, weights: Sequence[Weight]) -> list[float]:
    """Where each step ends, the prior first."""
    return list(accumulate((weight.bits for weight in weights), initial=prior))


def summary(prior: float, weights: Sequence[Weight]) -> str:
    """The picture in a sentence or two."""
    total = running(prior, weights)[-1]
    steps = "; ".join(f"{weight.name} {signed(weight.bits)}" for weight in weights)
    begun = f"Any two records begin at {signed(prior)} bits"
    ended = f"together {signed(total)}, a probability of {_percent(total)}."
    return f"{begun}; {steps}; {ended}" if steps else f"{begun}; {ended}"


def signed(bits: float) -> str:
    """A weight with its sign and one decimal."""
    words = f"{abs(bits):.1f}"
    if words == "0.0":
        return words
    return f"+{words}" if bits > 0 else f"\N{MINUS SIGN}{words}"


def _percent(bits: float) -> str:
    """Never 0 or 100: nothing is ever certain."""
    share = probability(bits)
    if share < 0.001:
        return "under 0.1 %"
    return "over 99.9 %" if share > 0.999 else f"{share * 100:.1f} %"


def _draw_axis(root: ET.Element, scale: Scale, bottom: float) -> None:
    for tick in scale.ticks():
        svg.line(root, scale.at(tick), HEAD, scale.at(tick), bottom, "line")
        svg.text(
            root, signed(tick).removesuffix(".0"), scale.at(tick), bottom + 12, "middle", "ink-soft", size=11
        )
    zero = svg.line(root, scale.at(0), HEAD, scale.at(0), bottom, "ink-soft", 1.5)
    zero.set("class", f"zero {zero.get('class')}")
    middle = (scale.start + scale.end) / 2
    svg.text(
        root,
        "Bits: each doubles the odds that they are one person",
        middle,
        bottom + 29,
        "middle",
        "ink-soft",
        size=12,
    )


def _draw_limit(root: ET.Element, x: float, bottom: float, words: str) -> None:
    mark = svg.line(root, x, HEAD, x, bottom, "line-strong")
    mark.set("stroke-dasharray", "3 4")
    mark.set("class", f"limit {mark.get('class')}")
    room = svg.text_width(words, 11) / 2
    svg.text(
        root, words, min(max(x, NAME_ROOM + room), WIDTH - room), HEAD - 13, "middle", "ink-soft", size=11
    )


def _draw_row(
    root: ET.Element, scale: Scale, index: int, weight: Weight, ends: tuple[float, float], token: str
) -> None:
    y = HEAD + ROW * (index + 0.5)
    row = svg.child(root, "g", {"class": "waterfall-row"})
    seen = f" ({weight.seen})" if weight.seen else ""
    svg.tooltip(row, f"{weight.name}: {signed(weight.bits)} bits{seen}")
    bold = "650" if token == END else "400"
    svg.text(row, svg.shortened(weight.name, NAME_ROOM - 16), NAME_ROOM - 14, y, "end", weight=bold)
    left, right = sorted(scale.at(end) for end in ends)
    box: dict[str, svg.Attribute] = {
        "x": left, "y": y - BAR / 2, "width": max(right - left, 1.0), "height": BAR, "rx": 2,
    }  # fmt: skip
    svg.child(row, "rect", box | svg.filled(token)).set("class", f"bar fill-{token}")
    if token in (FOR, AGAINST):
        # Where this step ends the next begins.
        svg.line(row, scale.at(ends[1]), y + BAR / 2, scale.at(ends[1]), y + ROW - BAR / 2, "line-strong")
    svg.text(row, signed(weight.bits), WIDTH - 8, y, "end", weight=bold)
