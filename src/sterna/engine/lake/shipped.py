"""Reads the texts that ship inside the package, such as the layout of a document."""

from importlib.resources import files


def shipped(package: str, name: str) -> str:
    """The text of the file `name` that lies in `package`."""
    return files(package).joinpath(name).read_text(encoding="utf-8")
