"""What is known of customers as columns to compare them by: measures and facts by class, the unknown always apart."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.rules.tree import NUMBER
from sterna.engine.taxonomy import Tree

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

# Age stands in a date of birth too, and where somebody comes from in a nationality.
PROTECTED = (
    *("sex", "gender", "race", "ethnicity", "religion", "disability", "age", "birth_date", "date_of_birth"),
    *("national_origin", "nationality", "sexual_orientation"),
)
MOST_CHOICES = 12  # of a class; rarer values are told as "other"
LEAST_APART = 9  # different values from which on a class of numbers is compared as numbers
OTHER = "other"


@dataclass(frozen=True)
class Column:
    """One feature of everybody: `numbers` with NaN where unknown, else `codes` into `choices` with -1 where unknown.

    A share is of what was bought `within_days` days.
    """

    name: str
    kind: Literal["measure", "fact", "share"]
    numbers: Floats | None = None
    codes: Whole | None = None
    choices: tuple[str, ...] = ()
    within_days: int | None = None

    def known(self) -> NDArray[np.bool_]:
        """Of whom it is known."""
        if self.numbers is not None:
            return ~np.isnan(self.numbers)
        assert self.codes is not None
        return np.asarray(self.codes >= 0)


@dataclass(frozen=True)
class Panel:
    """Customers in the order of their ids, who of them has bought, and what is known of them by name of the feature.

    `left_out` says of each class that is not compared why not.
    """

    customers: tuple[str, ...]
    bought: NDArray[np.bool_]
    columns: Mapping[str, Column]
    left_out: Mapping[str, str]


def protected_classes(tree: Tree, named: Collection[str] = PROTECTED) -> set[str]:
    """The classes that nobody may be compared by: those named, all finer ones, and what is sensitive by the taxonomy.

    A name is a class, or a word that is a part of one's id, such as age in demography.age.
    """
    words = {name.casefold() for name in named}
    return {
        one
        for one in tree.ids()
        if tree.is_sensitive(one) or any(_is_named(each, words) for each in (one, *tree.ancestors(one)))
    }


def _is_named(one: str, words: set[str]) -> bool:
    return one.casefold() in words or not words.isdisjoint(one.casefold().split("."))


def allowed_classes(
    tree: Tree, wanted: Iterable[str] | None = None, named: Collection[str] = PROTECTED
) -> tuple[str, ...]:
    """The classes to compare by: those `wanted`, else all that may be used for marketing and are not protected.

    Raises BadInput where a wanted class is protected, is none of the taxonomy or may not be used so.
    """
    barred = protected_classes(tree, named)
    usable = [one for one in tree.ids() if tree.at(one).holds and tree.may_keep(one, ("marketing", "sales"))]
    if wanted is None:
        return tuple(one for one in usable if one not in barred)
    asked = tuple(wanted)
    for one in asked:
        tree.at(one)
        if one in barred:
            raise BadInput(f"{one} is protected: customers are not compared by it, nor by anything finer")
        if one not in usable:
            raise BadInput(f"{one} may not be used for marketing or sales, or holds no values")
    return asked


def panel_of(values: pa.Table, facts: pa.Table, measures: Sequence[str], classes: Collection[str]) -> Panel:
    """Everybody of `values` by the `measures`, its columns, and by the facts of `classes`, rows of `current_facts`.

    `values` has customer_id and tenure_days beside the measures, `facts` customer_id, fact_class and value.
    """
    rows = values.sort_by("customer_id")
    columns = {name: _measure(name, rows[name]) for name in measures}
    left_out: dict[str, str] = {}
    known = facts.filter(pc.is_in(facts["fact_class"], pa.array(sorted(classes), pa.string())))
    place = pc.index_in(known["customer_id"], rows["customer_id"].combine_chunks())
    for name in sorted(set(known["fact_class"].to_pylist())):
        its = pc.and_(pc.equal(known["fact_class"], name), pc.is_valid(place))
        made = _fact(
            name, pc.filter(place, its).to_numpy(), pc.filter(known["value"], its).to_pylist(), rows.num_rows
        )
        if isinstance(made, Column):
            columns[name] = made
        else:
            left_out[name] = made
    bought = np.asarray(pc.is_valid(rows["tenure_days"]).to_numpy(zero_copy_only=False), dtype=np.bool_)
    return Panel(tuple(rows["customer_id"].to_pylist()), bought, columns, left_out)


def with_shares(panel: Panel, shares: pa.Table, within_days: int) -> Panel:
    """The panel with the share of each customer's spend in each category, as `share:CATEGORY`.

    `shares` has customer_id and a column for each category, as the rule language counts a share of the last
    `within_days` days: returns are taken off, and of who spent nothing above zero it is unknown.
    """
    place = pc.index_in(pa.array(panel.customers, pa.string()), shares["customer_id"].combine_chunks())
    columns = dict(panel.columns)
    for name in shares.column_names:
        if name != "customer_id":
            numbers = pc.take(shares[name], place).to_numpy(zero_copy_only=False).astype(np.float64)
            columns[f"share:{name}"] = Column(
                f"share:{name}", "share", numbers=numbers, within_days=within_days
            )
    return replace(panel, columns=columns)


def _measure(name: str, column: pa.ChunkedArray) -> Column:
    if pa.types.is_string(column.type):
        given = column.to_pylist()
        known = [index for index, value in enumerate(given) if value is not None]
        return _choice(name, "measure", np.array(known, np.int64), [given[at] for at in known], len(given))
    numbers = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return Column(name, "measure", numbers=np.asarray(numbers, dtype=np.float64))


def _fact(name: str, at: Whole, values: list[str], size: int) -> Column | str:
    """A class as a column, or why it is none."""
    numbers = _numbers(values)
    if numbers is not None and len(set(numbers)) >= LEAST_APART:
        column = np.full(size, np.nan)
        column[at] = numbers
        return Column(name, "fact", numbers=column)
    made = _choice(name, "fact", at, values, size)
    assert made.codes is not None
    rare = made.choices.index(OTHER) if OTHER in made.choices else -2
    if (made.codes == rare).sum() * 2 > len(values):
        return "tells one from another, not what they have in common: more than half of its values are rare"
    return made


def _numbers(values: list[str]) -> list[float] | None:
    """The values as numbers where all of them are, as the rule language reads one."""
    if not all(re.fullmatch(NUMBER, value) for value in values):
        return None
    return [float(value) for value in values]


def _choice(name: str, kind: Literal["measure", "fact"], at: Whole, values: list[str], size: int) -> Column:
    """Values as codes of the most frequent ones, in the order of their words."""
    seen, count = np.unique(np.array(values, dtype=object).astype(str), return_counts=True)
    often = seen[np.argsort(-count, kind="stable")[:MOST_CHOICES]]
    names = [*sorted(str(one) for one in often), *([OTHER] if seen.size > MOST_CHOICES else [])]
    index = {one: number for number, one in enumerate(names)}
    codes = np.full(size, -1, dtype=np.int64)
    codes[at] = [index.get(value, len(names) - 1) for value in values]
    return Column(name, kind, codes=codes, choices=tuple(names))
