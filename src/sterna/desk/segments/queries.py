"""Reads about definitions."""

from sterna.desk.segments.models import Definition

SCHEME, PLAN = "scheme", "plan"


def newest_definition(kind: str, name: str | None = None) -> Definition | None:
    """The newest version of a definition of `kind`; without a name, the one that was published last."""
    found = Definition.objects.filter(kind=kind)
    if name is not None:
        return found.filter(name=name).order_by("-version").first()
    return found.order_by("-created_at", "-version").first()
