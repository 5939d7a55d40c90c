"""Sets a told plan as PDF by typst: content goes in as data, and the same document gives the same bytes."""

from functools import lru_cache

import msgspec
import typst

from sterna.engine.errors import BadInput
from sterna.engine.lake.shipped import shipped
from sterna.engine.plans.told.tree import Told


def as_pdf(told: Told) -> bytes:
    """The PDF, on A4; raises BadInput when it cannot be set. A sign that the built-in fonts lack is not shown."""
    try:
        return typst.compile(
            shipped(__package__, "told.typ").encode(),
            format="pdf",
            font_paths=_fonts(),
            sys_inputs={"told": msgspec.json.encode(told).decode()},
            timestamp=0,  # else the hour of the run would be in the file, and a second print would differ
        )
    except typst.TypstError as error:
        raise BadInput(f"the plan cannot be set as PDF: {error.message}") from error


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """The compiler's own fonts, never the machine's, which differ from each other."""
    return typst.Fonts(include_system_fonts=False)
