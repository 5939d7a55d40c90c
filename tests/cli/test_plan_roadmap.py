"""`sterna plan roadmap`: the roadmap of a plan file becomes a picture, without an installation."""

import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

RETAIL = Path(__file__).resolve().parents[2] / "examples/retail"
SVG = "{http://www.w3.org/2000/svg}"


def test_R71_the_roadmap_is_written_as_svg_that_stands_by_itself(sterna, tmp_path):
    to = tmp_path / "roadmap.svg"
    ran = sterna("plan", "roadmap", RETAIL / "plan.yaml", "--out", to)
    assert ran.code == 0 and str(to) in ran.out and ran.err == ""
    root = ET.fromstring(to.read_bytes())
    title, ground, description = root[:3]
    assert title.tag == f"{SVG}title" and "One step up in the second half of 2017" in (title.text or "")
    assert ground.get("fill") == "#ffffff" and ground.get("width") == root.get("width")
    assert description.tag == f"{SVG}desc" and "go on" in (description.text or "")
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert {"Buys in the new department", "18 %"} <= set(words)
    assert "Telephone of the store manager" in " ".join(word or "" for word in words), (
        "on two lines of its box"
    )
    assert any("Offers: 3 USD off" in (one or "") for one in words)
    assert not [one for one in root.iter() if one.get("href") or one.get("tabindex")]
    assert b"url(" not in to.read_bytes() and b"@import" not in to.read_bytes()


def test_R71_the_roadmap_is_written_as_png_of_twice_the_size(sterna, tmp_path):
    drawn, painted = tmp_path / "roadmap.svg", tmp_path / "roadmap.png"
    for to in (drawn, painted):
        assert sterna("plan", "roadmap", RETAIL / "plan.yaml", "--out", to).code == 0
    root, png = ET.fromstring(drawn.read_bytes()), painted.read_bytes()
    sides = tuple(2 * int(root.get(side, "0")) for side in ("width", "height"))
    assert png.startswith(b"\x89PNG\r\n") and struct.unpack(">II", png[16:24]) == sides
    # A blank picture of this size would be a few kilobytes.
    assert len(png) > 50_000


@pytest.mark.parametrize("name", ["roadmap.pdf", "roadmap", "absent/roadmap.svg"])
def test_what_cannot_be_written_is_refused_by_name(sterna, tmp_path, name):
    to = tmp_path / name
    ran = sterna("plan", "roadmap", RETAIL / "plan.yaml", "--out", to)
    assert ran.code != 0 and str(to) in ran.err and not to.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("plan: [", "cannot be read as a plan"), ("plan: autumn\n", "the plan has no roadmap yet")],
)
def test_a_file_without_a_roadmap_is_refused_and_nothing_is_written(sterna, tmp_path, text, said):
    plan, to = tmp_path / "plan.yaml", tmp_path / "roadmap.svg"
    plan.write_text(text, encoding="utf-8")
    ran = sterna("plan", "roadmap", plan, "--out", to)
    assert ran.code != 0 and said in ran.err and not to.exists()
