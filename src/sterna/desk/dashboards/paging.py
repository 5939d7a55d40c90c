"""Keyset paging: the next page begins after the last row shown, however many rows were added meanwhile."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.http import HttpRequest

Item = TypeVar("Item", bound=Model)
SIZE = 50


class Slice(Generic[Item]):
    """One page of a query in order of one column and the primary key; unknown values stand last.

    `sort` is a column with a leading "-" when descending. The cursor is the primary key of the last row shown: its
    column is read anew, so that no value stands in an address.
    """

    def __init__(
        self, request: HttpRequest, rows: QuerySet[Item], sortable: Sequence[str], default: str
    ) -> None:
        wanted = request.GET.get("sort", default)
        self.sort = wanted if wanted.removeprefix("-") in sortable else default
        self._request = request
        column, down = self.sort.removeprefix("-"), self.sort.startswith("-")
        order = F(column).desc(nulls_last=True) if down else F(column).asc(nulls_last=True)
        size = 100_000 if request.GET.get("format") == "csv" else SIZE
        found = list(_after(rows, column, down, request.GET.get("after")).order_by(order, "pk")[: size + 1])
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


def _after(rows: QuerySet[Item], column: str, down: bool, cursor: str | None) -> QuerySet[Item]:
    found = _row(rows, column, cursor)
    if found is None:
        return rows
    key, last = found
    if last is None:
        return rows.filter(**{f"{column}__isnull": True, "pk__gt": key})
    beyond = Q(**{f"{column}__{'lt' if down else 'gt'}": last}) | Q(**{f"{column}__isnull": True})
    return rows.filter(beyond | Q(**{column: last, "pk__gt": key}))


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
