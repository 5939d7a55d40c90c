"""What the documents tell a reader to write is accepted as it stands: mappings, commands, settings."""

import re
import shlex
from typing import Any

import pytest
import typer
from typer.exceptions import TyperException

from sterna.cli.main import app
from sterna.desk.config import options
from sterna.desk.sources.mapping import parse
from sterna.engine import documents
from sterna.engine.segments import read_ruled, read_treatments
from tests.docs.pages import DOCS, ROOT, pages

BLOCK = re.compile(r"```\w*\n(.*?)```", re.S)
SPOKEN = re.compile(r"`(sterna [a-z][^`\n]*)`")
READERS = [page for page in pages() if page.parent != DOCS / "decisions"]


def commands(text: str) -> tuple[list[str], list[str]]:
    """The `sterna` commands of a page: those to type, in blocks, and those that a sentence names."""
    typed = [
        line for block in BLOCK.findall(text) for line in block.splitlines() if line.startswith("sterna ")
    ]
    return typed, SPOKEN.findall(BLOCK.sub("", text))


def found_command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that the first words name, and the words left for it; KeyError for one that is not there."""
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def refusal(line: str) -> str:
    """Why the command line would not take a command to type; empty when it does. Nothing is run."""
    try:
        command, words = found_command(shlex.split(line)[1:])
        command.make_context("sterna", words)
    except (KeyError, TyperException) as error:
        return f"{line}: {error}"
    return ""


def unknown(line: str) -> str:
    """What of a command that a sentence names is not there: the command, or an option."""
    try:
        command, words = found_command(shlex.split(line)[1:])
    except KeyError as error:
        return f"{line}: {error}"
    known = {"--help", *(name for parameter in command.params for name in parameter.opts)}
    return "".join(f"{line}: {word}" for word in words if word.startswith("--") and word not in known)


@pytest.mark.parametrize("page", READERS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_are_there(page):
    typed, spoken = commands(page.read_text(encoding="utf-8"))
    assert [problem for problem in map(refusal, typed) if problem] == []
    assert [problem for problem in map(unknown, spoken) if problem] == []


def test_a_command_that_is_not_there_is_found():
    assert commands("Say `sterna run` and\n```\nsterna stop\nls\n```\n") == (["sterna stop"], ["sterna run"])
    assert refusal("sterna run --until 2017-06-30") == unknown("sterna run --again") == ""
    assert refusal("sterna dance") and refusal("sterna run") and refusal("sterna run --until yesterday")
    assert unknown("sterna plan dance") and unknown("sterna run --backward")


@pytest.mark.parametrize("page", READERS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_settings_of_a_page_are_declared(page):
    named = set(re.findall(r"`(STERNA_[A-Z_]+)[`=]", page.read_text(encoding="utf-8")))
    assert named - {option.name for option in options.OPTIONS} == set()


def test_the_mapping_of_the_import_page_is_a_mapping_also_with_the_costs():
    text = (DOCS / "how-to/import-your-files.md").read_text(encoding="utf-8")
    whole, costs = re.findall(r"```yaml\n(.*?)```", text, flags=re.S)
    assert [spec.into for spec in parse(whole, "the page").imports] == ["products", "lines"]
    assert [spec.into for spec in parse(whole + costs, "the page").imports] == ["products", "lines", "costs"]


def test_R77_the_segments_and_stages_of_their_page_and_of_the_example_are_schemes():
    (page,) = re.findall(
        r"```yaml\n(.*?)```", (DOCS / "how-to/segments-and-stages.md").read_text(encoding="utf-8"), flags=re.S
    )
    for text in (page, (ROOT / "examples/retail/segments.yaml").read_text(encoding="utf-8")):
        for told in documents.read_yaml(text, "the page").value["schemes"]:
            managers = told.pop("managers", {})
            scheme = read_ruled(told)
            assert set(managers) == (set(scheme.places) if scheme.kind == "segments" else set())


def test_R80_the_treatments_of_their_page_and_of_the_example_give_every_cell_a_level():
    (page,) = re.findall(
        r"```yaml\n(.*?)```", (DOCS / "how-to/treatments.md").read_text(encoding="utf-8"), flags=re.S
    )
    for text in (page, (ROOT / "examples/retail/treatments.yaml").read_text(encoding="utf-8")):
        for told in documents.read_yaml(text, "the page").value["treatments"]:
            found = read_treatments(told)
            assert found.segments.keys() == {"drifting"}
            assert all(set(found.of_segment(one)) == set(found.cells) for one in ("drifting", "everyday"))
