"""MJML compiled once for a template with its Liquid left in place, and the faults that this can have."""

import re
from collections.abc import Iterator
from functools import lru_cache

import mrml

from sterna.channels.base import ContentError
from sterna.channels.content import line_at, lint_liquid

LIQUID = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ELEMENT = re.compile(r"<(/?)(mj[a-z-]*)\b[^>]*?(/?)>")
DOUBLE_QUOTED = re.compile(r'=\s*"[^"<>]*\{[{%](?:(?![%}]\}).)*"', re.DOTALL)
POSITION = re.compile(r" at position (\d+):\d+")

# The element names of MJML 4. MRML passes an unknown element on in silence, and a reader of the e-mail
# would see nothing of it.
ELEMENTS = frozenset(
    """mjml mj-head mj-attributes mj-all mj-class mj-breakpoint mj-font mj-html-attributes mj-selector
    mj-html-attribute mj-preview mj-style mj-title mj-body mj-accordion mj-accordion-element
    mj-accordion-text mj-accordion-title mj-button mj-carousel mj-carousel-image mj-column mj-divider
    mj-group mj-hero mj-image mj-navbar mj-navbar-link mj-raw mj-section mj-social mj-social-element
    mj-spacer mj-table mj-text mj-wrapper""".split()  # noqa: SIM905
)


@lru_cache(maxsize=256)
def compile_mjml(source: str) -> str:
    """HTML with the Liquid of `source` still in it, kept because thousands of people get the same one.

    No web fonts: MRML would otherwise link to a font service, which then learns of every reader.
    Raises ContentError in the words of `lint_mjml`.
    """
    try:
        return mrml.to_html(source, None, mrml.RenderOptions(fonts={})).content
    except OSError as error:  # what the library raises for a parse error
        reasons = list(unfit_liquid(source)) or [where(str(error), source)]
        raise ContentError("mjml", reasons[0]) from error


def where(message: str, source: str) -> str:
    """The library's message, its position in bytes as a line."""
    position = POSITION.search(message)
    plain = POSITION.sub("", message).replace(" in root template", "")
    if position is None:
        return f"MJML, {plain}; every element must be closed and every attribute quoted"
    index = len(source.encode()[: int(position[1])].decode(errors="ignore"))
    return f"MJML, line {line_at(source, index)}: {plain}"


def lint_mjml(source: str) -> Iterator[str]:
    """Findings about an MJML template with Liquid in it, each in words."""
    if not source.strip():
        return  # that a field is required is reported with the fields
    unfit = list(unfit_liquid(source))
    yield from (f"mjml: {reason}" for reason in unfit)
    yield from misnested(source)
    try:
        html = compile_mjml(source)
    except ContentError as error:
        if not unfit:
            yield str(error)
        return
    yield from lost_liquid(source, html)
    yield from misplaced_liquid(source, html)


def unfit_liquid(source: str) -> Iterator[str]:
    """Liquid that breaks the XML around it."""
    for match in LIQUID.finditer(source):
        if "<" in match[0]:
            yield (
                f"line {line_at(source, match.start())}: {match[0]} has a '<', which breaks MJML's XML; "
                f"turn the comparison round, {{% if b > a %}} for {{% if a < b %}}"
            )
    for match in DOUBLE_QUOTED.finditer(source):
        yield (
            f"line {line_at(source, match.start())}: double quotes in Liquid inside an attribute end the "
            f"attribute; use single quotes in the Liquid"
        )


def misnested(source: str) -> Iterator[str]:
    """MJML elements that are unknown, or not closed in the order they were opened."""
    opened: list[str] = []
    plain = COMMENT.sub(blank, LIQUID.sub(blank, source))
    for match in ELEMENT.finditer(plain):
        closing, name, empty = match.groups()
        line = line_at(plain, match.start())
        if name == "mj-include":
            yield f"mjml: line {line}: mj-include is not available; put the part into the template"
        elif name not in ELEMENTS:
            yield f"mjml: line {line}: MJML has no element <{name}>; mend its name"
        if closing and (not opened or opened.pop() != name):
            yield f"mjml: line {line}: </{name}> closes nothing that is open; close elements in order"
            return
        if not closing and not empty:
            opened.append(name)


def blank(match: re.Match[str]) -> str:
    """As many blanks as the match has characters, its line breaks kept so that lines still count."""
    return re.sub(r"[^\n]", " ", match[0])


def misplaced_liquid(source: str, html: str) -> Iterator[str]:
    """Liquid that is wrong as written, or that no longer fits together where MRML has put it."""
    as_written = list(lint_liquid("mjml", source))
    yield from as_written
    if not as_written and any(lint_liquid("mjml", html)):
        yield "mjml: a Liquid tag is parted from its end tag; keep both inside, or both around, one element"


def lost_liquid(source: str, html: str) -> Iterator[str]:
    """Liquid that MRML dropped, as it does in an attribute that must be a number."""
    for match in LIQUID.finditer(COMMENT.sub(blank, source)):
        if match[0] not in html:
            line = line_at(source, match.start())
            yield f"mjml: line {line}: {match[0]} is lost here; put it into text or a link, or a fixed value"
