"""The outlook of goals: on one scale from zero, with what is wanted, and what was seen where it is known."""

from xml.etree import ElementTree as ET

import pytest

from sterna.desk.web.pictures.outlook import FIGURE_ROOM, NAME_ROOM, WIDTH, Outlook, outlook, summary

UP = Outlook("bronze to silver", 200, 234, 268, 225, 218)
KEEP = Outlook("keep platinum", 166, 184, 201, 190)


def drawn(*goals: Outlook) -> ET.Element:
    return ET.fromstring(outlook(goals, title="Goals", axis="Customers"))


def rows(root: ET.Element) -> list[ET.Element]:
    return [one for one in root.iter() if one.get("class") == "outlook-row"]


def of(row: ET.Element, tag: str) -> list[ET.Element]:
    return [one for one in row.iter() if one.tag.endswith(tag)]


def test_a_goal_is_a_bar_from_end_to_end_with_its_mean_and_the_number_wanted():
    (row, _) = rows(drawn(UP, KEEP))
    room = WIDTH - FIGURE_ROOM - NAME_ROOM
    top = 268 * 1.05  # the largest figure, with a margin

    def at(value):
        return pytest.approx(NAME_ROOM + value / top * room, abs=0.01)

    (bar,) = of(row, "rect")
    assert float(bar.get("x")) == at(200)
    assert float(bar.get("x")) + float(bar.get("width")) == at(268)
    (mean,) = of(row, "circle")
    assert float(mean.get("cx")) == at(234)
    (wanted,) = [line for line in of(row, "line") if "wanted" in line.get("class")]
    assert float(wanted.get("x1")) == at(225)
    (seen,) = of(row, "polygon")
    assert float(seen.get("points").split(",")[0].split()[0]) == at(218)


def test_what_was_not_seen_is_not_drawn():
    with_seen, without = rows(drawn(UP, KEEP))
    assert of(with_seen, "polygon")
    assert not of(without, "polygon")
    assert not [one for one in drawn(KEEP).iter() if one.text == "seen"]


def test_the_picture_is_told_in_words():
    assert summary([UP, KEEP]) == (
        "bronze to silver: 234 expected (200 to 268), 225 wanted, 218 seen; "
        "keep platinum: 184 expected (166 to 201), 190 wanted."
    )
    (row, _) = rows(drawn(UP, KEEP))
    assert "".join(row.itertext()).startswith("bronze to silver: 234 expected")


def test_ends_that_do_not_hold_the_mean_are_refused():
    with pytest.raises(ValueError, match="the ends of 'odd' do not hold its mean"):
        drawn(Outlook("odd", 5, 4, 6, 1))


def test_a_name_of_any_length_and_letters_stays_in_its_room():
    (row,) = rows(drawn(Outlook("<script>" * 20, 0, 0, 0, 0)))
    (name, *_) = of(row, "text")
    assert name.text.startswith("<script>")
    assert len(name.text) < 40
