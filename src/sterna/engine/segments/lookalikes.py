"""Who is like the customers of a list: what sets the list apart, and everybody else by likeness, with reasons.

Each feature is cut into parts of equal size or values, the unknown as one of its own, and coded by its weight of
evidence: the log of how much more frequent it is on the list than elsewhere (I. J. Good, "Probability and the
Weighing of Evidence", 1950). A logistic regression on these weights, as in credit scoring (N. Siddiqi, "Credit Risk
Scorecards", 2006), keeps features that tell the same from counting twice. Who is not on the list is no counterexample,
yet the order by the chance of being on it is the order by the chance of being like it (C. Elkan, K. Noto, "Learning
Classifiers from Only Positive and Unlabeled Data", KDD 2008).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5

import numpy as np
from numpy.typing import NDArray

from sterna.engine.errors import BadInput
from sterna.engine.segments.features import Column, Floats, Panel, Whole
from sterna.engine.segments.traits import Trait, trait

MEASURES = (
    *("spend", "orders", "order_frequency", "recency_days", "tenure_days", "breadth", "category_entropy"),
    *("alive", "expected_order_value", "headroom", "contacts_in", "newcomers", "top_category"),
)
LEAST = 20  # customers of a list; of fewer nothing is told
APART = (
    0.6  # of a random pair, one on the list and one not, the share that is told rightly; less says nothing
)
_PARTS = (5, 20)  # a measure is cut into one part for every 20 of the list, in fifths at least
_SMOOTH = 0.5  # a customer's half, so that a value that nobody on the list has is weak evidence and not proof
_WEAK = 0.02  # the information value below which a feature tells nothing (Siddiqi 2006)
_SAMPLE = 20_000  # others that the regression is fitted on, evenly over all; everybody is weighed and ranked
_DIGITS = 6  # of coefficients and likeness: sums by other threads differ further behind


@dataclass(frozen=True)
class Reason:
    """What speaks for a customer's likeness (`weight` above 0) or against: the feature and the part they fall in."""

    feature: str
    value: str
    weight: float


@dataclass(frozen=True)
class Alike:
    """A customer with the likeness from 0 to 1; at 0.5 they are as like the list as like the others."""

    customer: str
    likeness: float
    speaks_for: tuple[Reason, ...]
    speaks_against: tuple[Reason, ...]


@dataclass(frozen=True)
class Ranking:
    """Everybody of one kind by likeness, or why nothing can be told. `apart` is the part of pairs told rightly.

    `features` are those that count, with their coefficients; `unused` says of each other one why not.
    """

    people: tuple[Alike, ...] = ()
    among: int = 0
    apart: float | None = None
    features: Mapping[str, float] | None = None
    unused: dict[str, str] | None = None
    cannot_tell: str | None = None


@dataclass(frozen=True)
class Lookalikes:
    """The profile of a list beside everybody else, and who is like it among customers and among prospects."""

    members: int
    profile: tuple[Trait, ...]
    customers: Ranking
    prospects: Ranking


@dataclass(frozen=True)
class _Coded:
    """A feature cut into parts: `codes` of everybody, with the unknown last, and the words of each part."""

    name: str
    codes: Whole
    words: tuple[str, ...]
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class _Card:
    """A fitted scorecard: what each part of each feature adds."""

    points: Mapping[str, Floats]
    coefficients: Mapping[str, float]
    intercept: float
    unused: Mapping[str, str]


def find(
    panel: Panel, members: Collection[str], drop: Collection[str] = (), most: int = 100, least: int = LEAST
) -> Lookalikes:
    """Who is most like `members`: up to `most` customers who have bought, and as many who have not.

    `drop` are features to leave out. Prospects are ranked by facts alone, for of purchases they have none. Raises
    BadInput for members or features that there are not.
    """
    on_list = np.isin(np.array(panel.customers), sorted(members))
    unknown = len(set(members)) - int(on_list.sum())
    strange = sorted(set(drop) - set(panel.columns))
    if unknown or strange:
        said = (
            f"{unknown} of the list are no customers of this run" if unknown else f"no feature {strange[0]}"
        )
        raise BadInput(f"likeness cannot be told: {said}")
    columns = [column for name, column in panel.columns.items() if name not in drop]
    facts = [column for column in columns if column.kind == "fact"]
    among = on_list | panel.bought
    return Lookalikes(
        int(on_list.sum()),
        tuple(trait(column, on_list, among & ~on_list, least) for column in columns),
        _rank(panel, columns, on_list, among, ~on_list & panel.bought, most, least),
        _rank(panel, facts, on_list, np.ones_like(on_list), ~on_list & ~panel.bought, most, least),
    )


def _rank(
    panel: Panel,
    columns: Sequence[Column],
    on_list: NDArray[np.bool_],
    among: NDArray[np.bool_],
    asked: NDArray[np.bool_],
    most: int,
    least: int,
) -> Ranking:
    """Those `asked` by likeness to the list, as told apart from the others `among` whom it stands."""
    parts = int(np.clip(on_list.sum() // 20, *_PARTS))
    coded = [_coded(column, among, parts) for column in columns]
    unused = {name: why for one in coded for name, why in _useless(one, on_list, among, least)}
    usable = [one for one in coded if one.name not in unused]
    count, why = int(asked.sum()), None
    if on_list.sum() < least:
        why = f"The list has {int(on_list.sum())} customers; of fewer than {least} nothing can be told."
    elif not usable:
        why = "In nothing that is known of enough of them does the list differ from the others."
    elif count == 0:
        why = "There is nobody to compare with the list."
    elif (among & ~on_list).sum() < least:
        why = "There are too few others to tell the list apart from."
    if why:
        return Ranking(among=count, unused=unused, cannot_tell=why)
    apart = _apart(panel, usable, on_list, among)
    if apart < APART:
        why = f"By what is known the list is hardly told apart from the others: {apart:.0%} of pairs, by chance 50 %."
        return Ranking(among=count, apart=apart, unused=unused, cannot_tell=why)
    card = _fitted(usable, on_list, among)
    people = _first(panel, usable, card, asked, most)
    return Ranking(people, count, apart, card.coefficients, {**unused, **card.unused})


def _useless(
    one: _Coded, on_list: NDArray[np.bool_], among: NDArray[np.bool_], least: int
) -> Iterator[tuple[str, str]]:
    """Why a feature tells nothing, if it does not: known of too few, or as far from the others as chance takes it."""
    from scipy.special import chdtri

    if (one.known & on_list).sum() < least:
        yield one.name, f"known of fewer than {least} on the list"
        return
    here, there = _counts(one, on_list, among)
    information = float(((here / here.sum() - there / there.sum()) * _evidence(one, on_list, among)).sum())
    # Where there is no difference, the information value of so many parts is larger once in a hundred times.
    parts = int(((here + there) > 2 * _SMOOTH).sum())
    chance = float(chdtri(max(parts - 1, 1), 0.01)) * (1 / here.sum() + 1 / there.sum())
    if information < max(_WEAK, chance):
        yield one.name, "hardly differs between the list and the others"


def _coded(column: Column, among: NDArray[np.bool_], parts: int) -> _Coded:
    if column.codes is not None:
        codes = np.where(column.codes < 0, len(column.choices), column.codes)
        return _Coded(column.name, codes, (*column.choices, "unknown"), column.known())
    assert column.numbers is not None
    known = column.known()
    here = column.numbers[known & among]
    # Edges are figures that somebody has, so that ties stay together.
    shares = np.arange(1, parts) / parts
    edges = np.unique(np.quantile(here, shares, method="inverted_cdf")) if here.size else np.empty(0)
    codes = np.searchsorted(edges, np.nan_to_num(column.numbers), side="left")
    words = [_between(low, high) for low, high in zip([None, *edges], [*edges, None], strict=True)]
    return _Coded(column.name, np.where(known, codes, len(words)), (*words, "unknown"), known)


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return "of any size" if high is None else f"up to {_figure(high)}"
    return f"above {_figure(low)}" if high is None else f"above {_figure(low)} up to {_figure(high)}"


def _figure(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:,.3g}"


def _counts(one: _Coded, on_list: NDArray[np.bool_], among: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """How many of the list and of the others fall into each part, and a half each."""
    parts = len(one.words)
    here = np.bincount(one.codes[on_list & among], minlength=parts).astype(np.float64)
    there = np.bincount(one.codes[among & ~on_list], minlength=parts).astype(np.float64)
    return here + _SMOOTH, there + _SMOOTH


def _evidence(one: _Coded, on_list: NDArray[np.bool_], among: NDArray[np.bool_]) -> Floats:
    """The weight of evidence of each part of a feature."""
    here, there = _counts(one, on_list, among)
    return np.asarray(np.log(here / here.sum()) - np.log(there / there.sum()), dtype=np.float64)


def _fitted(coded: Sequence[_Coded], on_list: NDArray[np.bool_], among: NDArray[np.bool_]) -> _Card:
    """The scorecard; a feature that would count against its own evidence tells nothing beside the others and goes."""
    # It takes seconds to import, and no run needs it.
    from sklearn.linear_model import LogisticRegression

    evidence = {one.name: _evidence(one, on_list, among) for one in coded}
    rows = _sampled(on_list, among)
    left, unused = list(coded), dict[str, str]()
    while True:
        matrix = np.column_stack([evidence[one.name][one.codes[rows]] for one in left])
        model = LogisticRegression(class_weight="balanced", solver="newton-cholesky", tol=1e-10, max_iter=200)
        model.fit(matrix, on_list[rows])
        found = np.round(model.coef_[0], _DIGITS)
        against = [one.name for one, weight in zip(left, found, strict=True) if weight <= 0]
        if not against or len(against) == len(left):
            break
        unused |= dict.fromkeys(against, "says nothing beside the other features")
        left = [one for one in left if one.name not in against]
    coefficients = {one.name: float(weight) for one, weight in zip(left, found, strict=True)}
    points = {name: evidence[name] * weight for name, weight in coefficients.items()}
    return _Card(points, coefficients, float(np.round(model.intercept_[0], _DIGITS)), unused)


def _sampled(on_list: NDArray[np.bool_], among: NDArray[np.bool_]) -> Whole:
    """The rows of the list, and of the others every so many in the order of their ids."""
    others = np.flatnonzero(among & ~on_list)
    step = max(-(-others.size // _SAMPLE), 1)
    return np.sort(np.concatenate([np.flatnonzero(on_list & among), others[::step]]))


def _scores(coded: Sequence[_Coded], card: _Card) -> Floats:
    """The likeness of everybody, added up feature by feature in one order."""
    total = np.full(coded[0].codes.size, card.intercept)
    for one in coded:
        if one.name in card.points:
            total += card.points[one.name][one.codes]
    return np.asarray(np.round(1 / (1 + np.exp(-total)), _DIGITS), dtype=np.float64)


def _apart(
    panel: Panel, coded: Sequence[_Coded], on_list: NDArray[np.bool_], among: NDArray[np.bool_]
) -> float:
    """The share of pairs told rightly by a card fitted on the other half of the customers, halved by their ids."""
    from sklearn.metrics import roc_auc_score

    half = np.array(
        [md5(one.encode(), usedforsecurity=False).digest()[0] % 2 == 0 for one in panel.customers]
    )
    found = []
    for here in (half, ~half):
        if not (on_list & here).any() or not (on_list & ~here).any():
            return 0.0
        scores = _scores(coded, _fitted(coded, on_list, among & here))
        there = among & ~here
        found.append(roc_auc_score(on_list[there], scores[there]))
    return round(float(sum(found) / 2), 3)


def _first(
    panel: Panel, coded: Sequence[_Coded], card: _Card, asked: NDArray[np.bool_], most: int
) -> tuple[Alike, ...]:
    """The `most` alike of those asked, ties in the order of their ids, with what speaks for and against each."""
    scores = _scores(coded, card)
    rows = np.flatnonzero(asked)
    order = rows[np.argsort(-scores[rows], kind="stable")][:most]
    return tuple(
        Alike(panel.customers[row], float(scores[row]), *_reasons(coded, card, row)) for row in order
    )


def _reasons(coded: Sequence[_Coded], card: _Card, row: int) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """The three features that speak most for a customer's likeness, and the two that speak most against."""
    found = [
        Reason(one.name, one.words[one.codes[row]], round(float(card.points[one.name][one.codes[row]]), 3))
        for one in coded
        if one.name in card.points
    ]
    found.sort(key=lambda reason: (-reason.weight, reason.feature))
    above = [reason for reason in found if reason.weight > 0]
    below = [reason for reason in reversed(found) if reason.weight < 0]
    return tuple(above[:3]), tuple(below[:2])
