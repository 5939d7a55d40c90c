"""How each thing that hangs on a customer follows when two become one, and when they become two again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Memo = dict[str, Any]
Join = Callable[[UUID, UUID, datetime], Memo | None]
Part = Callable[[UUID, UUID, Memo, datetime], None]


@dataclass(frozen=True)
class Following:
    """A model that hangs on customers, by its label such as `contacts.Contact`, and how it follows.

    `join(kept, gone, at)` moves what has to move now and returns as JSON what `part(kept, gone, memo, at)` needs to put
    it back as it was; None when there was nothing. Both run inside the transaction of the merge or the split.
    """

    model: str
    join: Join
    part: Part


@dataclass(frozen=True)
class ReadsThrough:
    """A model whose rows stay with the customer that they were written of, and `why` that is right.

    Its readers take all customers of a cluster (`queries.cluster_ids`), or show what was so when it was written.
    """

    model: str
    why: str


_following: dict[str, Following] = {}
_reads_through: dict[str, ReadsThrough] = {}


def register(follows: Following | ReadsThrough) -> None:
    """Tell how a model follows; called in `ready()`. A second registration of a model takes the place of the first."""
    if isinstance(follows, Following):
        _following[follows.model] = follows
    else:
        _reads_through[follows.model] = follows


def forget(model: str) -> None:
    """Take back the registration of a model."""
    _following.pop(model, None)
    _reads_through.pop(model, None)


def following() -> list[Following]:
    """What moves, in the order of registration: from the lowest app to the highest."""
    return list(_following.values())


def registered() -> set[str]:
    """The labels of all models that said how they follow."""
    return {*_following, *_reads_through}
