"""A run in a process of its own that ends itself at a given point: `python -m tests.desk.runs.killing`."""

import os
import sys

import django


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

    left = [int(count)]

    def dying(function, before):
        def passed(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0 and before:
                os.kill(os.getpid(), 9)
            result = function(*args, **kwargs)
            if left[0] == 0:
                os.kill(os.getpid(), 9)
            return result

        return passed

    if point == "frozen":
        running.brief = dying(running.brief, before=False)
    elif point == "stage saved":
        running._journal = dying(running._journal, before=True)
    elif point == "stage journaled":
        running._journal = dying(running._journal, before=False)
    elif point == "publishing":
        publishing.segments.record_places = dying(publishing.segments.record_places, before=False)
    elif point == "published":
        running.publish = dying(running.publish, before=False)
    print(running.run(shop.FIRST, again=point == "again").sentence)


if __name__ == "__main__":
    main(*sys.argv[1:])
