"""A sender that ends itself at a given point: `python -m tests.desk.webhooks.killing POINT COUNT`."""

import sys

import django

from tests.desk.killing import dying


def main(point: str, count: str) -> None:
    """Send what is due; die at the `count`-th passing of `point`, never when the point is none of ours."""
    django.setup()
    from django.db import connection

    from sterna.desk.webhooks.actions import sending

    with connection.cursor() as cursor:
        cursor.execute("update webhooks_message set lease_until = clock_timestamp() - interval '1 day'")
    sending.PORTION = 5
    when, _, name = point.partition(" ")
    if name:
        attribute = {"claim": "claim", "post": "_post", "settle": "settle"}[name]
        setattr(sending, attribute, dying(getattr(sending, attribute), when == "before", int(count)))
    print(sending.send_due())


if __name__ == "__main__":
    main(*sys.argv[1:])
