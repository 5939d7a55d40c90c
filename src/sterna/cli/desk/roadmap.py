"""Draws the roadmap of a plan file as the desk draws it; it needs no installation, so none is started."""

from pathlib import Path

from sterna.engine.errors import BadInput
from sterna.engine.lake.beside import Beside, text_of
from sterna.engine.plans import load


def draw(path: Path, to: Path) -> str:
    """Writes the roadmap of the plan at `path` as SVG or PNG by the ending of `to`; raises BadInput."""
    from sterna.desk.dashboards.roadmap_picture import roadmap_file

    if to.suffix not in (".svg", ".png"):
        raise BadInput(f"{to} ends neither in .svg nor in .png")
    read = load(text_of(path), Beside(path.parent))
    if not read.readable:
        raise BadInput(f"{path} cannot be read as a plan: see `sterna plan check {path}`")
    made = roadmap_file(read.plan, to.suffix.removeprefix("."))
    try:
        to.write_bytes(made)
    except OSError as error:
        raise BadInput(f"{to} cannot be written: {error.strerror}") from error
    return f"{read.plan.title or read.plan.name}: the roadmap is written to {to}"
