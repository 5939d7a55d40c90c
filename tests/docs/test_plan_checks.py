"""The page of the plan's checks is the one that the code makes."""

from sterna.engine.plans.codes import CATALOGUE, CHAPTERS
from tests.docs.plan_checks_page import PAGE, as_markdown


def test_R75_the_page_of_checks_is_made_from_the_catalogue():
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), "run `make docs`"


def test_R75_each_code_stands_there_once_with_its_severity_and_a_sentence():
    page = PAGE.read_text(encoding="utf-8")
    assert {code for listed in CHAPTERS.values() for code in listed} == set(CATALOGUE)
    for code in CATALOGUE.values():
        assert page.count(f"| `{code.code}` |") == 1
        assert code.says.endswith(".") and code.severities
