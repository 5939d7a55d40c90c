"""A roadmap in Chromium: drawn from nothing by keyboard alone, looked at closely, saved, and had as files."""

import struct
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.e2e.test_pages import DARK, PAINTED, PHONE, Enter, enter, faults

pytestmark = pytest.mark.browser
__all__ = ["enter"]
SVG = "{http://www.w3.org/2000/svg}"


def press_on(page: Page, name: str, role: str = "button") -> None:
    """Tab on until the control of that name has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if (
            page.evaluate(
                "(document.activeElement.getAttribute('aria-label') || document.activeElement.innerText)"
            )
            == name
        ):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {name}")


def to_field(page: Page, named: str) -> None:
    for _ in range(80):
        if page.evaluate("document.activeElement.name") == named:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {named}")


def add_step(page: Page, name: str, touchpoint: str, behavior: str, enters: str = "") -> None:
    press_on(page, "Add a step")
    page.keyboard.press("Enter")
    expect(page.locator("#step-id")).to_be_focused()
    page.keyboard.type(name)
    for field, said in {
        "step_touchpoint": touchpoint,
        "step_behavior": behavior,
        "step_enters": enters,
    }.items():
        to_field(page, field)
        page.keyboard.type(said)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Change {name}")).to_be_visible()


def add_way(page: Page, begins: str, leads: str, share: str) -> None:
    press_on(page, "Add a way")
    page.keyboard.press("Enter")
    expect(page.locator("#edge-from")).to_be_focused()
    page.keyboard.type(begins)
    to_field(page, "edge_to")
    page.keyboard.type(leads)
    to_field(page, "edge_pass_through")
    page.keyboard.type(share)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Change {begins} to {leads}")).to_be_visible()


def pixels(png: bytes) -> tuple[int, int, int]:
    """Width, height and how many different lines a PNG has; one line all over is a blank picture."""
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        data += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    lines = zlib.decompress(data)
    long = len(lines) // height
    return width, height, len({lines[index * long : (index + 1) * long] for index in range(height)})


WIDTH = "document.querySelector('.picture-roadmap').getBoundingClientRect().width"


def await_width(page: Page, wanted: float) -> None:
    """Wait until the picture is so wide: a key is told to the page a moment after it was pressed."""
    page.wait_for_function(f"Math.abs({WIDTH} - {wanted}) < 2")


def test_R71_three_steps_are_drawn_by_keyboard_alone_looked_at_saved_and_exported(
    world: Any, enter: Enter, tmp_path: Path
) -> None:
    from sterna.desk.plans.models import Plan

    page = enter("manager")
    page.goto(reverse("plan_roadmap", args=[world.draft.pk]))
    expect(page.get_by_text("No step is drawn yet.")).to_be_visible()
    add_step(page, "mail", "Newsletter", "Opens the mail", "400")
    expect(page.locator("#step-id")).to_have_count(0)
    add_step(page, "call", "Call", "Asks for more")
    expect(page.get_by_text("nobody comes to step call")).to_be_visible()
    add_step(page, "letter", "Post", "")
    expect(page.get_by_text("step letter does not say which behavior is desired there")).to_be_visible()
    add_way(page, "mail", "call", "15 %")
    add_way(page, "call", "letter", "0.5")
    expect(page.get_by_text("nobody comes to step call")).to_have_count(0)
    expect(page.locator(".picture-roadmap .box")).to_have_count(3)
    assert faults(page) == []
    page.evaluate(PAINTED)

    # A step tells itself in full when the keyboard comes to it; + and - and 0 change the size.
    page.locator(".picture-roadmap [tabindex]").first.focus()
    expect(page.locator("[data-told]")).to_contain_text("Newsletter: Opens the mail")
    page.keyboard.press("0")
    page.wait_for_selector("figure.is-zoomed")
    fitted = float(page.evaluate(WIDTH))
    page.keyboard.press("+")
    await_width(page, fitted * 1.25)
    page.keyboard.press("+")
    await_width(page, fitted * 1.25**2)
    room = page.locator(".picture-scroll")
    room.focus()
    before = room.evaluate("room => { room.scrollLeft = 0; return room.scrollLeft }")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.picture-scroll').scrollLeft > 0")
    assert before == 0
    page.keyboard.press("-")
    await_width(page, fitted * 1.25)
    page.get_by_role("button", name="Change mail", exact=True).press("Enter")
    expect(page.locator("#step-id")).to_have_value("mail")
    # Drawn anew, it keeps its size.
    await_width(page, fitted * 1.25)
    page.get_by_role("button", name="Leave as it was").press("Enter")
    page.get_by_role("button", name="Fit").click()
    for _ in range(3):
        page.get_by_role("button", name="Larger").click()
    await_width(page, fitted * 1.25**3)
    room.evaluate("room => { room.scrollLeft = 0 }")
    box = room.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 400, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_function("document.querySelector('.picture-scroll').scrollLeft > 50")

    with page.expect_download() as drawn:
        page.get_by_role("button", name="As it stands here, SVG").press("Enter")
    root = ET.fromstring(Path(drawn.value.path()).read_bytes())
    words = " ".join(root.itertext())
    assert root.tag == f"{SVG}svg" and root[0].tag == f"{SVG}title"
    assert all(name in words for name in ("Newsletter", "Call", "Post", "Asks for more", "15 %", "50 %"))
    with page.expect_download() as painted:
        page.get_by_role("button", name="As it stands here, PNG").press("Enter")
    width, height, lines = pixels(Path(painted.value.path()).read_bytes())
    assert (width, height) == (
        2 * float(root.get("width", 0)),
        2 * float(root.get("height", 0)),
    ) and lines > 50

    page.get_by_role("button", name="Save as draft").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is saved as version")
    saved = Plan.objects.exclude(pk=world.draft.pk).get(
        name=world.draft.name, version=world.draft.version + 1
    )
    assert [step["id"] for step in saved.definition.body["roadmap"]["steps"]] == ["mail", "call", "letter"]
    with page.expect_download() as kept:
        page.get_by_role("link", name="PNG").press("Enter")
    assert pixels(Path(kept.value.path()).read_bytes())[:2] == (width, height)

    # On a phone nothing is wider than the screen; in the dark it is read as well.
    for options in ({"viewport": PHONE}, {"color_scheme": "dark"}):
        other = enter("manager", **options)
        other.goto(reverse("plan_roadmap", args=[saved.pk]))
        other.get_by_role("button", name="Change mail", exact=True).click()
        expect(other.locator("#step-id")).to_be_visible()
        assert faults(other, DARK if "color_scheme" in options else None) == []
        assert other.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
