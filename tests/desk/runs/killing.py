"""A run in a process of its own that ends itself at a given point: `python -m tests.desk.runs.killing`."""

import sys

import django

from tests.desk.killing import dying


def main(verb: str, *arguments: str) -> None:
    """Do one of `open`, `run POINT COUNT`, `place`, `keep POINT` on the home that STERNA_HOME names."""
    django.setup()
    {"open": _open, "run": _run, "place": _place, "keep": _keep}[verb](*arguments)


def _open() -> None:
    from tests.desk.runs import shop

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


def _place() -> None:
    """The shop in segments as of the last day of 2017, and what ten customers looked at a day later."""
    from sterna.desk.runs.actions import run
    from tests.desk.customers.people import source
    from tests.desk.runs import ruled_shop, shop
    from tests.desk.runs.test_keeping_up import DAY, LIFE, NEEDS, page, send

    _open()
    ruled_shop.publish(LIFE)
    ruled_shop.publish(NEEDS, *ruled_shop.staff())
    source("shop", "household")
    run(shop.SECOND)
    send(DAY, *(page(f"{number:03}") for number in range(50, 60) for _ in range(2)))


def _keep(point: str) -> None:
    from sterna.desk.runs.actions import keep_up, keeping_up
    from sterna.desk.segments.actions import live, live_places

    if point == "laying out":
        live._set_timers = dying(live._set_timers, False)
    elif point == "laid out":
        keeping_up._follow = dying(keeping_up._follow, False)
    elif point == "reading":
        live._note = dying(live._note, False)
    elif point == "read":
        live._follow_batch = dying(live._follow_batch, False)
    elif point == "placing":
        live_places._carry_out = dying(live_places._carry_out, False)
    print(keep_up())


if __name__ == "__main__":
    main(*sys.argv[1:])
