"""A sender that ends itself at a given point: `python -m tests.desk.webhooks.killing POINT COUNT`."""

import sys

import django

from tests.desk.killing import dying


def main(point: str, count: str) -> None:
    """Send what is due; die at the `count`-th passing of `point`."""
    django.setup()
    from sterna.desk.webhooks.actions import sending

    sending.PORTION = 5
    when, _, name = point.partition(" ")
    attribute = {"post": "_post", "settle": "settle"}[name]
    setattr(sending, attribute, dying(getattr(sending, attribute), when == "before", int(count)))
    sending.send_due()


if __name__ == "__main__":
    main(*sys.argv[1:])
