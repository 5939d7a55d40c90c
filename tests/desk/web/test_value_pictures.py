"""The tenths of a back-test and the curves of two periods: geometry, words, and shapes that need no color."""

from xml.etree import ElementTree as ET

import pytest

from sterna.desk.web.pictures import bars
from sterna.desk.web.pictures.deciles import Tenth, deciles

SVG = "{http://www.w3.org/2000/svg}"


def test_each_tenth_has_its_column_its_forecast_and_its_naive_rate_on_one_scale() -> None:
    tenths = [Tenth(1, 4.0, 2.0, 6.0), Tenth(2, 1.0, 3.0, 0.0)]
    root = ET.fromstring(deciles(tenths, title="Back-test", unit="order days"))
    high, low = [group for group in root.iter(f"{SVG}g") if group.attrib.get("class") == "tenth"]

    def heights(group: ET.Element) -> tuple[float, float, float]:
        column, naive, forecast = (
            next(group.iter(f"{SVG}{tag}")).attrib[end]
            for tag, end in (("rect", "y"), ("line", "y1"), ("circle", "cy"))
        )
        return float(column), float(naive), float(forecast)

    # Higher on the picture is a smaller y: 6 above 4 above 2, and 3 above 1 above 0.
    column, naive, forecast = heights(high)
    assert naive < forecast < column
    column, naive, forecast = heights(low)
    assert column < forecast < naive


def test_the_tenths_are_told_in_words_for_who_cannot_see_them() -> None:
    tenths = [Tenth(1, 4.0, 2.0, 6.0), Tenth(2, 1.0, 3.0, 0.5)]
    root = ET.fromstring(deciles(tenths, title="Back-test", unit="order days"))
    assert next(node.text for node in root.iter(f"{SVG}title")) == (
        "Tenth 1: forecast 4.00, what happened 2.00, naive rate 6.00 order days a customer"
    )
    assert "Tenth 2: forecast 1.00" in (root.findtext(f"{SVG}desc") or "")
    assert ET.fromstring(deciles([], title="t", unit="u")).findtext(f"{SVG}desc") == "Nothing was tested."


def test_a_back_test_with_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="less than nothing"):
        deciles([Tenth(1, -1.0, 0.0, 0.0)], title="t", unit="u")


def test_R16_two_periods_are_two_lines_told_apart_without_color() -> None:
    now, before = [(0.0, 0.0), (0.5, 0.9), (1.0, 1.0)], [(0.0, 0.0), (0.5, 1.3), (1.0, 1.0)]
    root = ET.fromstring(
        bars.whale_curve(now, title="w", reading="r", before=before, names=("as of June", "as of May"))
    )
    lines = list(root.iter(f"{SVG}polyline"))
    assert [("stroke-dasharray" in line.attrib) for line in lines] == [True, False]
    words = [node.text for node in root.iter(f"{SVG}text")]
    assert "as of June" in words and "as of May" in words
    # 130 % of the earlier period must fit into the picture.
    assert all(float(pair.split(",")[1]) >= 0 for pair in lines[0].attrib["points"].split())
    with pytest.raises(ValueError, match="must not go back"):
        bars.whale_curve(now, title="w", reading="r", before=[(0.5, 1.0), (0.2, 1.0)])
