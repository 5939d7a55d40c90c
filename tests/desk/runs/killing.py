"""A run in a process of its own that ends itself at a given point: `python -m tests.desk.runs.killing`."""

import sys

import django

from tests.desk.killing import dying


def main(verb: str, *arguments: str) -> None:
    """Do one of `open`, `run POINT COUNT` on the home that STERNA_HOME names."""
    django.setup()
    {"open": _open, "run": _run}[verb](*arguments)


def _open() -> None:
    from django.core.management import call_command

    from tests.desk.runs import shop

    call_command("migrate", verbosity=0, interactive=False)
    shop.open_shop()


def _run(point: str, count: str) -> None:
    from sterna.desk.runs.actions import publishing, running
    from tests.desk.runs import shop

    at = int(count)
    if point == "frozen":
        running.brief = dying(running.brief, False, at)
    elif point == "stage saved":
        running._journal = dying(running._journal, True, at)
    elif point == "stage journaled":
        running._journal = dying(running._journal, False, at)
    elif point == "publishing":
        publishing.segments.carry = dying(publishing.segments.carry, False, at)
    elif point == "published":
        running.publish = dying(running.publish, False, at)
    print(running.run(shop.FIRST, again=point == "again").sentence)


if __name__ == "__main__":
    main(*sys.argv[1:])
