"""Adds people who log in, from the command line."""

import secrets

from sterna.cli.desk import setup


def add_user(username: str, role: str, name: str = "") -> str:
    """Add a person with a made-up password, which is returned once."""
    setup()
    from sterna.desk.users import actions

    password = secrets.token_urlsafe(12)
    actions.add_user(username, password, role, full_name=name)
    return password
