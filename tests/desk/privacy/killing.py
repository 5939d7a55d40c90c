"""An erasure in a process of its own that ends itself at a given point: `python -m tests.desk.privacy.killing`."""

import sys

import django

from tests.desk.killing import dying


def main(verb: str, *arguments: str) -> None:
    """Do one of `plant FOLDER`, `erase POINT COUNT`, `finish`, `left` on the home that STERNA_HOME names."""
    django.setup()
    {"plant": _plant, "erase": _erase, "finish": _finish, "left": _left}[verb](*arguments)


def _plant(folder: str) -> None:
    from pathlib import Path

    from tests.desk.privacy import planted

    planted.build(Path(folder))


def _erase(point: str, count: str) -> None:
    """Erase the planted person; die at the `count`-th passing of `point`."""
    from sterna.desk.customers.actions import erasing
    from sterna.desk.customers.models import SourceRecord
    from sterna.desk.lakehouse import actions as lakehouse
    from tests.desk.privacy.planted import CARD

    when, _, name = point.partition(" ")
    holder, attribute = {
        "begin": (erasing, "begin"),
        "step": (erasing, "step"),
        "end": (erasing, "_end"),
        "files": (lakehouse, "remove_taken_out"),
        "segment": (lakehouse, "_written"),
    }[name]
    setattr(holder, attribute, dying(getattr(holder, attribute), when == "before", int(count)))
    erasing.erase(SourceRecord.objects.get(value=CARD).customer, "asked", None)


def _finish() -> None:
    from sterna.desk.customers.actions.erasing import finish_erasures

    print(finish_erasures())
    _left()


def _left() -> None:
    """Print where the planted word is."""
    from sterna.desk.config import options
    from sterna.desk.lakehouse import queries as lake
    from tests.desk.privacy.planted import WORD, in_files, in_tables

    print(in_tables(WORD), in_files(options.home(), WORD), list(lake.damaged()))


if __name__ == "__main__":
    main(*sys.argv[1:])
