"""A home of its own, in processes that can be killed: `python -m tests.desk.api.serving prepare|report`."""

import json
import sys

import django


def main(verb: str) -> None:
    """Do `prepare` (a source; prints its key) or `report` (prints what is kept) on the home of STERNA_HOME."""
    django.setup()
    {"prepare": _prepare, "report": _report}[verb]()


def _prepare() -> None:
    from sterna.desk.sources.actions import add_source

    print("said " + add_source("web", "Web")[1])


def _report() -> None:
    from sterna.desk.customers.actions import act_on_inbox
    from sterna.desk.sources import queries
    from sterna.desk.sources.actions import seal_inbox
    from sterna.desk.sources.models import InboxEvent, Source, Tally

    act_on_inbox()
    seal_inbox()
    tallies = [
        queries.tallies(Source.objects.get(), day, day) for day in Tally.objects.values_list("day", flat=True)
    ]
    ids = list(InboxEvent.objects.order_by("sequence").values_list("message_id", flat=True))
    print("said " + json.dumps({"ids": ids, "kept": sum(t[d]["kept"] for t in tallies[:1] for d in t)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
