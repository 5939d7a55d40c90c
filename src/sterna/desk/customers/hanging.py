"""Which rows of a model hang on a person, found by following its foreign keys to source records and customers."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model, Q, QuerySet

from sterna.desk.config.personal import Sheet, Subject
from sterna.desk.customers.models import Customer, SourceRecord


def paths(model: type[Model], passed: tuple[type[Model], ...] = ()) -> list[str]:
    """The lookups that lead from a row of `model` to somebody, such as `contact__customer`; empty when none does."""
    if model in (Customer, SourceRecord):
        return []
    found = []
    for field in model._meta.concrete_fields:
        target = field.related_model
        if not isinstance(field, ForeignKey) or target in (model, *passed) or not isinstance(target, type):
            continue
        if target in (Customer, SourceRecord):
            found.append(field.name)
        else:
            found += [f"{field.name}__{path}" for path in paths(target, (*passed, model))]
    return found


def rows(model: type[Model], subject: Subject) -> QuerySet[Any]:
    """The rows of `model` that hang on the person.

    Where a row names a source record, whose it is follows that; the customer counts only where it names none.
    """
    found, ways = Q(pk__in=[]), paths(model)
    for path in ways:
        *before, last = path.split("__")
        beside = "__".join((*before, "source_record"))
        if _target(model, path) is SourceRecord:
            found |= Q(**{f"{path}__in": subject.records})
        elif last == "customer" and beside in ways:
            found |= Q(**{f"{path}__in": subject.customers, beside: None})
        else:
            found |= Q(**{f"{path}__in": subject.customers})
    return model._default_manager.filter(found)


def _target(model: type[Model], path: str) -> Any:
    at: Any = model
    for step in path.split("__"):
        at = at._meta.get_field(step).related_model
    return at


def hanging(app: str) -> list[type[Model]]:
    """The models of an app that hang on people, those that hang on others of them first."""
    found = [model for model in apps.get_app_config(app).get_models() if paths(model)]
    return sorted(found, key=lambda model: (-_depth(model), model._meta.label))


def _depth(model: type[Model]) -> int:
    return max(path.count("__") for path in paths(model))


def labels(app: str) -> tuple[str, ...]:
    """Their labels."""
    return tuple(model._meta.label for model in hanging(app))


def sheets(app: str, subject: Subject, left_out: Sequence[str] = ()) -> list[Sheet]:
    """What the app holds of the person, a sheet a model, but for the models named in `left_out`."""
    return list(_sheets(app, subject, left_out))


def _sheets(app: str, subject: Subject, left_out: Sequence[str]) -> Iterator[Sheet]:
    for model in hanging(app):
        if model._meta.label in left_out:
            continue
        about = (model.__doc__ or "").split("\n")[0]
        yield Sheet(model._meta.db_table, about, list(rows(model, subject).order_by("pk").values()))
