"""A merge in a process of its own that ends itself at a given point: `python -m tests.desk.customers.killing`."""

import sys

import django

from tests.desk.killing import dying


def main(verb: str, *arguments: str) -> None:
    """Do one of `open`, `merge POINT`, `split POINT` on the home that STERNA_HOME names."""
    django.setup()
    {"open": _open, "merge": _merge, "split": _split}[verb](*arguments)


def _open() -> None:
    from sterna.desk.customers.actions import form_household, identify
    from tests.desk.customers.people import NOON, whose

    identify("till", "card", ["1", "2", "3"], NOON)
    form_household([whose("till/card:2"), whose("till/card:3")], "married", None)


def _die(point: str) -> None:
    from sterna.desk.customers.actions import projecting, stewarding

    if point == "records moved":
        projecting._own = dying(projecting._own, False)
    elif point == "followed":
        projecting._follow = dying(projecting._follow, False)
    elif point == "before the audit":
        stewarding._record = dying(stewarding._record, True)
    elif point == "audited":
        stewarding._record = dying(stewarding._record, False)


def _merge(point: str) -> None:
    from sterna.desk.customers.actions import merge
    from tests.desk.customers.people import whose

    _die(point)
    merge(whose("till/card:1"), whose("till/card:2"), "one", None, key="form")
    print("merged")


def _split(point: str) -> None:
    from sterna.desk.customers.actions import split
    from sterna.desk.customers.models import SourceRecord
    from tests.desk.customers.people import whose

    _die(point)
    record = SourceRecord.objects.get(key="till/card:2")
    split(whose("till/card:1"), [record.pk], "two", None, key="back")
    print("split")


if __name__ == "__main__":
    main(*sys.argv[1:])
