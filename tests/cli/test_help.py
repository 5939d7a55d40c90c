"""The help: every command, argument and option says what it is, and a wrong word is answered in one line."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from sterna import __version__
from sterna.cli.main import app


def commands(command: Any, path: str = "sterna") -> Iterator[tuple[str, Any]]:
    """Every command and group under `command` with the words that call it."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{path} {name}")


def wordless(tree: Any) -> list[str]:
    """What of a tree of commands has no sentence of help."""
    said = [(path, command.help) for path, command in commands(tree)]
    for path, command in commands(tree):
        said += [(f"{path} {each.name}", each.help) for each in command.params if each.name != "help"]
    return [path for path, sentence in said if not re.match(r"[A-Z].{8,}\.", sentence or "", re.DOTALL)]


TREE = typer.main.get_command(app)
PATHS = [path.split()[1:] for path, _ in commands(TREE)]


def test_every_command_argument_and_option_has_a_sentence():
    assert wordless(TREE) == []


def test_one_without_a_sentence_is_found():
    planted = typer.Typer(help="A tree with faults.")

    @planted.command()
    def silent(path: str, deep: bool = typer.Option(False, help="how deep")) -> None:
        pass

    @planted.command()
    def said(path: str = typer.Argument(help="The file to read.")) -> None:
        """Reads a file."""

    tree = typer.main.get_command(planted)
    assert wordless(tree) == ["sterna silent", "sterna silent path", "sterna silent deep"]


@pytest.mark.parametrize("words", PATHS, ids=" ".join)
def test_help_is_printed_and_nothing_is_done(sterna, words):
    told = sterna(*words, "--help")
    assert (told.code, told.err) == (0, "")
    assert "Usage: sterna" in " ".join(told.out.split())


@pytest.mark.parametrize("words", [[], ["plan"], ["tiers"], ["source"], ["user"]], ids=" ".join)
def test_a_group_alone_prints_its_help_and_is_no_success(sterna, words):
    told = sterna(*words)
    assert told.code == 2 and "Usage: sterna" in " ".join(told.out.split()) and told.err == ""


def test_the_version_is_the_package_s(sterna):
    assert sterna("version").out == f"{__version__}\n"


WRONG = [
    ("dance", "No such command 'dance'; see `sterna --help`"),
    ("runn --until 2017-06-30", "No such command 'runn'. Did you mean 'run'?; see `sterna --help`"),
    ("run", "Missing option '--until'; see `sterna run --help`"),
    ("run --until", "Option '--until' requires an argument"),
    ("run --until 2017-06-30 --agian", "No such option: --agian (Possible options: --again"),
    ("run --until 2017-06-30 now", "Got unexpected extra argument"),
    ("plan check", "Missing argument 'path'; see `sterna plan check --help`"),
    ("plan launch spring", "Missing argument 'version'; see `sterna plan launch --help`"),
    ("plan launch spring 1", "Missing option '--reason'; see `sterna plan launch --help`"),
    ("plan launch spring one --reason x", "Invalid value for 'version': "),
    ("send --limit 0", "Invalid value for '--limit': "),
    ("send --limit -5", "Invalid value for '--limit': "),
    ("send --limit many", "Invalid value for '--limit': "),
    ("user add ann", "Missing argument 'role'; see `sterna user add --help`"),
    ("import folder", "Missing option '--mapping'; see `sterna import --help`"),
    ("source add", "Missing argument 'name'; see `sterna source add --help`"),
    ("tiers cut tiers.yaml", "Missing option '--until'; see `sterna tiers cut --help`"),
]


@pytest.mark.parametrize(("line", "said"), WRONG, ids=[line for line, _ in WRONG])
def test_a_wrong_word_is_one_line_and_code_2(sterna, line, said):
    assert sterna(*line.split()).refusal(code=2).startswith(said)


@pytest.mark.parametrize(
    "text", ["yesterday", "2017-02-29", "2017-13-01", "30.06.2017", "", "2017-06-30T00:00", "²"]
)
@pytest.mark.parametrize("words", [["run"], ["tiers", "cut", "tiers.yaml"]], ids=" ".join)
def test_a_day_that_is_none_is_refused_with_one_that_is(sterna, words, text):
    told = sterna(*words, "--until", text).refusal(code=2)
    assert told.startswith(f"Invalid value for '--until': {text!r} is no day: write it as 2017-06-30")
