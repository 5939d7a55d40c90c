"""A picture as a file that stands by itself: SVG on white with its title in it, and PNG at twice its size."""

from copy import deepcopy
from functools import lru_cache
from xml.etree import ElementTree as ET

import typst

from sterna.desk.web.pictures import svg
from sterna.desk.web.pictures.palette import LIGHT
from sterna.engine.errors import BadInput

_MARGIN, _TWICE = 16.0, 2
_MOST_PIXELS = 60_000_000  # a quarter of a gigabyte while it is drawn
_PAGE = """#set page(width: auto, height: auto, margin: 0pt, fill: white)
#image(bytes(sys.inputs.picture), format: "svg", alt: sys.inputs.title)"""


def as_svg(picture: ET.Element) -> bytes:
    """The file of a `picture` that was made for a page: in the light colors, on white, with a margin."""
    return ET.tostring(_alone(picture), encoding="utf-8", xml_declaration=True)


def as_png(picture: ET.Element) -> bytes:
    """The same as PNG, two pixels for each unit; raises BadInput for one too large to be drawn so."""
    root = _alone(picture)
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    if width * height * _TWICE**2 > _MOST_PIXELS:
        raise BadInput(f"a picture of {width:,.0f} x {height:,.0f} is too large for PNG: take it as SVG")
    try:
        return typst.compile(
            _PAGE.encode(),
            format="png",
            # The compiler reads a unit of the picture as a pixel of 96 to the inch.
            ppi=_TWICE * 96,
            font_paths=_fonts(),
            sys_inputs={"picture": ET.tostring(root, encoding="unicode"), "title": root.attrib["aria-label"]},
        )
    except typst.TypstError as error:
        raise BadInput(f"the picture cannot be drawn as PNG: {error.message}") from error


def _alone(picture: ET.Element) -> ET.Element:
    root = deepcopy(picture)
    width, height = (float(root.attrib[name]) + 2 * _MARGIN for name in ("width", "height"))
    sides = {"width": svg.written(width), "height": svg.written(height)}
    corner = svg.written(-_MARGIN)
    root.attrib |= {"viewBox": f"{corner} {corner} {sides['width']} {sides['height']}"} | sides
    root.insert(0, ET.Element("rect", {"x": corner, "y": corner, "fill": LIGHT["surface"]} | sides))
    title = ET.Element("title")
    title.text = root.attrib["aria-label"]
    root.insert(0, title)
    return root


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The compiler's own fonts: the same picture gives the same file on every machine."""
    return typst.Fonts(include_system_fonts=False)
