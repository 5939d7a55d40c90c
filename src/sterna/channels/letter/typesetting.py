"""Letters as PDF by typst: content goes in as data, and the same letter gives the same bytes."""

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

import typst

from sterna.channels.base import ContentError

FONT = "Libertinus Serif"  # one of the fonts in the compiler itself, so every machine sets the same page
ONE_CHARACTER = (
    b"#set page(width: auto, height: auto, margin: 0pt)\n"
    b"#set text(font: json(bytes(sys.inputs.fonts)))\n#sys.inputs.character"
)
GLYPH = re.compile(rb'<symbol id="([^"]+)"')
NOT_A_CHARACTER = "\U0010fffd"  # of a private plane: what a font shows for it is its sign for "missing"


def typeset(letter: dict[str, Any], font_folder: str) -> bytes:
    """The PDF of a letter.

    `letter` has the keys that `letter.typ` reads. A character that no font has would vanish from the page
    in silence, so it is refused: raises ContentError naming it.
    """
    fonts = font_families(font_folder)
    source = json.dumps({**letter, "fonts": fonts}, ensure_ascii=False)
    absent = [each for each in sorted(set(json_characters(letter))) if not covered(each, font_folder)]
    if absent:
        raise ContentError(
            "letter",
            f"the fonts have no sign for {', '.join(map(repr, absent[:5]))}; "
            f"put a font that has it into a folder and name that as font_folder",
        )
    try:
        return typst.compile(
            template(),
            format="pdf",
            font_paths=library(font_folder),
            sys_inputs={"letter": source},
            timestamp=0,  # else the hour of the run would be in the file, and a second print would differ
        )
    except typst.TypstError as error:
        raise ContentError("letter", f"it cannot be set: {error.message}") from error


def json_characters(value: Any) -> str:
    """All characters beyond ASCII in the texts of a letter, and the control characters."""
    if isinstance(value, str):
        return "".join(c for c in value if not (c.isascii() and c.isprintable()))
    if isinstance(value, dict):
        value = value.values()
    return "".join(map(json_characters, value))


@lru_cache(maxsize=1)
def template() -> bytes:
    """The source of the letter's layout."""
    return files(__package__).joinpath("letter.typ").read_bytes()


@lru_cache(maxsize=8)
def library(font_folder: str) -> typst.Fonts:
    """The compiler's own fonts and those of a folder; never the machine's, which differ from each other."""
    return typst.Fonts(include_system_fonts=False, font_paths=[font_folder] if font_folder else [])


@lru_cache(maxsize=8)
def font_families(font_folder: str) -> list[str]:
    """The font of letters, then the folder's fonts for what it lacks."""
    own = {font.family for font in library("").fonts()}
    more = {font.family for font in library(font_folder).fonts()} - own
    return [FONT, *sorted(more)]


@lru_cache(maxsize=20_000)
def covered(character: str, font_folder: str) -> bool:
    """Whether some font has a sign for a character; asked once for each, as it costs a small page."""
    missing = glyphs(NOT_A_CHARACTER, font_folder)
    return not glyphs(character, font_folder) & missing


@lru_cache(maxsize=20_000)
def glyphs(character: str, font_folder: str) -> frozenset[bytes]:
    """The names of the outlines that show a character; the same outline has the same name."""
    page = typst.compile(
        ONE_CHARACTER,
        format="svg",
        font_paths=library(font_folder),
        sys_inputs={"character": character, "fonts": json.dumps(font_families(font_folder))},
    )
    return frozenset(GLYPH.findall(page))
