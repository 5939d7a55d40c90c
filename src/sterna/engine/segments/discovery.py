"""Customers who are alike in what they need, as the data part them: by clustering, kept only where it is stable.

k-means on what each customer buys (square roots of shares of spend, so that distance is Hellinger's), on measures and
on facts, each of the three weighing the same. How stable a grouping is: the mean Jaccard likeness to its nearest one
in bootstrap samples; 0.75 and more is stable, 0.85 highly so, below it is a pattern of these very rows (C. Hennig,
"Cluster-wise assessment of cluster stability", Computational Statistics & Data Analysis 52, 2007). As many groupings
as can be highly stable are taken (after R. Tibshirani, G. Walther, "Cluster Validation by Prediction Strength",
Journal of Computational and Graphical Statistics 14(3), 2005). They must also be closer than those of the same
features shuffled one by one, which keeps every feature and lets go of what goes together.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sterna.engine.segments.features import Column, Floats, Panel, Whole
from sterna.engine.segments.proposing import Proposal, propose
from sterna.engine.segments.traits import Trait, trait

Tell = Callable[[int, int], None]
COUNTS = tuple(range(2, 9))
STABLE, HIGHLY = 0.75, 0.85
LEAST = 100  # customers who bought; of fewer nothing is told
SMALLEST = 20  # customers of a grouping
_SAMPLE = 5_000  # customers whose distances are looked at; everybody is then put to the nearest grouping
_BOOTSTRAPS = 20
_SHUFFLES = 5
_CLOSER = 0.95  # of the spread that shuffled columns leave within groupings
_STARTS = 10


@dataclass(frozen=True)
class Distinct:
    """A trait that sets a grouping apart: by how many standard deviations, or of a choice by what share."""

    trait: Trait
    distance: float
    choice: str = ""


@dataclass(frozen=True)
class Grouping:
    """A grouping: how many, how stable and how far from the others, what sets it apart, and a rule in its place.

    A grouping that is not stable is shown and not proposed as a rule; nor is one that no rule comes near to.
    """

    number: int
    size: int
    jaccard: float
    silhouette: float
    is_stable: bool
    apart: tuple[Distinct, ...]
    proposal: Proposal | None


@dataclass(frozen=True)
class Tried:
    """A count of groupings that was tried: the least and mean stability, and the mean silhouette."""

    least_jaccard: float
    mean_jaccard: float
    silhouette: float


@dataclass(frozen=True)
class Discovery:
    """What was found: `labels` are groupings by row of the panel, -1 for who has not bought.

    `cannot_tell` says why nothing is proposed, and then there may still be groupings to look at.
    """

    customers: int
    seed: int
    groupings: tuple[Grouping, ...] = ()
    tried: Mapping[int, Tried] = field(default_factory=dict)
    labels: Whole = field(default_factory=lambda: np.empty(0, np.int64))
    cannot_tell: str | None = None


@dataclass(frozen=True)
class _Parted:
    """A parting of the sample: centers, a label of each row, the stability of each grouping."""

    centers: Floats
    labels: Whole
    jaccards: tuple[float, ...]
    silhouettes: Floats

    def tried(self) -> Tried:
        """Its figures, groupings weighing by their size."""
        sizes = np.bincount(self.labels, minlength=len(self.jaccards))
        mean = float((np.array(self.jaccards) * sizes).sum() / sizes.sum())
        return Tried(min(self.jaccards), round(mean, 4), round(float(self.silhouettes.mean()), 4))


def discover(
    panel: Panel, seed: int = 0, counts: Sequence[int] = COUNTS, tell: Tell = lambda done, total: None
) -> Discovery:
    """The groupings of those who bought, in as many as are stable; the same for the same seed.

    `tell` hears how many counts of groupings have been tried, of how many.
    """
    rows = np.flatnonzero(panel.bought)
    if rows.size < LEAST:
        return Discovery(
            rows.size, seed, cannot_tell=f"{rows.size} customers have bought: too few, under {LEAST}."
        )
    matrix, widths = _matrix(panel, rows)
    if matrix.shape[1] == 0:
        return Discovery(rows.size, seed, cannot_tell="Nothing is known by which customers differ.")
    step = max(-(-rows.size // _SAMPLE), 1)
    sample = matrix[::step]
    # As many groupings as there are different rows would all be stable, and say nothing.
    most = min(len(sample) // SMALLEST, len(np.unique(sample, axis=0)) - 1)
    tries = [count for count in counts if count <= most]
    parted = {}
    for number, count in enumerate(tries):
        tell(number, len(tries))
        parted[count] = _parted(sample, count, seed)
    if not parted:
        return Discovery(rows.size, seed, cannot_tell="Nothing is known by which customers differ.")
    tried = {count: one.tried() for count, one in parted.items()}
    best = _chosen(tried)
    tell(len(tries), len(tries))
    closer = _closer_than_shuffled(sample, widths, best, seed)
    labels = np.full(len(panel.customers), -1, dtype=np.int64)
    labels[rows] = _nearest(matrix, parted[best].centers)
    groupings = tuple(_grouping(panel, labels, number, parted[best], closer, seed) for number in range(best))
    return Discovery(rows.size, seed, groupings, tried, labels, _why_not(groupings, closer))


def _chosen(tried: Mapping[int, Tried]) -> int:
    """The most groupings that are all highly stable, else stable ones that lie furthest apart, else the most stable."""
    highly = [count for count, one in tried.items() if one.least_jaccard >= HIGHLY]
    if highly:
        return max(highly)
    stable = [count for count, one in tried.items() if one.least_jaccard >= STABLE]
    if stable:
        return max(stable, key=lambda count: (tried[count].silhouette, -count))
    return max(tried, key=lambda count: (tried[count].mean_jaccard, -count))


def _why_not(groupings: Sequence[Grouping], closer: bool) -> str | None:
    if not closer:
        return "Nothing stable: what customers buy and are goes together no more than by chance."
    if not any(grouping.is_stable for grouping in groupings):
        return "Nothing stable: other customers of the same kind would be parted otherwise."
    return None


def _matrix(panel: Panel, rows: Whole) -> tuple[Floats, list[int]]:
    """The features as numbers, the unknown as a column of its own, and how many columns each feature has.

    Shares, measures and facts weigh the same.
    """
    families: dict[str, list[list[Floats]]] = {}
    for column in panel.columns.values():
        families.setdefault(column.kind, []).append(_numbers(column, rows))
    parts, widths = [np.empty((rows.size, 0))], []
    for features in families.values():
        columns = [one for feature in features for one in feature]
        family = np.column_stack(columns) if columns else np.empty((rows.size, 0))
        spread = float(family.var(axis=0).sum())
        if spread > 0:
            parts.append((family - family.mean(axis=0)) / np.sqrt(spread))
            widths += [len(feature) for feature in features]
    # Rounded, so that no sum of another order of rows makes another number.
    return np.asarray(np.round(np.column_stack(parts), 9), dtype=np.float64), widths


def _numbers(column: Column, rows: Whole) -> list[Floats]:
    if column.codes is not None:
        codes = column.codes[rows]
        return [(codes == code).astype(np.float64) for code in range(-1, len(column.choices))]
    assert column.numbers is not None
    numbers = column.numbers[rows]
    known = ~np.isnan(numbers)
    if not known.any():
        return []
    # Amounts and counts have long tails: a few of the largest would be all the groupings.
    # A share is below zero where more came back than was bought.
    made = (
        np.sqrt(np.maximum(numbers, 0))
        if column.kind == "share"
        else np.sign(numbers) * np.log1p(np.abs(numbers))
    )
    made = np.where(known, made, made[known].mean())
    if column.kind != "share" and made.std() > 0:
        made = (made - made.mean()) / made.std()
    return [made] if known.all() else [made, (~known).astype(np.float64)]


def _fit(matrix: Floats, count: int, seed: int, starts: int = _STARTS) -> tuple[Floats, Whole, float]:
    """k-means on one thread: with more, sums differ in the last digit, and with them who is where."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1), warnings.catch_warnings():
        # A bootstrap sample can have fewer different rows than groupings are asked for; then it has fewer groupings.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = KMeans(count, n_init=starts, random_state=seed).fit(matrix)
    order = np.argsort(-np.bincount(model.labels_, minlength=count), kind="stable")
    centers = np.asarray(model.cluster_centers_[order], dtype=np.float64)
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    return centers, rank[model.labels_], float(model.inertia_)


def _nearest(matrix: Floats, centers: Floats) -> Whole:
    distances = np.column_stack([((matrix - center) ** 2).sum(axis=1) for center in centers])
    return np.asarray(np.round(distances, 12).argmin(axis=1), dtype=np.int64)


def _parted(sample: Floats, count: int, seed: int) -> _Parted:
    from sklearn.metrics import silhouette_samples
    from threadpoolctl import threadpool_limits

    centers, _, _ = _fit(sample, count, seed)
    labels = _nearest(sample, centers)
    rng = np.random.default_rng([seed, count])
    likeness = np.zeros(count)
    for draw in range(_BOOTSTRAPS):
        drawn = np.unique(rng.integers(0, len(sample), len(sample)))
        _, again, _ = _fit(sample[drawn], count, seed + draw, starts=2)
        likeness += _jaccards(labels[drawn], again, count)
    few = slice(None, None, max(len(sample) // 2_000, 1))
    with threadpool_limits(1):
        parts = len(np.unique(labels[few]))
        silhouettes = silhouette_samples(sample[few], labels[few]) if parts > 1 else np.zeros(1)
    full = np.array(
        [silhouettes[labels[few] == one].mean() if (labels[few] == one).any() else 0 for one in range(count)]
    )
    return _Parted(centers, labels, tuple(float(one) for one in np.round(likeness / _BOOTSTRAPS, 4)), full)


def _jaccards(labels: Whole, again: Whole, count: int) -> Floats:
    """Of each grouping the Jaccard likeness to the nearest of another parting of the same rows."""
    both = np.zeros((count, count))
    np.add.at(both, (labels, again), 1)
    union = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    return np.asarray((both / np.maximum(union, 1)).max(axis=1), dtype=np.float64)


def _closer_than_shuffled(sample: Floats, widths: Sequence[int], count: int, seed: int) -> bool:
    """Whether the groupings are closer than those of shuffled features, by the spread that is left within them."""
    rng = np.random.default_rng([seed, 99])
    within = _fit(sample, count, seed)[2]
    features = np.split(sample, np.cumsum(widths)[:-1], axis=1)
    shuffled = [
        _fit(np.column_stack([rng.permutation(feature) for feature in features]), count, seed, starts=3)[2]
        for _ in range(_SHUFFLES)
    ]
    return within < _CLOSER * min(shuffled)


def _grouping(panel: Panel, labels: Whole, number: int, parted: _Parted, closer: bool, seed: int) -> Grouping:
    belongs = labels == number
    stable = closer and parted.jaccards[number] >= STABLE and int(belongs.sum()) >= SMALLEST
    return Grouping(
        number,
        int(belongs.sum()),
        parted.jaccards[number],
        round(float(parted.silhouettes[number]), 4),
        stable,
        _apart(panel, belongs, (labels >= 0) & ~belongs),
        propose(panel, belongs, seed) if stable else None,
    )


def _apart(
    panel: Panel, here: NDArray[np.bool_], there: NDArray[np.bool_], most: int = 5
) -> tuple[Distinct, ...]:
    """What sets a grouping apart, the most distinct first."""
    found = [
        Distinct(trait(column, here, there, SMALLEST), *_distance(column, here, there))
        for column in panel.columns.values()
    ]
    found.sort(key=lambda one: (-abs(one.distance), one.trait.feature))
    return tuple(one for one in found[:most] if one.distance)


def _distance(column: Column, here: NDArray[np.bool_], there: NDArray[np.bool_]) -> tuple[float, str]:
    """By how much a feature differs: numbers in standard deviations, of choices the one that differs most in share."""
    mine, others = column.known() & here, column.known() & there
    if not mine.any() or not others.any():
        return 0.0, ""
    if column.numbers is not None:
        spread = float(column.numbers[mine | others].std())
        gap = float(column.numbers[mine].mean() - column.numbers[others].mean())
        return (round(gap / spread, 4) if spread else 0.0), ""
    assert column.codes is not None
    shares = [
        np.bincount(column.codes[who], minlength=len(column.choices)) / who.sum() for who in (mine, others)
    ]
    gaps = shares[0] - shares[1]
    most = int(np.abs(np.round(gaps, 9)).argmax())
    return round(float(gaps[most]), 4), column.choices[most]
