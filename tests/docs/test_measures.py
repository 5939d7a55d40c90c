"""The page of measures is the one that the code makes."""

from sterna.engine.value.catalogue import MEASURES
from tests.docs.measures_page import PAGE, as_markdown


def test_R79_the_page_of_measures_is_made_from_the_catalogue():
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), "run `make docs`"


def test_R79_each_measure_stands_there_with_formula_source_and_what_it_is_not_for():
    page = PAGE.read_text(encoding="utf-8")
    for measure in MEASURES:
        assert f"`{measure.name}`" in page and measure.formula in page and measure.beware in page
