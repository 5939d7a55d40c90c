"""Reads about schemes by rules: those in force, who manages which segment, and what uses a class or a place."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from django.db.models import Count

from sterna.desk.customers.queries import classes
from sterna.desk.customers.queries.taxonomy import Use
from sterna.desk.segments.models import Definition, Membership, Steward
from sterna.desk.segments.queries import SCHEME
from sterna.desk.segments.tier_queries import retired
from sterna.desk.users.models import User
from sterna.engine.rules import InPlace, Rule, facts_in, leaves, sentence
from sterna.engine.segments.ruled import SEGMENTS, STAGES, Ruled, read_ruled, rules_of
from sterna.engine.value.catalogue import BY_NAME

KINDS = (SEGMENTS, STAGES)
# Every kind of definition that customers have a place in: their names share one space, as memberships know no kind.
PLACED = (SCHEME, "groups", *KINDS)


def ruled_in_force() -> list[Definition]:
    """The newest version of every scheme by rules that is not retired, segments before stages, the first one first."""
    found = Definition.objects.filter(kind__in=KINDS).order_by("version")
    newest, gone = {one.name: one for one in found}, retired()
    first = Definition.objects.filter(kind__in=KINDS, version=1).order_by("kind", "created_at", "pk")
    return [newest[name] for name in first.values_list("name", flat=True) if name not in gone]


def primary() -> Definition | None:
    """The scheme of segments whose managers own the customers: the first one that was published."""
    return next((one for one in ruled_in_force() if one.kind == SEGMENTS), None)


def scheme_of(definition: Definition) -> Ruled:
    """The scheme that a definition holds."""
    return read_ruled(definition.body)


def managers(scheme: str) -> dict[str, User]:
    """Who manages each segment of a scheme now, by the segment's name."""
    found = Steward.objects.filter(scheme=scheme, until=None).select_related("manager")
    return {one.place: one.manager for one in found}


def owner_of(customer: UUID) -> User | None:
    """Who answers for a customer: the manager of the segment of the primary scheme where the customer stands."""
    scheme = primary()
    if scheme is None:
        return None
    stay = Membership.objects.filter(customer=customer, scheme=scheme.name, during__upper_inf=True).first()
    return managers(scheme.name).get(stay.place) if stay else None


def headcounts(scheme: str) -> dict[str, int]:
    """How many customers stand in each place of a scheme now."""
    found = Membership.objects.filter(scheme=scheme, during__upper_inf=True).values_list("place")
    return dict(found.annotate(customers=Count("pk")).order_by())


def said(rule: Rule) -> str:
    """The rule in plain English, with the titles of classes and measures."""
    tree = classes()

    def class_title(name: str) -> str:
        return tree.at(name).title if name in tree else name

    def measure_title(name: str) -> str:
        return BY_NAME[name].title.lower() if name in BY_NAME else name

    return sentence(rule, class_title, measure_title)


def places_by_scheme() -> Mapping[str, list[str]]:
    """The places of every scheme that a rule can ask for, of its newest version."""
    newest = {one.name: one for one in Definition.objects.filter(kind__in=PLACED).order_by("version")}
    return {name: _places(one) for name, one in sorted(newest.items())}


def _places(definition: Definition) -> list[str]:
    if definition.kind in KINDS:
        scheme = scheme_of(definition)
        return [*scheme.places, *(["none"] if scheme.kind == STAGES else [])]
    if definition.kind == SCHEME:
        return [*(band["place"] for band in definition.body["bands"]), "none"]
    return ["A", "B", "C"]


def users_of_classes() -> Iterator[Use]:
    """The classes that segments and stages ask for: without the facts nobody would be placed by them."""
    for definition in ruled_in_force():
        scheme = scheme_of(definition)
        named = managers(scheme.name)
        for seat in scheme.seats:
            owner = named[seat.place].name if seat.place in named else ""
            rules = [rule for rule in (seat.enter, seat.leave) if rule is not None]
            for name in sorted({leaf.fact_class for rule in rules for leaf in facts_in(rule)}):
                yield Use(name, scheme.kind.removesuffix("s"), f"{seat.place} of {scheme.name}", owner, 0.5)


def users_of_scheme(name: str) -> list[str]:
    """Which places of other schemes in force ask where a customer stands in a scheme: it cannot go while they do."""
    return [
        f"{seat.place} of {scheme.name}"
        for scheme in map(scheme_of, ruled_in_force())
        if scheme.name != name
        for seat in scheme.seats
        if any(
            isinstance(leaf, InPlace) and leaf.scheme == name
            for rule in (seat.enter, seat.leave)
            if rule is not None
            for leaf in leaves(rule)
        )
    ]


def strange(scheme: Ruled) -> Iterator[str]:
    """What the rules of a scheme ask for and nobody here can know: classes, schemes and places that there are not."""
    tree, places = classes(), places_by_scheme()
    for rule in rules_of(scheme):
        for leaf in leaves(rule):
            if isinstance(leaf, InPlace):
                known = places.get(leaf.scheme)
                if known is None:
                    yield f"there is no scheme {leaf.scheme}"
                else:
                    yield from (f"{leaf.scheme} has no place {one}" for one in leaf.among if one not in known)
        yield from (
            f"the taxonomy has no class {leaf.fact_class}"
            for leaf in facts_in(rule)
            if leaf.fact_class not in tree
        )
