"""What the channels keep of a person in files: letters in the spool, and mail that a demonstration took in itself."""

from pathlib import Path

from sterna.channels.email.sink import recipients
from sterna.channels.letter.spool import file_name
from sterna.desk.config import options
from sterna.desk.config.personal import Erased, Keeper, Subject


def erase_letters(subject: Subject) -> list[Erased]:
    """Remove the PDF of every contact of the person."""
    folder = options.home() / "letters"
    return _remove([folder / file_name(key) for key in subject.others], "letters/*.pdf")


def erase_mail(subject: Subject) -> list[Erased]:
    """Remove every mail to an address of the person."""
    reached = {address.casefold() for medium, address in subject.reached if medium == "email"}
    reached |= {value.casefold() for _, kind, value in subject.identifiers if kind == "email"}
    kept = sorted((options.home() / "mail").glob("*.eml"))
    return _remove([path for path in kept if reached & recipients(path)], "mail/*.eml")


def _remove(paths: list[Path], where: str) -> list[Erased]:
    there = [path for path in paths if path.exists()]
    for path in there:
        path.unlink()
    return [Erased(where, "removed", len(there))] if there else []


KEEPERS = (
    Keeper("letters", files=("letters/*.pdf",), erase=erase_letters),
    Keeper("mail", files=("mail/*.eml",), erase=erase_mail),
)
