"""A sender in a process of its own that ends itself at a given point: `python -m tests.desk.contacts.killing`."""

import sys

import django

from tests.desk.killing import dying


def main(verb: str, *arguments: str) -> None:
    """Do one of `fill N`, `send PORT POINT COUNT` on the home that STERNA_HOME names."""
    django.setup()
    {"fill": _fill, "send": _send}[verb](*arguments)


def _fill(number: str) -> None:
    from tests.desk.contacts import ledger

    ledger.fill(int(number))


def _send(port: str, point: str, count: str) -> None:
    """Send what is due; die at the `count`-th passing of `point`, never when the point is none of ours."""
    from django.db import connection

    from sterna.desk.contacts.actions import sending
    from tests.desk.contacts import ledger

    with connection.cursor() as cursor:
        cursor.execute("update contacts_contact set lease_until = clock_timestamp() - interval '1 day'")
    outlet = ledger.real_outlet(int(port))
    # Small, so that a few contacts make several batches and slices.
    sending.BATCH, sending.SLICE = 20, 5
    when, _, name = point.partition(" ")
    holder, attribute = {
        "claim": (sending, "claim"),
        "hand over": (sending, "_hand_over"),
        "turn": (sending.ledger, "turn"),
        "mark": (sending.ledger, "mark"),
        "settle": (sending.ledger, "settle"),
    }.get(name, (None, ""))
    if holder is not None:
        setattr(holder, attribute, dying(getattr(holder, attribute), when == "before", int(count)))
    print(sending.send_due(on=outlet))


if __name__ == "__main__":
    main(*sys.argv[1:])
