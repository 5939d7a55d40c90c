"""Value tiers as half-open bands of money: their definition, what is wrong with one, and how edges are cut."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from math import ceil, fsum
from typing import Any

import msgspec

from sterna.engine.errors import BadInput
from sterna.engine.money import CENT, LARGEST, require_currency
from sterna.engine.segments.holding import Holding, holding_problems

NOT_BANDS = ("none", "new")  # places that every scheme has beside its bands


class Band(msgspec.Struct, frozen=True):
    """One tier: amounts from `low` (included) to `high` (excluded; None when open). Rank 1 is the lowest."""

    place: str
    rank: int
    low: Decimal
    high: Decimal | None = None


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """The definition of a tier scheme: bands of `measure` in `currency` over `window_months` calendar months.

    A measure is a column of `values`, or `fact:CLASS`, the customer's current number of that class. `cut` says how
    the edges were found, for whoever asks; nothing computes with it. A run that would move more than `change_limit`
    of the members, a share, moves nobody before a person has looked; None is no limit.
    """

    name: str
    measure: str = "spend"
    currency: str
    window_months: int
    bands: tuple[Band, ...]
    cut: dict[str, str] = {}
    holding: Holding = Holding()
    change_limit: Decimal | None = None


def scheme_body(scheme: Scheme) -> dict[str, Any]:
    """The scheme as JSON; terms that are off are left out, so that it reads as before there were any."""
    body: dict[str, Any] = msgspec.to_builtins(scheme)
    if scheme.holding == Holding():
        del body["holding"]
    if scheme.change_limit is None:
        del body["change_limit"]
    return body


def scheme_of(body: dict[str, Any]) -> Scheme:
    """The scheme that `scheme_body` wrote."""
    return msgspec.convert(body, Scheme)


def check_scheme(scheme: Scheme) -> None:
    """Raises BadInput naming everything that keeps `scheme` from placing each amount exactly once."""
    problems = list(_problems(scheme))
    if problems:
        raise BadInput(f"scheme {scheme.name}: {'; '.join(problems)}")


def _problems(scheme: Scheme) -> Iterator[str]:
    bands = sorted(scheme.bands, key=lambda band: band.rank)
    if not bands:
        yield "it has no bands"
        return
    require_currency(scheme.currency)
    if scheme.window_months < 1:
        yield f"its window is {scheme.window_months} months, at least 1 is needed"
    yield from holding_problems(scheme.holding)
    yield from limit_problems(scheme.change_limit)
    yield from _naming(bands)
    unusable = [problem for band in bands for problem in _unusable(band, scheme.currency)]
    if unusable:
        yield from unusable
        return
    for band in bands:
        yield from _amounts(band, scheme.currency)
    for lower, upper in pairwise(bands):
        yield from _seam(lower, upper, scheme.currency)
    if bands[-1].high is not None:
        yield f"the highest band, {bands[-1].place}, ends at {bands[-1].high} {scheme.currency}; leave it open"


def limit_problems(limit: Decimal | None) -> Iterator[str]:
    """What is wrong with the share of the members that a run may move."""
    if limit is not None and not (limit.is_finite() and 0 < limit <= 1):
        yield f"its limit of changes is {limit}: a share of the members above 0, at most 1"


def _naming(bands: Sequence[Band]) -> Iterator[str]:
    for what in ("place", "rank"):
        counts = Counter(getattr(band, what) for band in bands)
        yield from (f"two bands have the {what} {value}" for value, count in counts.items() if count > 1)
    for band in bands:
        if band.place in NOT_BANDS or not band.place.strip():
            yield f"a band cannot be called {band.place!r}"
        if band.rank < 1:
            yield f"{band.place} has the rank {band.rank}, the lowest is 1"


def _unusable(band: Band, currency: str) -> Iterator[str]:
    """Edges that no amount of money can have; they cannot even be compared with others."""
    for amount in (band.low, band.high):
        if amount is not None and not (amount.is_finite() and abs(amount) <= LARGEST):
            yield f"{band.place} has the edge {amount} {currency}, which is outside what an amount can be"


def _amounts(band: Band, currency: str) -> Iterator[str]:
    for amount in (band.low, band.high):
        if amount is not None and amount != amount.quantize(CENT):
            yield f"{band.place} has the edge {amount} {currency}, which is no whole cent"
    if band.high is not None and band.high <= band.low:
        yield f"{band.place} is empty: it goes from {band.low} up to but without {band.high} {currency}"


def _seam(lower: Band, upper: Band, currency: str) -> Iterator[str]:
    pair = f"between {lower.place} and {upper.place}"
    if lower.high is None:
        yield f"overlap {pair}: {lower.place} has no upper edge, {upper.place} starts at {upper.low} {currency}"
    elif lower.high < upper.low:
        yield f"gap {pair}: from {lower.high} up to but without {upper.low} {currency}"
    elif lower.high > upper.low:
        yield f"overlap {pair}: from {upper.low} up to but without {lower.high} {currency}"


def cut_bands(
    values: Sequence[Decimal], shares: Sequence[float], names: Sequence[str], currency: str
) -> tuple[Band, ...]:
    """Bands, lowest first, that hold about `shares` of the positive `values`.

    An edge is an amount that somebody had: with n positive values in ascending order, the band after a
    cumulated share s starts at the value of rank ceil(s x n) + 1 (the "inverse distribution function" rule,
    type 1 of R. J. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", 1996, one rank further), to
    the cent. The lowest band starts at one cent. Raises BadInput when two edges fall together.
    """
    positive = sorted(value.quantize(CENT) for value in values if value > 0)
    whole = abs(fsum(shares) - 1) <= 1e-9 and all(share > 0 for share in shares)
    if len(shares) != len(names) or not whole:
        raise BadInput(f"{len(names)} names need as many shares above 0 that sum to 1, not {list(shares)}")
    if len(positive) < len(names):
        raise BadInput(f"{len(positive)} customers with spend are too few for {len(names)} bands")
    # Rounded first: .4 + .3 in binary must not push an exact rank one further.
    cumulated = [round(fsum(shares[: index + 1]) * len(positive), 9) for index in range(len(shares) - 1)]
    lows = [CENT, *(positive[min(ceil(at), len(positive) - 1)] for at in cumulated)]
    for (name, low), (upper, high) in pairwise(zip(names, lows, strict=True)):
        if high <= low:
            raise BadInput(f"{name} and {upper} both start at {low} {currency}: cut fewer bands")
    highs = [*lows[1:], None]
    rows = enumerate(zip(names, lows, highs, strict=True), start=1)
    return tuple(Band(name, rank, low, high) for rank, (name, low, high) in rows)
