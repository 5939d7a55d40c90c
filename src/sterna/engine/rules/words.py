"""Says a rule as one plain English sentence, and each of its comparisons in a few words."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from sterna.engine.rules.tree import (
    PURCHASE,
    All,
    Behavior,
    Consents,
    HasFact,
    Household,
    Leaf,
    Not,
    Rule,
    Worth,
    parts,
)

Title = Callable[[str], str]
_COUNTED = {
    "days": ("day", "days", "with"),
    "categories": ("category", "categories", "among"),
    "touchpoints": ("touchpoint", "touchpoints", "of"),
}


def sentence(rule: Rule, class_title: Title = str, measure_title: Title = str) -> str:
    """The rule after "customers who", such as "ordered at least 3 times within 90 days and have wine".

    The titles name a class and a measure for people.
    """
    return _Words(class_title, measure_title).say(rule)


class _Words:
    def __init__(self, class_title: Title, measure_title: Title) -> None:
        self._class, self._measure = class_title, measure_title

    def say(self, rule: Rule, inside: bool = False) -> str:
        if isinstance(rule, Leaf):
            return self._leaf(rule)
        if isinstance(rule, Not):
            return f"not ({self.say(rule.of)})"
        if isinstance(rule, Household):
            return f"live with somebody, or are somebody, of whom this holds: {self.say(rule.of, True)}"
        word = " and " if isinstance(rule, All) else " or "
        said = word.join(self.say(part, True) for part in parts(rule))
        return f"({said})" if inside and len(parts(rule)) > 1 else said

    def _leaf(self, leaf: Leaf) -> str:
        if isinstance(leaf, HasFact):
            return self._fact(leaf)
        if isinstance(leaf, Behavior):
            return self._behavior(leaf)
        if isinstance(leaf, Worth):
            return self._worth(leaf)
        if isinstance(leaf, Consents):
            return f"said {leaf.says} to {leaf.purpose} by {leaf.medium}"
        since = f" for {_days(leaf.least_days)} or longer" if leaf.least_days is not None else ""
        return f"stand in {_or(leaf.among)} of {leaf.scheme}{since}"

    def _fact(self, leaf: HasFact) -> str:
        name = self._class(leaf.fact_class)
        said = [f"have {name}" if leaf.finer else f"have {name} itself"]
        if leaf.among:
            said = [f"have {name} {_or(leaf.among)}"]
        said += [_range(leaf.least, leaf.most)] if leaf.least is not None or leaf.most is not None else []
        if leaf.within_days is not None:
            said.append(f"observed within {_days(leaf.within_days)}")
        if leaf.older_than_days is not None:
            said.append(f"observed more than {_days(leaf.older_than_days)} ago")
        if leaf.least_confidence is not None:
            said.append(f"at least {leaf.least_confidence:.0%} sure")
        if leaf.sources:
            said.append(f"said by {_or(leaf.sources)}")
        return ", ".join(said)

    def _worth(self, leaf: Worth) -> str:
        whose = "with the household, " if leaf.household else ""
        name = self._measure(leaf.measure)
        if leaf.change == "relative":
            return f"{whose}have a change of {name} of {_range(leaf.least, leaf.most, percent=True)}"
        change = "a change of " if leaf.change else ""
        return f"{whose}have {change}{name} of {_range(leaf.least, leaf.most)}"

    def _behavior(self, leaf: Behavior) -> str:
        whose = "with the household, " if leaf.household else ""
        where = f" in {leaf.category}" if leaf.category is not None else ""
        where += f" at {leaf.touchpoint}" if leaf.touchpoint is not None else ""
        when = f" within {_days(leaf.within_days)}" if leaf.within_days is not None else ""
        what = "purchases" if leaf.kind == PURCHASE else f"{leaf.kind} events"
        if leaf.of == "times":
            return f"{whose}{_times(leaf, what)}{where}{when}"
        if leaf.of == "amount":
            return f"{whose}bought for {_range(leaf.least, leaf.most)}{where}{when}"
        if leaf.of == "share":
            return f"{whose}bought {_range(leaf.least, leaf.most, percent=True)} of it{where}{when}"
        if leaf.of in ("first", "last"):
            ago = _range(leaf.least, leaf.most)
            return f"{whose}had their {leaf.of} of {what}{where} {ago} {_noun(ago, 'day', 'days')} ago{when}"
        one, several, of = _COUNTED[leaf.of]
        how_many = _range(leaf.least, leaf.most)
        return f"{whose}have {how_many} {_noun(how_many, one, several)} {of} {what}{where}{when}"


def _times(leaf: Behavior, what: str) -> str:
    if leaf.most == 0:
        return f"have no {what}"
    how_many = _range(leaf.least, leaf.most)
    return f"have {how_many} {_noun(how_many, what.removesuffix('s'), what)}"


def _noun(how_many: str, one: str, several: str) -> str:
    return one if how_many.split()[-1] == "1" else several


def _range(least: Decimal | None, most: Decimal | None, percent: bool = False) -> str:
    low, high = (None if bound is None else _figure(bound, percent) for bound in (least, most))
    if low is None:
        return f"at most {high}"
    if high is None:
        return f"at least {low}"
    return f"exactly {low}" if low == high else f"{low} to {high}"


def _figure(figure: Decimal, percent: bool) -> str:
    text = f"{figure * 100 if percent else figure:,f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%" * percent


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _or(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"
