"""The list of requirements is whole, and a requirement marked as tested has a test by its number."""

import re

from tests.contracts.source_tree import modules
from tests.docs.pages import DOCS

ITEM = re.compile(r"^- \*\*R(\d+)\*\*( \(tested(?:, first form)?\))? ([A-Z].*\.)$", re.M)


def items() -> list[tuple[int, bool]]:
    """Each requirement's number and whether it is marked as tested."""
    text = (DOCS / "requirements.md").read_text(encoding="utf-8")
    return [(int(number), bool(mark)) for number, mark, _ in ITEM.findall(text)]


def numbers_in_tests() -> set[int]:
    """The R-numbers in the names of tests."""
    names = [node.name for module in modules("tests") for node in module.functions()]
    return {int(number) for name in names for number in re.findall(r"(?<=_)R(\d+)(?=_|$)", name)}


def test_each_requirement_is_listed_once() -> None:
    assert sorted(number for number, _ in items()) == list(range(1, 91))


def test_no_test_names_a_requirement_that_is_not_listed() -> None:
    assert numbers_in_tests() - {number for number, _ in items()} == set()


def test_a_requirement_marked_as_tested_has_a_test() -> None:
    marked = {number for number, tested in items() if tested}
    assert marked >= {2, 4, 5, 14, 22, 23, 59, 61, 79, 89}
    assert marked - numbers_in_tests() == set()
