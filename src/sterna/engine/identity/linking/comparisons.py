"""What is compared between two profiles and in which levels, with the weights to start from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Level:
    """A grade of agreement: `condition` is SQL on `l` and `r`, true for the first level that fits.

    `m` and `u` are the shares of pairs at this level among pairs of one person and among pairs of two. They are
    where training starts, and what stays where the data show none.
    """

    label: str
    condition: str
    m: float
    u: float


@dataclass(frozen=True)
class Comparison:
    """The levels of one column from full agreement down; the last takes every pair that is left.

    Where `frequency` is set, agreeing on a rare value counts for more than agreeing on a common one.
    """

    column: str
    levels: tuple[Level, ...]
    frequency: bool = False


_SIMILAR = "jaro_winkler_similarity({0}_l, {0}_r) >= {1}"
_EDITS = "damerau_levenshtein({0}_l, {0}_r) <= {1}"
_SWAPPED_DAY = (
    "substr(birth_date_l, 1, 4) || substr(birth_date_l, 7, 2) || substr(birth_date_l, 5, 2) = birth_date_r"
)
_APART = "abs(date_diff('day', strptime(birth_date_l, '%Y%m%d'), strptime(birth_date_r, '%Y%m%d'))) <= {0}"


def _levels(
    column: str, exact: tuple[float, float], *others: tuple[str, str, float, float]
) -> tuple[Level, ...]:
    first = Level("the same", f"{column}_l = {column}_r", *exact)
    between = [Level(label, condition.format(column), m, u) for label, condition, m, u in others]
    left = [1 - sum(level.m for level in (first, *between)), 1 - sum(level.u for level in (first, *between))]
    return (first, *between, Level("different", "ELSE", *left))


def _similar(label: str, least: float, m: float, u: float) -> tuple[str, str, float, float]:
    return label, _SIMILAR.format("{0}", least), m, u


def _edits(label: str, most: int, m: float, u: float) -> tuple[str, str, float, float]:
    return label, _EDITS.format("{0}", most), m, u


def _name(column: str, u: float) -> Comparison:
    alike = (
        _similar("very similar", 0.92, 0.08, 0.002),
        _similar("similar", 0.88, 0.03, 0.003),
        _similar("somewhat similar", 0.7, 0.03, 0.04),
    )
    return Comparison(column, _levels(column, (0.8, u), *alike), frequency=True)


COMPARISONS: Mapping[str, Comparison] = {
    each.column: each
    for each in (
        _name("given_name", 0.008),
        _name("surname", 0.003),
        Comparison(
            "birth_date",
            _levels(
                "birth_date",
                (0.9, 0.0001),
                _edits("one sign apart", 1, 0.04, 0.0004),
                ("day and month swapped", _SWAPPED_DAY, 0.005, 0.0001),
                ("within a month", _APART.format(31), 0.005, 0.0015),
                ("within a year", _APART.format(366), 0.005, 0.02),
                ("within ten years", _APART.format(3653), 0.015, 0.25),
            ),
        ),
        Comparison(
            "email",
            _levels(
                "email",
                (0.75, 0.00005),
                (
                    "the same before the @",
                    "split_part({0}_l, '@', 1) = split_part({0}_r, '@', 1)",
                    0.06,
                    0.0005,
                ),
                _similar("very similar", 0.92, 0.04, 0.0005),
            ),
            frequency=True,
        ),
        Comparison(
            "phone",
            _levels("phone", (0.75, 0.00005), _edits("one digit apart", 1, 0.04, 0.00005)),
            frequency=True,
        ),
        Comparison("street_number", _levels("street_number", (0.8, 0.01)), frequency=True),
        Comparison(
            "address",
            _levels(
                "address",
                (0.7, 0.001),
                _similar("very similar", 0.9, 0.12, 0.002),
                _similar("similar", 0.8, 0.03, 0.01),
            ),
        ),
        Comparison("suburb", _levels("suburb", (0.75, 0.005), _similar("very similar", 0.9, 0.1, 0.003))),
        Comparison(
            "postcode",
            _levels(
                "postcode",
                (0.8, 0.002),
                _edits("one sign apart", 1, 0.06, 0.005),
                _edits("two signs apart", 2, 0.03, 0.05),
            ),
            frequency=True,
        ),
        Comparison(
            "national_id",
            _levels(
                "national_id",
                (0.9, 0.00001),
                _edits("one sign apart", 1, 0.06, 0.00005),
                _edits("two signs apart", 2, 0.01, 0.001),
            ),
        ),
    )
}


def as_settings(
    comparison: Comparison, weights: Sequence[tuple[float, float]], frequency: bool
) -> dict[str, Any]:
    """The comparison as splink reads it, with a pair (m, u) for each level; an unknown value is no evidence."""
    column = comparison.column
    unknown = {
        "sql_condition": f"{column}_l is null or {column}_r is null",
        "label_for_charts": "unknown",
        "is_null_level": True,
    }
    levels = [
        {
            "sql_condition": level.condition,
            "label_for_charts": level.label,
            "m_probability": m,
            "u_probability": u,
        }
        for level, (m, u) in zip(comparison.levels, weights, strict=True)
    ]
    if frequency and comparison.frequency:
        levels[0]["tf_adjustment_column"] = column
    return {"output_column_name": column, "comparison_levels": [unknown, *levels]}
