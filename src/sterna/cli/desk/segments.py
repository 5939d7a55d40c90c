"""Publishes segments and stages from the command line."""

from pathlib import Path

from sterna.cli.desk import setup
from sterna.engine.errors import BadInput


def load(path: Path, reason: str) -> str:
    """Publish the segments and stages of the file at `path`; returns what is in force and what to think about."""
    setup()
    from django.db import transaction

    from sterna.desk.segments.actions import publish_ruled
    from sterna.desk.segments.ruled_texts import read_schemes

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} is no file of segments: {error}") from error
    lines = []
    # All or none: a file whose second scheme is refused has not half changed who is where.
    with transaction.atomic():
        for one in read_schemes(text):
            found, warnings = publish_ruled(one.scheme, one.managers, None, reason)
            lines.append(
                f"{found.kind} {found.name}, version {found.version}: {', '.join(one.scheme.places)}"
            )
            lines += [f"  {warning}" for warning in warnings]
    return "\n".join(lines)
