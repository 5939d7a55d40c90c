"""Keyset paging: the next page begins after the last row shown, however many rows were added meanwhile."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, Func, Model, QuerySet, TextField, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.http import HttpRequest

Item = TypeVar("Item", bound=Model)
SIZE = 50


class Slice(Generic[Item]):
    """One page of a query in order of one column and the primary key; unknown values stand last.

    `sort` is a column with a leading "-" when descending: then the primary keys descend too, so that one index on
    both serves either way. The cursor is the primary key of the last row shown: its column is read anew, so that no
    value stands in an address. Where `rows` are few of many (`gathered`, numbers only), they are found first and then
    put in order: a walk through the whole order, looking for them, takes seconds where they stand at its end.
    """

    def __init__(
        self,
        request: HttpRequest,
        rows: QuerySet[Item],
        sortable: Sequence[str],
        default: str,
        gathered: bool = False,
    ) -> None:
        wanted = request.GET.get("sort", default)
        self.sort = wanted if wanted.removeprefix("-") in sortable else default
        self._request = request
        size = 100_000 if request.GET.get("format") == "csv" else SIZE
        found = _page(rows, self.sort, request.GET.get("after"), size + 1, gathered)
        self.rows: list[Item] = found[:size]
        self._more = len(found) > size

    @property
    def next_url(self) -> str | None:
        """The address of the next page, None on the last."""
        if not self._more:
            return None
        query = self._request.GET.copy()
        query["after"] = str(self.rows[-1].pk)
        return f"?{query.urlencode()}"

    @property
    def first_url(self) -> str | None:
        """The address of the first page, None when this is it."""
        if "after" not in self._request.GET:
            return None
        query = self._request.GET.copy()
        del query["after"]
        return f"?{query.urlencode()}"


def _page(rows: QuerySet[Item], sort: str, cursor: str | None, size: int, gathered: bool) -> list[Item]:
    """The rows after the cursor: the known ones in order, and once they are at an end the unknown ones.

    Asked for in one, no index would serve: PostgreSQL has unknown values on top where an order descends.
    """
    way, column = "-" if sort.startswith("-") else "", sort.removeprefix("-")
    # What is computed stands in no index, so none can be walked.
    order = F(column) + 0 if gathered else F(column)
    ordered = order.desc() if way else order.asc()
    known = rows.filter(**{f"{column}__isnull": False}).order_by(ordered, f"{way}pk")
    unknown = rows.filter(**{f"{column}__isnull": True}).order_by(f"{way}pk")
    key, last = _row(rows, column, cursor) or (None, None)
    if key is not None and last is None:
        return list(unknown.filter(**{f"pk__{'lt' if way else 'gt'}": key})[:size])
    if key is not None:
        known = known.filter(_beyond(rows, column, last, key, bool(way)))
    found = list(known[:size])
    return found + list(unknown[: size - len(found)]) if len(found) < size else found


def _beyond(rows: QuerySet[Item], column: str, last: Any, key: Any, down: bool) -> Any:
    """Whether (column, primary key) lies behind a row; compared as one, an index finds where to go on."""
    fields: list[Any] = [rows.model._meta.get_field(column), rows.model._meta.pk]
    here = Func(F(column), F("pk"), function="row", output_field=TextField())
    values = (Value(value, output_field=field) for value, field in zip((last, key), fields, strict=True))
    there = Func(*values, function="row", output_field=TextField())
    return LessThan(here, there) if down else GreaterThan(here, there)


def _row(rows: QuerySet[Item], column: str, cursor: str | None) -> tuple[Any, Any] | None:
    """The cursor's key and value, None for a cursor that names no row: the page then begins at the first.

    The row is looked for past the filter: it may have left it since the page before was shown, and what follows
    it must be shown all the same.
    """
    if not cursor:
        return None
    try:
        key = rows.model._meta.pk.to_python(cursor)
    except ValidationError:
        return None
    found: tuple[Any, Any] | None = (
        rows.model._default_manager.filter(pk=key).values_list("pk", column).first()
    )
    return found
