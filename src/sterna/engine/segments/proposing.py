"""Puts a grouping of customers into the rule language: the shallow tree that comes nearest to it, told honestly.

Only what a rule can say exactly is asked: a measure as the measure of value, a share of spend as behavior, a fact as
the fact of the very class. What it cannot say, such as a rare value told as "other", is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.rules import (
    MEASURES,
    NO,
    All,
    AnyOf,
    Behavior,
    HasFact,
    Not,
    Rule,
    Worth,
    parts,
    plain,
    read,
)
from sterna.engine.segments.features import MOST_CHOICES, OTHER, Column, Floats, Panel

Flags = NDArray[np.bool_]
Bounded = Behavior | HasFact | Worth
BOUGHT = Behavior(least=Decimal(1))
DEPTH = 3
_LEAST = 5  # customers of a part of the tree: of fewer a rule would speak of single persons
_DIGITS = 9  # behind the point that parts two figures; finer ones are the noise of sums


@dataclass(frozen=True)
class Proposal:
    """A rule in place of a grouping: of those whom it `found` the share that belongs (precision), and of those who
    belong the share that it finds (recall)."""

    rule: Rule
    found: int
    precision: float
    recall: float


def finds(rule: Rule, panel: Panel) -> Flags:
    """Of whom in the panel a rule of this module holds; the rule language says the same of the data behind it."""
    if isinstance(rule, Not):
        return ~finds(rule.of, panel)
    if isinstance(rule, All | AnyOf):
        join = np.logical_and if isinstance(rule, All) else np.logical_or
        return np.asarray(join.reduce([finds(part, panel) for part in parts(rule)]), np.bool_)
    if isinstance(rule, HasFact):
        return _has(rule, panel.columns[rule.fact_class])
    if isinstance(rule, Worth):
        return _between(rule, panel.columns[rule.measure])
    assert isinstance(rule, Behavior)
    return panel.bought if rule.of == "times" else _between(rule, panel.columns[f"share:{rule.category}"])


def _between(rule: Bounded, column: Column) -> Flags:
    assert column.numbers is not None
    # NaN compares as false either way: of what is unknown no bound holds.
    low = column.numbers >= float(rule.least) if rule.least is not None else column.known()
    return np.asarray(low & (column.numbers <= float(rule.most)) if rule.most is not None else low, np.bool_)


def _has(rule: HasFact, column: Column) -> Flags:
    if column.codes is None:
        return _between(rule, column)
    wanted = rule.among or tuple(one for one in column.choices if one != NO)
    return np.asarray(
        np.isin(column.codes, [code for code, choice in enumerate(column.choices) if choice in wanted])
    )


@dataclass(frozen=True)
class _Split:
    """Numbers that the tree may part at a threshold, and the comparison about them; a `fact` is there or is not."""

    numbers: Floats
    asks: Bounded
    is_fact: bool = False

    def below(self, edge: Decimal) -> Rule:
        """What the left side of a threshold says."""
        return Not(of=self.asks) if self.is_fact else msgspec.structs.replace(self.asks, most=edge)

    def above(self, edge: Decimal) -> Rule:
        """What its right side says."""
        return self.asks if self.is_fact else msgspec.structs.replace(self.asks, least=edge)


def propose(panel: Panel, belongs: Flags, seed: int = 0) -> Proposal | None:
    """The rule that comes nearest to the grouping of those of the panel who belong; all of them have bought.

    None where no part of the tree is mostly of the grouping. Precision and recall are those of the rule as it is
    written, over everybody: of what is unknown the tree takes the middle, and a rule holds of nobody.
    """
    # It takes seconds to import, and no run needs it.
    from sklearn.tree import DecisionTreeClassifier

    rows = np.flatnonzero(panel.bought)
    splits = [split for column in panel.columns.values() for split in _splits(column, rows)]
    if not splits or not belongs.any():
        return None
    matrix = np.column_stack([split.numbers for split in splits])
    least = max(int(belongs.sum()) // 10, _LEAST)
    tree = DecisionTreeClassifier(
        max_depth=DEPTH, min_samples_leaf=least, class_weight="balanced", random_state=seed
    ).fit(matrix, belongs[rows])
    paths = list(_paths(tree.tree_, splits, matrix))
    if not paths or paths == [()]:
        return None
    ways = tuple(All(of=path) if len(path) > 1 else path[0] for path in paths)
    rule: Rule = AnyOf(of=ways) if len(ways) > 1 else ways[0]
    if (finds(rule, panel) & ~panel.bought).any():
        rule = All(of=(BOUGHT, *(rule.of if isinstance(rule, All) else (rule,))))
    return _measured(rule, finds(rule, panel), belongs)


def _measured(rule: Rule, found: Flags, belongs: Flags) -> Proposal:
    both = int((found & belongs).sum())
    precision = both / int(found.sum()) if found.any() else 0.0
    return Proposal(rule, int(found.sum()), round(precision, 4), round(both / int(belongs.sum()), 4))


def _splits(column: Column, rows: NDArray[np.int64]) -> Iterator[_Split]:
    """What a rule can ask of a column, each with its figures of `rows`."""
    for split in _facts(column) if column.kind == "fact" else _figures(column):
        numbers = np.round(split.numbers[rows], _DIGITS)
        if not np.isnan(numbers).all() and _is_sayable(split.above(Decimal(1))):
            middle = np.nanmedian(numbers)
            yield _Split(np.where(np.isnan(numbers), middle, numbers), split.asks, split.is_fact)


def _is_sayable(rule: Rule) -> bool:
    """Whether the rule language takes it: a name may be too long for a rule and stand in the data all the same."""
    try:
        return read(plain(rule)) == rule
    except BadInput:
        return False


def _figures(column: Column) -> Iterator[_Split]:
    if column.numbers is None:
        return
    if column.kind == "share":
        category = column.name.removeprefix("share:")
        asks = Behavior(of="share", category=category, within_days=column.within_days)
        yield _Split(column.numbers, asks)
    elif column.name in MEASURES:
        yield _Split(column.numbers, Worth(measure=column.name))


def _facts(column: Column) -> Iterator[_Split]:
    # A finer class has a column of its own.
    asks = HasFact(fact_class=column.name, finer=False)
    if column.numbers is not None:
        yield _Split(column.numbers, asks)
        yield _Split(column.known().astype(np.float64), asks, True)
        return
    assert column.codes is not None
    is_folded = len(column.choices) > MOST_CHOICES
    # "no" is an answer and not a fact; among what is told as other nobody sees it.
    if NO in column.choices or not is_folded:
        yield _Split(_has(asks, column).astype(np.float64), asks, True)
    for code, choice in enumerate(column.choices):
        if not (is_folded and choice == OTHER):
            asked = msgspec.structs.replace(asks, among=(choice,))
            yield _Split((column.codes == code).astype(np.float64), asked, True)


def _paths(tree: Any, splits: Sequence[_Split], matrix: Floats) -> Iterator[tuple[Rule, ...]]:
    """The ways down to each largest part of the tree that is wholly of leaves which are mostly of the grouping."""
    yes = {node: _is_yes(tree, node) for node in range(tree.node_count)}

    def walk(node: int, here: Flags, so_far: tuple[Rule, ...]) -> Iterator[tuple[Rule, ...]]:
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


def _short(path: Sequence[Rule]) -> tuple[Rule, ...]:
    """The comparisons of a way, all bounds of one figure in one; a later bound is the narrower one."""
    kept: dict[Any, Rule] = {}
    for one in path:
        is_bounded = isinstance(one, Bounded) and (one.least is not None or one.most is not None)
        if not isinstance(one, Bounded) or not is_bounded:
            kept[one] = one
            continue
        key = msgspec.structs.replace(one, least=None, most=None), "bounded"
        before = kept.get(key)
        bounds = {name: getattr(one, name) for name in ("least", "most") if getattr(one, name) is not None}
        kept[key] = msgspec.structs.replace(before, **bounds) if isinstance(before, Bounded) else one
    return tuple(kept.values())


def readable(low: float, high: float) -> Decimal:
    """The number of the fewest digits that is above `low` and below `high`."""
    middle = Decimal((low + high) / 2)
    for places in range(-12, 16):
        rounded = middle.quantize(Decimal(1).scaleb(-places))
        if low < float(rounded) < high:
            return rounded.quantize(Decimal(1)) if places <= 0 else rounded
    # No float lies between the two: a rule takes no more digits than these.
    return middle.quantize(Decimal(1).scaleb(-15))
