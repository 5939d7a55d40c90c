"""The house keeps its floors, and each contract of .importlinter is shown to fail on a planted fault."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.source_tree import PACKAGE, ROOT

CONFIG = ROOT / ".importlinter"

# Contract, the module that breaks it, and the import it must not have.
PLANTED = [
    ("floors", "engine/tables/shape.py", "import sterna.channels.base"),
    ("floors", "channels/base.py", "import sterna.desk.users.models"),
    ("floors", "attic/__init__.py", ""),
    ("pure-engine", "engine/value/worth.py", "import django.db"),
    ("pure-engine", "engine/flow.py", "import subprocess"),
    ("corridor", "engine/value/worth.py", "import sterna.engine.segments"),
    ("corridor", "engine/lake/duck.py", "import sterna.engine.steps"),
    ("corridor", "engine/flow.py", "import sterna.engine.simulation"),
    ("corridor", "engine/taxonomy/tree.py", "import sterna.engine.value"),
    ("corridor", "engine/attic.py", ""),
    ("channels", "channels/email/smtp.py", "import sterna.channels.letter"),
    ("files-without-desk", "cli/files/value.py", "import sterna.desk.users.models"),
    ("files-without-desk", "cli/files/value.py", "import django"),
    ("files-without-desk", "notebook/book.py", "import django"),
    ("files-without-desk", "notebook/book.py", "import sterna.channels.base"),
    ("floors", "notebook/book.py", "import sterna.desk.users.models"),
    ("floors", "notebook/book.py", "import sterna.cli.files.value"),
    ("floors", "desk/users/models.py", "import sterna.notebook.book"),
    ("staircase", "desk/users/models.py", "import sterna.desk.runs.actions"),
    ("staircase", "desk/runs/actions.py", "import sterna.desk.config.settings"),
    ("staircase", "desk/attic/__init__.py", ""),
    ("config-leaves", "desk/config/options.py", "import sterna.desk.users.models"),
    ("inside-config", "desk/config/options.py", "import sterna.desk.config.settings"),
    ("inside-an-app", "desk/runs/models.py", "import sterna.desk.runs.queries"),
    ("inside-an-app", "desk/runs/actions.py", "import sterna.desk.runs.tasks"),
    ("no-cycles", "engine/lake/duck.py", "import sterna.engine.lake.spark"),
]

# A toy house with every floor, so that the faults do not depend on what the real one holds today.
ROOMS = [
    "engine/flow.py",
    "engine/tables/shape.py",
    "engine/steps.py",
    "engine/simulation/__init__.py",
    "engine/value/worth.py",
    "engine/segments/__init__.py",
    "engine/lake/duck.py",
    "engine/lake/spark.py",
    "channels/base.py",
    "channels/email/smtp.py",
    "channels/letter/__init__.py",
    "cli/files/value.py",
    "notebook/book.py",
    "desk/config/settings.py",
    "desk/config/options.py",
    "desk/config/clock.py",
    "desk/config/events.py",
    "desk/config/ids.py",
    "desk/config/personal.py",
    "desk/config/prepared.py",
    "desk/config/refused.py",
    "desk/users/models.py",
    "desk/runs/models.py",
    "desk/runs/queries.py",
    "desk/runs/actions.py",
    "desk/runs/tasks.py",
]


def lint(source: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Runs the contracts on the package `sterna` found under the folder."""
    command = [
        str(Path(sys.executable).with_name("lint-imports")),
        "--config",
        str(CONFIG),
        "--no-cache",
        "--no-logo",
    ]
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([*command, *chosen], env=environment, capture_output=True, text=True, check=False)


def build(source: Path, rooms: list[str]) -> None:
    """Writes an empty module for each room, with the packages above it."""
    for room in rooms:
        file = source / "sterna" / room
        file.parent.mkdir(parents=True, exist_ok=True)
        for folder in [file.parent, *file.parent.parents]:
            if folder == source:
                break
            (folder / "__init__.py").touch()
        file.touch()


def test_the_house_keeps_every_contract() -> None:
    result = lint(PACKAGE.parent)
    assert result.returncode == 0, result.stdout + result.stderr


def test_an_empty_house_keeps_every_contract(tmp_path: Path) -> None:
    build(tmp_path, ROOMS)
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(("contract", "room", "line"), PLANTED)
def test_a_planted_import_breaks_its_contract(tmp_path: Path, contract: str, room: str, line: str) -> None:
    build(tmp_path, [*ROOMS, room])
    (tmp_path / "sterna" / room).write_text(line + "\n")
    if contract == "no-cycles":
        (tmp_path / "sterna/engine/lake/spark.py").write_text("import sterna.engine.lake.duck\n")
    result = lint(tmp_path, contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "1 broken" in result.stdout, result.stdout


def test_every_contract_has_a_planted_fault() -> None:
    prefix = "[importlinter:contract:"
    declared = {line[len(prefix) : -1] for line in CONFIG.read_text().splitlines() if line.startswith(prefix)}
    assert declared == {contract for contract, _, _ in PLANTED}


def test_the_command_line_starts_without_django() -> None:
    code = "import sys, sterna.cli.main; sys.exit(bool({'django', 'psycopg'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, (
        result.stderr or "sterna.cli.main loads Django or psycopg before a command is called"
    )
