"""A comparison's verdict as a component: the same words and shape on every page."""

from sterna.desk.experiments.models import Comparison
from sterna.desk.web.components import Verdict, VerdictKind
from sterna.desk.web.formats import decimal, signed_percent

WORDS: dict[str, VerdictKind] = {
    "moved": "moved",
    "not moved": "not_moved",
    "cannot tell": "cannot_tell",
    "targeted, not randomized": "targeted",
}


def kind_of(comparison: Comparison) -> VerdictKind:
    """The shape of a verdict; an A/A test has its own, whatever its figures."""
    return "aa" if comparison.design == "A/A" else WORDS[comparison.verdict]


def verdict_of(comparison: Comparison, currency: str) -> Verdict:
    """The verdict with its effect and interval in words."""
    return Verdict(kind_of(comparison), effect_words(comparison, currency), comparison.reason)


def effect_words(comparison: Comparison, currency: str) -> str | None:
    """The effect per customer with its interval, None where there is no figure."""
    if comparison.effect is None or comparison.low is None:
        return None
    relative = "" if comparison.relative is None else f" ({signed_percent(comparison.relative)})"
    words = f"{decimal(comparison.effect, 2)} {currency} a customer{relative}"
    return f"{words}, 95 % interval {span_words(comparison)}"


def span_words(comparison: Comparison) -> str:
    """The interval of the effect, "withheld" where the arms are too small for one."""
    if comparison.low is None or comparison.high is None:
        return "withheld"
    return f"{decimal(comparison.low, 2)} to {decimal(comparison.high, 2)}"
