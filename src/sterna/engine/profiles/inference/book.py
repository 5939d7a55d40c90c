"""The rules of inference as a typed document, their check against a taxonomy, and the order without loops."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sterna.engine.documents import Finding, read_yaml
from sterna.engine.errors import BadInput
from sterna.engine.rules import AnyOf, HasFact, Household, Not, Rule, facts_in, leaves, parts, refuse_unfit
from sterna.engine.taxonomy import Tree, canonical
from sterna.engine.taxonomy.document import Part, Purpose


class Then(Part, frozen=True, kw_only=True, rename={"fact_class": "class"}):
    """What follows: a class with a value, or with the band of money that it is at least."""

    fact_class: str
    value: str = "yes"
    at_least: Annotated[str | None, Meta(description="Infers nothing where this or more is known.")] = None


class InferenceRule(Part, frozen=True, kw_only=True):
    """When something is known, something else follows, so and so sure, and may be used for the purpose."""

    id: Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Annotated[str, Meta(min_length=1, description="The reason as people read it.")]
    when: Rule
    then: Then
    sure: Annotated[
        float, Meta(gt=0, le=1, description="How sure it is where the facts are; theirs is a factor.")
    ]
    purpose: Purpose
    lasts_days: Annotated[int, Meta(gt=0, description="Else as long as the class is fresh.")] | None = None


class RuleBook(Part, frozen=True, kw_only=True, rename={"name": "taxonomy"}):
    """The rules of inference for one taxonomy."""

    name: str
    version: Annotated[int, Meta(ge=1)]
    rules: tuple[InferenceRule, ...] = ()


def load_rules(text: str) -> RuleBook:
    """The rules in the YAML `text`; raises BadInput with the line of the first thing that is wrong."""
    read = read_yaml(text, "book of rules").whole(RuleBook)
    for rule in read.rules:
        try:
            refuse_unfit(rule.when)
            _refuse_other_than_facts(rule.when)
        except BadInput as error:
            raise BadInput(f"rule {rule.id}: {error}") from None
    return read


def _refuse_other_than_facts(rule: Rule) -> None:
    """An inference must be explained by facts that somebody can look at, and hold whichever day it is drawn."""
    if isinstance(rule, Household) or not all(isinstance(leaf, HasFact) for leaf in leaves(rule)):
        raise BadInput("facts follow from facts of the same customer: ask for classes only")
    for part in parts(rule):
        _refuse_other_than_facts(part)


def body(book: RuleBook) -> dict[str, Any]:
    """`book` as plain JSON values."""
    built: dict[str, Any] = msgspec.to_builtins(book, order="sorted")
    return built


def of_body(stored: dict[str, Any]) -> RuleBook:
    """The book of a stored `body`."""
    return msgspec.convert(stored, RuleBook)


def schema() -> dict[str, Any]:
    """The JSON Schema of a book of rules."""
    published = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Sterna inference rules"}
    return {**published, **msgspec.json.schema(RuleBook)}


def reads(book: RuleBook, classes: Tree) -> frozenset[str]:
    """Every class of which a fact can make a rule hold or not."""
    return frozenset(name for rule in book.rules for name in _read(rule, classes))


def in_order(book: RuleBook, classes: Tree) -> list[InferenceRule]:
    """The rules so that each comes after those whose inferences it reads; raises BadInput for a loop, naming it."""
    by_id = {rule.id: rule for rule in book.rules}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for rule in book.rules:
        read = _read(rule, classes)
        sorter.add(rule.id, *(other.id for other in book.rules if other.then.fact_class in read))
    try:
        return [by_id[name] for name in sorter.static_order()]
    except CycleError as error:
        raise BadInput(f"the rules {' > '.join(reversed(error.args[1]))} are a loop") from None


def _read(rule: InferenceRule, classes: Tree) -> set[str]:
    """The classes that a rule reads, with the finer ones that count for them, and its own where it compares bands."""
    read: set[str] = set()
    for leaf in facts_in(rule.when):
        read.add(leaf.fact_class)
        if leaf.finer and leaf.fact_class in classes:
            read.update(classes.descendants(leaf.fact_class))
    return read


def check_rules(book: RuleBook, classes: Tree) -> list[Finding]:
    """What keeps the rules from being followed: orphans, values no class holds, guarded classes, guesses, loops."""
    found: list[Finding] = []
    if book.name != classes.taxonomy.name:
        said = f"the rules are for {book.name}, not for {classes.taxonomy.name}"
        found.append(_error("rules-taxonomy", book.name, said, "use them with their taxonomy"))
    seen: set[str] = set()
    for rule in book.rules:
        if rule.id in seen:
            found.append(_error("rules-twice", rule.id, f"{rule.id} stands twice", "rename one of them"))
        seen.add(rule.id)
        orphaned = list(_orphans(rule, classes))
        found += orphaned or [*_what_follows(rule, classes), *_what_is_read(rule, classes)]
    if not found:
        try:
            in_order(book, classes)
        except BadInput as error:
            found.append(_error("rules-loop", book.name, str(error), "take one of them out"))
    return found


def _orphans(rule: InferenceRule, classes: Tree) -> Iterator[Finding]:
    for name in dict.fromkeys([rule.then.fact_class, *(leaf.fact_class for leaf in facts_in(rule.when))]):
        if name not in classes:
            said = f"rule {rule.id} names {name}, which is no class of the taxonomy"
            yield _error("rules-orphan", rule.id, said, "correct the name, or add the class")


def _what_follows(rule: InferenceRule, classes: Tree) -> Iterator[Finding]:
    name, then = rule.then.fact_class, rule.then
    try:
        canonical(classes.at(name), then.at_least or then.value)
    except BadInput as error:
        yield _error("rules-value", rule.id, f"rule {rule.id}: {error}", "correct the value")
    if then.at_least is not None and classes.at(name).holds != "money band":
        said = f"rule {rule.id} says at least of {name}, which has no bands"
        yield _error("rules-value", rule.id, said, "write `value` instead")
    if classes.is_sensitive(name):
        said = f"rule {rule.id} would infer {name}, which is sensitive ({classes.sensitivity(name)})"
        yield _error(
            "rules-sensitive", rule.id, said, "such a fact is said by the customer or not kept at all"
        )
    if rule.purpose not in classes.purposes(name):
        said = f"rule {rule.id} infers {name} for {rule.purpose}, for which it may not be kept"
        yield _error("rules-purpose", rule.id, said, "name a purpose of the class")


def _what_is_read(rule: InferenceRule, classes: Tree) -> Iterator[Finding]:
    for leaf in facts_in(rule.when):
        name = leaf.fact_class
        if classes.is_sensitive(name) and rule.purpose not in classes.purposes(name):
            said = f"rule {rule.id} would use {name}, which is sensitive, for {rule.purpose}"
            yield _error("rules-sensitive", rule.id, said, f"name a purpose of {name}")
        for value in leaf.among:
            if not _can_hold(leaf, value, classes):
                said = f"rule {rule.id} asks for {name} {value!r}, which it cannot hold"
                yield _error("rules-value", rule.id, said, "correct the value")
    if not _grounded(rule.when):
        said = f"rule {rule.id} can hold for a customer of whom nothing is known"
        yield _error("rules-guess", rule.id, said, "ask for a fact that there is: missing is not no")


def _can_hold(leaf: HasFact, value: str, classes: Tree) -> bool:
    names = [leaf.fact_class, *(classes.descendants(leaf.fact_class) if leaf.finer else ())]
    for name in names:
        try:
            if canonical(classes.at(name), value) == value:
                return True
        except BadInput:
            continue
    return False


def _grounded(rule: Rule) -> bool:
    """Whether the rule holds only where a fact is."""
    if isinstance(rule, HasFact):
        return True
    if isinstance(rule, Not):
        return False
    combine = all if isinstance(rule, AnyOf) else any
    return combine(_grounded(part) for part in parts(rule))


def _error(code: str, where: str, message: str, mend: str) -> Finding:
    return Finding(code, "error", where, None, message, mend)
