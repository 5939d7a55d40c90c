"""Texts of a document and of the files it names: out of its own folder and no other."""

from pathlib import Path

from sterna.engine.errors import BadInput


def text_of(path: Path) -> str:
    """The text of the file at `path`; raises BadInput naming it."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}") from error


class Beside:
    """Reads the texts that a document names beside itself; one that was given as text alone can name none."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder.resolve() if folder else None

    def __call__(self, name: str) -> str:
        if self.folder is None:
            raise BadInput(f"a plan given as text cannot name a file: put the text of {name} in its place")
        try:
            path = (self.folder / name).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a name that no file can have
            raise BadInput(f"{name!r} cannot be read: {error}") from error
        if not path.is_relative_to(self.folder):
            raise BadInput(f"{name} is outside the folder of the plan")
        return text_of(path)
