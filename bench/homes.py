"""An installation of its own for a benchmark: made, driven by the command line, stopped and removed."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measuring import Measured, python

# What an operator may tune and a benchmark should follow; a database of somebody's own must never be written to.
TUNED = ("STERNA_LAKE_ENGINE", "STERNA_LAKE_MEMORY")

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Home:
    """A STERNA_HOME, the environment of its commands, and who hears what is being done."""

    path: Path
    environment: dict[str, str]
    tell: Tell

    def sterna(self, *arguments: str) -> Measured:
        """Run one command of `sterna` on this home. Raises CommandFailed."""
        self.tell(f"sterna {' '.join(arguments)}")
        return python("sterna.cli.main", arguments, self.environment)

    def child(self, module: str, *arguments: str) -> Measured:
        """Run a module of the benchmarks in a process of its own. Raises CommandFailed."""
        self.tell(f"{module} {' '.join(arguments)}")
        return python(module, arguments, self.environment)

    def journal(self) -> Any:
        """What the installation wrote down of its imports and runs."""
        return json.loads(self.child("bench.journal").output)


@contextmanager
def home(under: Path | None, tell: Tell, keep: bool = False) -> Iterator[Home]:
    """A new home in the folder `under` (None: the machine's own for temporary files), removed at the end.

    Its database is stopped whatever happens; with `keep` the files stay, to be looked into.
    """
    if under is not None:
        under.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix="sterna-bench-", dir=under))
    made = Home(path, _environment(path), tell)
    try:
        yield made
    finally:
        with _undisturbed():
            made.sterna("stop")
            if keep:
                tell(f"kept: {path}")
            else:
                shutil.rmtree(path)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no signal break off the cleaning: half done, it leaves a database running or gigabytes on the disk."""
    before = {sign: signal.signal(sign, signal.SIG_IGN) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _environment(path: Path) -> dict[str, str]:
    """The environment of a home's commands; the first of them compiles the bytecode for the others.

    A machine whose environment forbids bytecode would else spend three seconds of each command on compiling, which
    no installation does.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("STERNA_") or name in TUNED
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"STERNA_HOME": str(path / "home"), "PYTHONPYCACHEPREFIX": str(path / "bytecode")}
