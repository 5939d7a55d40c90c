"""Each decision has its parts and names a check that exists."""

import ast
import configparser
import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, enforcing_checks

DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "Consequence", "Enforced by"]


def contracts() -> set[str]:
    """The identifiers of the import contracts."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    return {
        name.rpartition(":")[2] for name in parser.sections() if name.startswith("importlinter:contract:")
    }


def exists(check: str) -> bool:
    """Whether `path::test` is a test of that file, or `contract NAME` a contract."""
    if check.startswith("contract "):
        return check.removeprefix("contract ") in contracts()
    path, separator, name = check.partition("::")
    if not separator or not path.startswith("tests/") or not (ROOT / path).is_file():
        return False
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return name.startswith("test") and name in {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    assert DECISIONS


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_four_parts(path: Path) -> None:
    assert re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), flags=re.M) == PARTS


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_names_a_check_that_exists(path: Path) -> None:
    checks = enforcing_checks(path.read_text(encoding="utf-8"))
    assert checks, "names no check"
    assert [check for check in checks if not exists(check)] == []


def test_a_check_that_does_not_exist_is_found() -> None:
    assert exists("tests/docs/test_decisions.py::test_a_check_that_does_not_exist_is_found")
    assert exists("contract floors")
    assert not exists("contract cellar")
    assert not exists("tests/docs/test_decisions.py::test_nowhere")
    assert not exists("tests/docs/test_nowhere.py::test_a")
    assert not exists("tests/docs/test_decisions.py")
