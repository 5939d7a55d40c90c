"""Follows the rules from a customer's facts to all that can be inferred, each rule once, in the order of the book."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import msgspec

from sterna.engine.profiles.inference.book import InferenceRule, RuleBook, in_order
from sterna.engine.profiles.inference.standing import Statement, current, ranked
from sterna.engine.rules import AnyOf, HasFact, Not, Person, Rule, facts_in, holds, matching, parts
from sterna.engine.taxonomy import Tree

Standing = Sequence[Statement]


class Inferred(msgspec.Struct, frozen=True):
    """What a rule makes of facts: a class and value with a confidence, and the facts it rests on.

    `because` holds the keys of statements; what rests on an inference names its rule as ("rule", id).
    """

    rule: str
    fact_class: str
    value: str
    purpose: str
    confidence: float
    observed_on: date
    expires_on: date | None
    because: tuple[object, ...]


class Support(NamedTuple):
    """The facts by which a rule holds and how sure they make it: all of an `all`, the surest of an `any`."""

    facts: tuple[Statement, ...]
    confidence: float


def follow(book: RuleBook, classes: Tree, statements: Iterable[Statement], on: date) -> list[Inferred]:
    """All that follows `on` a day from what was said, in the order of the rules.

    Each rule sees the facts that stand for their class once everything it reads was inferred: the rules have an order
    without loops, so one pass reaches the fixpoint, and the order of `statements` does not matter. `book` must have
    passed `check_rules`.
    """
    standing = current(statements, on)
    stated = dict(standing)
    rules, above = _prepared(book, classes)
    reached = {name for each in standing for name in above.get(each, ())}
    found: list[Inferred] = []
    for rule, asked in rules:
        # A rule rests on a fact that is there: most customers have none of what most rules ask for.
        if reached.isdisjoint(asked):
            continue
        support = _support(rule.when, list(standing.values()), above, on)
        if support is None or not _adds(rule, classes, stated):
            continue
        one = _inferred(rule, classes, support)
        if one.expires_on is None or one.expires_on > on:
            found.append(one)
            made = _statement(one, support)
            before = standing.get(made.fact_class)
            standing[made.fact_class] = made if before is None else ranked((before, made), on)[0]
            reached |= above[made.fact_class]
    return found


@lru_cache(maxsize=4)
def _prepared(
    book: RuleBook, classes: Tree
) -> tuple[list[tuple[InferenceRule, frozenset[str]]], dict[str, frozenset[str]]]:
    """The rules in order with the classes that each asks for, and each class with those above it.

    The same for every customer of a night.
    """
    above = {name: frozenset((name, *classes.ancestors(name))) for name in classes.ids()}
    asked = [
        (rule, frozenset(leaf.fact_class for leaf in facts_in(rule.when))) for rule in in_order(book, classes)
    ]
    return asked, above


def _adds(rule: InferenceRule, classes: Tree, stated: Mapping[str, Statement]) -> bool:
    """Whether an "at least" says more than the band that somebody said."""
    if rule.then.at_least is None or rule.then.fact_class not in stated:
        return True
    names = [band.name for band in classes.at(rule.then.fact_class).bands]
    stands = stated[rule.then.fact_class].value
    return stands not in names or names.index(stands) < names.index(rule.then.at_least)


def _support(rule: Rule, standing: Standing, above: dict[str, frozenset[str]], on: date) -> Support | None:
    if isinstance(rule, HasFact):
        concerned = [one for one in standing if rule.fact_class in above.get(one.fact_class, ())]
        fitting = [one for one in concerned if any(matching(rule, [one.known()], above, on))]
        return max((Support((one,), one.confidence) for one in fitting), key=_strength, default=None)
    if isinstance(rule, Not):
        denied = holds(rule, Person([one.known() for one in standing]), above, on)
        return Support((), 1.0) if denied else None
    each = [_support(part, standing, above, on) for part in parts(rule)]
    there = [support for support in each if support is not None]
    if isinstance(rule, AnyOf):
        return max(there, key=_strength, default=None)
    return _together(there) if len(there) == len(each) else None


def _together(supports: Sequence[Support]) -> Support:
    """As sure as the least sure of its parts."""
    facts = dict.fromkeys(fact for support in supports for fact in support.facts)
    return Support(tuple(facts), min(support.confidence for support in supports))


def _strength(support: Support) -> tuple[object, ...]:
    return support.confidence, [
        (one.observed_on, one.recorded_at, one.fact_class, one.value, str(one.key)) for one in support.facts
    ]


def _inferred(rule: InferenceRule, classes: Tree, support: Support) -> Inferred:
    then = rule.then
    observed_on = max(one.observed_on for one in support.facts)
    lasts = rule.lasts_days or classes.freshness_days(then.fact_class)
    ends = [one.expires_on for one in support.facts if one.expires_on is not None]
    ends += [observed_on + timedelta(days=lasts)] if lasts else []
    return Inferred(
        rule=rule.id,
        fact_class=then.fact_class,
        value=then.at_least or then.value,
        purpose=rule.purpose,
        confidence=round(rule.sure * support.confidence, 6),
        observed_on=observed_on,
        expires_on=min(ends, default=None),
        because=tuple(sorted({one.key for one in support.facts}, key=str)),
    )


def _statement(one: Inferred, support: Support) -> Statement:
    recorded = max(fact.recorded_at for fact in support.facts)
    key = ("rule", one.rule)
    return Statement(
        key, one.fact_class, one.value, one.observed_on, recorded, one.confidence, one.rule, one.expires_on
    )
