"""Sets a told plan as HTML, from elements and never from strings, so that nothing written in it becomes markup."""

from xml.etree.ElementTree import Element, SubElement, tostring

from sterna.engine.lake.shipped import shipped
from sterna.engine.plans.told.tree import Block, Section, Told


def as_html(told: Told) -> str:
    """A whole page that stands by itself, its style in it."""
    page = Element("html", lang="en")
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", told.title)
    _add(head, "style", shipped(__package__, "told.css"))
    body = SubElement(page, "body")
    _add(body, "h1", told.title)
    body.append(_article(told))
    return f"<!DOCTYPE html>\n{tostring(page, encoding='unicode', method='html')}\n"


def fragment(told: Told) -> str:
    """The sections alone, for a page that has a title and a style of its own."""
    return tostring(_article(told), encoding="unicode", method="html")


def _article(told: Told) -> Element:
    article = Element("article", {"class": "told"})
    for section in told.sections:
        _section(article, section)
    return article


def _section(article: Element, section: Section) -> None:
    inside = SubElement(article, "section", {"class": "told-own-page" if section.own_page else "told-part"})
    _add(inside, "h2", section.heading)
    for block in section.blocks:
        _block(inside, block)


def _block(section: Element, block: Block) -> None:
    if block.heading:
        _add(section, "h3", block.heading)
    if block.words:
        _add(section, "p", block.words)
    if block.facts:
        facts = SubElement(section, "dl")
        for name, value in block.facts:
            _add(facts, "dt", name)
            _add(facts, "dd", value)
    if block.rows:
        _table(section, block)


def _table(section: Element, block: Block) -> None:
    # A wide table scrolls inside its frame, also by keyboard, and the page keeps its width.
    named = {"role": "region", "aria-label": block.heading or "Table", "tabindex": "0"}
    table = SubElement(SubElement(section, "div", {"class": "told-wide", **named}), "table")
    head = SubElement(SubElement(table, "thead"), "tr")
    for name in block.head:
        _add(head, "th", name).set("scope", "col")
    body = SubElement(table, "tbody")
    for row in block.rows:
        line = SubElement(body, "tr")
        for value in row:
            _add(line, "td", value)


def _add(parent: Element, tag: str, text: str) -> Element:
    element = SubElement(parent, tag)
    element.text = text
    return element
