"""Conditions that a person can read, of measures, shares of spend and facts, and a shallow tree that comes to them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Union

import msgspec
import numpy as np
from numpy.typing import NDArray

from sterna.engine.segments.features import Column, Floats, Panel

Comparison = Literal["at least", "at most"]
Flags = NDArray[np.bool_]


class MeasureIs(msgspec.Struct, frozen=True, tag="measure"):
    """A measure of value is at least or at most `threshold`; one that is unknown is neither."""

    measure: str
    comparison: Comparison
    threshold: Decimal


class ShareIs(msgspec.Struct, frozen=True, tag="share"):
    """The share of spend in a category, from 0 to 1, is at least or at most `threshold`."""

    category: str
    comparison: Comparison
    threshold: Decimal


class FactIs(msgspec.Struct, frozen=True, tag="fact"):
    """There is a fact of the class, and its value is one of `among`; any value where `among` is empty."""

    fact_class: str
    among: tuple[str, ...] = ()


class Every(msgspec.Struct, frozen=True, tag="all"):
    """All of the conditions hold."""

    of: tuple["Condition", ...]


class Some(msgspec.Struct, frozen=True, tag="any"):
    """At least one of the conditions holds."""

    of: tuple["Condition", ...]


class Not(msgspec.Struct, frozen=True, tag="not"):
    """The condition does not hold; so it is where nothing is known."""

    of: "Condition"


Condition = Union[MeasureIs, ShareIs, FactIs, Every, Some, Not]  # noqa: UP007 - the names stand in quotes above


@dataclass(frozen=True)
class Rule:
    """A condition in place of a grouping: the share of those it finds who belong (precision), and of those who belong
    whom it finds (recall)."""

    condition: Condition
    found: int
    precision: float
    recall: float


def holds(condition: Condition, panel: Panel) -> Flags:
    """Of whom in the panel a condition holds."""
    if isinstance(condition, Every):
        return np.asarray(np.logical_and.reduce([holds(each, panel) for each in condition.of]), np.bool_)
    if isinstance(condition, Some):
        return np.asarray(np.logical_or.reduce([holds(each, panel) for each in condition.of]), np.bool_)
    if isinstance(condition, Not):
        return ~holds(condition.of, panel)
    if isinstance(condition, FactIs):
        return _fact_holds(condition, panel)
    name = condition.measure if isinstance(condition, MeasureIs) else f"share:{condition.category}"
    numbers = panel.columns[name].numbers
    assert numbers is not None
    edge = float(condition.threshold)
    # NaN compares as false either way: what is unknown is neither at least nor at most.
    return np.asarray(numbers >= edge if condition.comparison == "at least" else numbers <= edge, np.bool_)


def _fact_holds(condition: FactIs, panel: Panel) -> Flags:
    column = panel.columns[condition.fact_class]
    if not condition.among or column.codes is None:
        return column.known()
    wanted = [index for index, choice in enumerate(column.choices) if choice in condition.among]
    return np.asarray(np.isin(column.codes, wanted), np.bool_)


@dataclass(frozen=True)
class _Split:
    """A column that the tree may split: its numbers, and what the two sides of a threshold mean."""

    numbers: Floats
    kind: Literal["measure", "share", "fact"]
    name: str
    value: str = ""

    def below(self, threshold: Decimal) -> Condition:
        """What the left side of a threshold says."""
        return Not(self._fact()) if self.kind == "fact" else self._compared("at most", threshold)

    def above(self, threshold: Decimal) -> Condition:
        """What its right side says."""
        return self._fact() if self.kind == "fact" else self._compared("at least", threshold)

    def _fact(self) -> FactIs:
        return FactIs(self.name, (self.value,) if self.value else ())

    def _compared(self, comparison: Comparison, threshold: Decimal) -> Condition:
        kind = MeasureIs if self.kind == "measure" else ShareIs
        return kind(self.name, comparison, threshold)


def rule_for(
    panel: Panel, rows: NDArray[np.int64], belongs: Flags, depth: int = 3, seed: int = 0
) -> Rule | None:
    """The condition of a shallow tree that comes nearest to the grouping of those of `rows` who belong.

    None where no part of the tree is mostly of the grouping. Precision and recall are those of the condition as it is
    written, over `rows`: of what is unknown the tree takes the middle, and the condition holds of nobody.
    """
    # It takes seconds to import, and no run needs it.
    from sklearn.tree import DecisionTreeClassifier

    splits = [split for column in panel.columns.values() for split in _splits(column, rows)]
    if not splits or not belongs.any():
        return None
    matrix = np.column_stack([split.numbers for split in splits])
    least = max(int(belongs.sum()) // 10, 5)
    tree = DecisionTreeClassifier(
        max_depth=depth, min_samples_leaf=least, class_weight="balanced", random_state=seed
    ).fit(matrix, belongs)
    paths = list(_paths(tree.tree_, splits, matrix))
    if not paths or paths == [()]:
        return None
    parts = tuple(Every(path) if len(path) > 1 else path[0] for path in paths)
    condition = Some(parts) if len(parts) > 1 else parts[0]
    return _measured(condition, holds(condition, panel)[rows], belongs)


def _measured(condition: Condition, found: Flags, belongs: Flags) -> Rule:
    both = int((found & belongs).sum())
    precision = both / int(found.sum()) if found.any() else 0.0
    return Rule(condition, int(found.sum()), round(precision, 4), round(both / int(belongs.sum()), 4))


def _splits(column: Column, rows: NDArray[np.int64]) -> Iterator[_Split]:
    if column.numbers is not None and column.kind != "fact":
        numbers = column.numbers[rows]
        if np.isnan(numbers).all():
            return
        kind: Literal["measure", "share"] = "share" if column.kind == "share" else "measure"
        name = column.name.removeprefix("share:")
        yield _Split(np.where(np.isnan(numbers), np.nanmedian(numbers), numbers), kind, name)
    elif column.kind == "fact":
        yield _Split(column.known()[rows].astype(np.float64), "fact", column.name)
        for code, choice in enumerate(column.choices if column.codes is not None else ()):
            assert column.codes is not None
            yield _Split((column.codes[rows] == code).astype(np.float64), "fact", column.name, choice)


def _paths(tree: Any, splits: Sequence[_Split], matrix: Floats) -> Iterator[tuple[Condition, ...]]:
    """The ways down to each largest part of the tree that is wholly of leaves which are mostly of the grouping."""
    yes = {node: _is_yes(tree, node) for node in range(tree.node_count)}

    def walk(
        node: int, here: NDArray[np.bool_], so_far: tuple[Condition, ...]
    ) -> Iterator[tuple[Condition, ...]]:
        if yes[node]:
            yield _short(so_far)
            return
        if tree.children_left[node] < 0:
            return
        split = splits[tree.feature[node]]
        numbers = matrix[:, tree.feature[node]]
        left = numbers <= tree.threshold[node]
        edge = readable(float(numbers[here & left].max()), float(numbers[here & ~left].min()))
        yield from walk(tree.children_left[node], here & left, (*so_far, split.below(edge)))
        yield from walk(tree.children_right[node], here & ~left, (*so_far, split.above(edge)))

    yield from walk(0, np.ones(len(matrix), dtype=np.bool_), ())


def _is_yes(tree: Any, node: int) -> bool:
    """Whether all leaves under a node are mostly of the grouping."""
    if tree.children_left[node] < 0:
        share = tree.value[node][0]
        return bool(len(share) > 1 and share[1] > share[0])
    return _is_yes(tree, tree.children_left[node]) and _is_yes(tree, tree.children_right[node])


def _short(path: Sequence[Condition]) -> tuple[Condition, ...]:
    """The conditions of a way without those that a later one on the same figure makes needless."""
    kept: dict[Any, Condition] = {}
    for one in path:
        key = (
            (type(one), one.measure, one.comparison)
            if isinstance(one, MeasureIs)
            else ((type(one), one.category, one.comparison) if isinstance(one, ShareIs) else one)
        )
        kept[key] = one
    return tuple(kept.values())


def readable(low: float, high: float) -> Decimal:
    """The number of the fewest digits that is above `low` and below `high`."""
    middle = Decimal((low + high) / 2)
    for places in range(-12, 16):
        rounded = middle.quantize(Decimal(1).scaleb(-places))
        if low < float(rounded) < high:
            return rounded.quantize(Decimal(1)) if places <= 0 else rounded
    return middle


def as_json(condition: Condition) -> Mapping[str, Any]:
    """A condition as plain JSON, its kind under "type" and thresholds as text."""
    built = msgspec.to_builtins(condition)
    assert isinstance(built, dict)
    return built
