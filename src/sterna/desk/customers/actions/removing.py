"""Takes a person out of the rows of an app: those that are of them go, those of others no longer name them."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q

from sterna.desk.config.personal import Erased, Subject, pattern
from sterna.desk.customers.hanging import hanging, rows


def remove(app: str, subject: Subject) -> list[Erased]:
    """Remove every row of the app that hangs on the person, inside the caller's transaction."""
    done = []
    for model in hanging(app):
        number, _ = rows(model, subject).delete()
        done.append(Erased(model._meta.db_table, "removed", number))
    return [each for each in done if each.number]


def rename(written: Mapping[type[Model], Sequence[str]], subject: Subject) -> list[Erased]:
    """Put the pseudonym where staff named the person in what they wrote of somebody else, such as in a note."""
    said = pattern(subject.telling)
    if said is None:
        return []
    done = []
    for model, fields in written.items():
        naming = reduce(or_, (Q(**{f"{name}__iregex": said.pattern}) for name in fields))
        # PostgreSQL knows a few more letters than Python does: only a text that changes counts.
        texts = [
            (row, _told(row, fields, said, subject.pseudonym))
            for row in model._default_manager.filter(naming)
        ]
        for row, told in texts:
            model._default_manager.filter(pk=row.pk).update(**told)
        done.append(Erased(model._meta.db_table, "replaced", sum(bool(told) for _, told in texts)))
    return [each for each in done if each.number]


def _told(row: Model, fields: Sequence[str], said: Any, pseudonym: str) -> dict[str, str]:
    """The fields of a row that name the person, as they read without."""
    texts = {name: getattr(row, name) or "" for name in fields}
    without = {name: said.sub(pseudonym, text) for name, text in texts.items()}
    return {name: text[: _longest(row, name)] for name, text in without.items() if text != texts[name]}


def _longest(row: Model, name: str) -> int | None:
    longest: int | None = getattr(row._meta.get_field(name), "max_length", None)
    return longest
