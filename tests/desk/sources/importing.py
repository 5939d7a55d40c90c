"""A worker that imports an uploaded file and is killed: `python -m tests.desk.sources.importing VERB`."""

import sys
from pathlib import Path

import django

from tests.desk.killing import dying


def main(verb: str, *arguments: str) -> None:
    """Do `bring FILE`, `work` or `die WHERE PASSING` on the home that STERNA_HOME names."""
    django.setup()
    from sterna.desk.sources.actions import imports

    imports.PART_ROWS = 5_000
    {"bring": _bring, "work": _work, "die": _die}[verb](*arguments)


def _bring(file: str) -> None:
    """Bring the file in and ask for its import."""
    from sterna.desk.sources import actions
    from tests.desk.sources import shop

    upload = actions.keep_upload(Path(file), "sales.csv", None)
    actions.request_import(upload, shop.SOURCE + shop.LINES, None)


def _work() -> None:
    """Run the jobs that wait, as the worker does, until none is left."""
    from typing import Any

    from procrastinate.contrib.django import app

    connector: Any = app.connector
    worker = app.with_connector(connector.get_worker_connector())
    worker.run_worker(wait=False, install_signal_handlers=False)


def _die(where: str, passing: str) -> None:
    """Work, and end by SIGKILL around a step of the import: before a part, inside its transaction, or behind it."""
    from sterna.desk.lakehouse import actions as lakehouse
    from sterna.desk.sources.actions import imports

    step, moment = where.split(" ")
    places = {"check": (imports, "_begin"), "part": (imports, "_load_part"), "segment": (lakehouse, "add_parts"),
              "count": (imports, "_advance")}  # fmt: skip
    module, name = places[step]
    setattr(module, name, dying(getattr(module, name), moment == "before", int(passing)))
    _work()


if __name__ == "__main__":
    main(*sys.argv[1:])
