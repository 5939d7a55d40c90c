"""Sends what is due from the command line."""

from sterna.cli.desk import setup


def send(limit: int = 1_000_000) -> str:
    """Send up to `limit` contacts that are due now; returns what became of them."""
    setup()
    from sterna.desk.contacts.actions import send_due

    return str(send_due(limit))
