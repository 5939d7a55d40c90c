"""A thin layer over an XML tree: the writer escapes every attribute and text, addresses are checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from django.utils.safestring import SafeString

from sterna.desk.web.pictures.palette import LIGHT

NAMESPACE = "http://www.w3.org/2000/svg"
# Of the font size: wide enough for the system fonts, so that text never outgrows its room.
CHARACTER_WIDTH = 0.56
BOLD_WIDTH = 0.67

Attribute = str | float | int

# XML 1.0 has no place for these, escaped or not: one in a customer's name would make the file unreadable.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = re.compile("[ \t\n]+")
_ADDRESS = re.compile(r"^(https?://|/(?!/)|[?#])")


def canvas(
    width: float, height: float, title: str, description: str, name: str, interactive: bool = False
) -> ET.Element:
    """An empty picture of the given size; `interactive` when it holds links, which an image must not hide."""
    root = ET.Element(
        "svg",
        {
            "xmlns": NAMESPACE,
            "viewBox": f"0 0 {written(width)} {written(height)}",
            "width": written(width),
            "height": written(height),
            "class": f"sterna-picture picture-{name}",
            "role": "group" if interactive else "img",
            "aria-label": clean(title),
            "font-family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
            "font-size": "13",
        },
    )
    child(root, "desc").text = clean(description)
    return root


def child(parent: ET.Element, tag: str, attributes: Mapping[str, Attribute] | None = None) -> ET.Element:
    """A new element inside `parent`; numbers are written with at most two decimals."""
    named = {name: clean(written(value)) for name, value in (attributes or {}).items()}
    return ET.SubElement(parent, tag, named)


def filled(token: str) -> dict[str, Attribute]:
    """Attributes of a shape filled with a color token."""
    return {"class": f"fill-{token}", "fill": LIGHT[token]}


def stroked(token: str, width: float = 1.0) -> dict[str, Attribute]:
    """Attributes of a line in a color token."""
    return {"class": f"stroke-{token}", "stroke": LIGHT[token], "stroke-width": width, "fill": "none"}


def text(
    parent: ET.Element,
    words: str,
    x: float,
    y: float,
    anchor: str = "start",
    color: str = "ink",
    weight: str = "400",
    size: float = 13,
) -> ET.Element:
    """A line of text whose middle lies at `y`."""
    attributes: dict[str, Attribute] = {
        "x": x,
        "y": y + size * 0.35,
        "text-anchor": anchor,
        "font-size": size,
    }
    attributes["font-weight"] = weight
    attributes |= filled(color)
    element = child(parent, "text", attributes)
    element.text = clean(words)
    return element


def line(
    parent: ET.Element, x1: float, y1: float, x2: float, y2: float, token: str, width: float = 1
) -> ET.Element:
    """A straight line."""
    return child(parent, "line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2} | stroked(token, width))


def tooltip(element: ET.Element, words: str) -> None:
    """Words on hover, as the element's first child, where readers look for them."""
    title = ET.Element("title")
    title.text = clean(words)
    element.insert(0, title)


def linked(parent: ET.Element, href: str | None, label: str) -> ET.Element:
    """A link to hold shapes, or a plain group without an address; other schemes are a ValueError."""
    if href is None:
        return child(parent, "g")
    if not _ADDRESS.match(href):
        raise ValueError(f"a picture links only to pages: {href!r}")
    return child(parent, "a", {"href": href, "aria-label": label})


def render(root: ET.Element) -> SafeString:
    """The picture as text, ready for a page or a file."""
    return SafeString(ET.tostring(root, encoding="unicode"))


def clean(words: str) -> str:
    """The words without characters that XML cannot hold."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", words)


def written(value: Attribute) -> str:
    """A number with at most two decimals and no trailing zeros; text as it is."""
    if isinstance(value, str):
        return value
    rounded = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if rounded == "-0" else rounded


def points(places: Sequence[tuple[float, float]]) -> str:
    """Corners as a polygon or polyline takes them."""
    return " ".join(f"{written(x)},{written(y)}" for x, y in places)


def text_width(words: str, size: float = 13, bold: bool = False) -> float:
    """The room a line of text needs, estimated from its length."""
    return len(words) * size * (BOLD_WIDTH if bold else CHARACTER_WIDTH)


def shortened(words: str, room: float, size: float = 13, bold: bool = False) -> str:
    """The words cut to the room with an ellipsis; the whole belongs into a tooltip."""
    fits = max(int(room / text_width("x", size, bold)), 1)
    return words if len(words) <= fits else words[: fits - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def wrapped(words: str, room: float, lines: int, size: float = 13, bold: bool = False) -> list[str]:
    """The words on at most `lines` lines of the given room; what does not fit ends in an ellipsis."""
    rows: list[str] = []
    # A figure stays on one line with its sign; str.split would part it at that space too.
    for word in _SPACES.split(words.strip().replace(" %", "\N{NO-BREAK SPACE}%")):
        if rows and text_width(f"{rows[-1]} {word}", size, bold) <= room:
            rows[-1] = f"{rows[-1]} {word}"
        else:
            rows.append(word)
    if len(rows) > lines:
        rows[lines - 1] = " ".join(rows[lines - 1 :])
    return [shortened(row, room, size, bold) for row in rows[:lines]]


def spread(wanted: Sequence[float], gap: float, top: float, bottom: float) -> list[float]:
    """Positions in the same order, as near the wanted ones as a least gap allows, inside top to bottom.

    When the gaps need more room than there is, the last positions pass the bottom: the caller gives the room.
    """
    placed: list[float] = []
    for position in wanted:
        floor = placed[-1] + gap if placed else top
        placed.append(max(position, floor))
    limit = max(bottom, top + gap * (len(placed) - 1))
    for index in range(len(placed) - 1, -1, -1):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - gap
    return placed
