"""Publishes segments and stages, and how segments are treated, from the command line."""

from pathlib import Path

from sterna.cli.desk import setup
from sterna.engine.errors import BadInput


def load(path: Path, reason: str) -> str:
    """Publish the segments and stages of the file at `path`; returns what is in force and what to think about."""
    setup()
    from django.db import transaction

    from sterna.desk.segments.actions import publish_ruled
    from sterna.desk.segments.ruled_texts import read_schemes

    text = _text(path, "segments")
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


def load_treatments(path: Path, reason: str) -> str:
    """Publish the treatments of the file at `path`, all or none; returns what is in force."""
    setup()
    from django.db import transaction

    from sterna.desk.segments.actions import publish_treatments
    from sterna.desk.segments.treatment_queries import segments_in_force
    from sterna.desk.segments.treatment_texts import read_file

    text = _text(path, "treatments")
    lines = []
    with transaction.atomic():
        for one in read_file(text, segments_in_force()):
            found = publish_treatments(one, None, reason)
            lines.append(
                f"treatments of {found.name}, version {found.version}: {one.value.measure} in "
                f"{len(one.value.bands)} bands, {one.potential.measure} in {len(one.potential.bands)}"
            )
    return "\n".join(lines)


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} is no file of {what}: {error}") from error
