"""Publishes what groups A, B and C ask for; who stands where does not change by it."""

import msgspec
from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config.refused import Refused
from sterna.desk.customers.queries import classes
from sterna.desk.segments.actions.definitions import store
from sterna.desk.segments.group_queries import FACT, GROUPS, terms_definition, terms_of
from sterna.desk.segments.models import Definition
from sterna.desk.segments.queries import SCHEME
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine import documents
from sterna.engine.errors import BadInput
from sterna.engine.segments.groups import Terms, Threshold, check_terms
from sterna.engine.value import catalogue

LONGEST_NAME, LONGEST_WORDS = 40, 120
NUMBERS = ("number", "money band")


def read_terms(text: str) -> Terms:
    """The terms in the YAML `text`; raises BadInput with the line of the first thing that is wrong."""
    source = documents.read_yaml(text, "file of groups")
    terms = source.whole(Terms)
    check_terms(terms)
    for number, threshold in enumerate(terms.thresholds):
        if said := _unknown(threshold):
            line = documents.line_of(source.lines, f"thresholds[{number}].measure")
            raise BadInput(f"line {line}: {said}")
    _check_words(terms)
    return terms


@transaction.atomic
def publish_terms(text: str, actor: User | None, reason: str) -> Definition:
    """Publish the next version of the terms out of YAML; the same words as the newest change nothing.

    Raises Refused without the right, a reason, the next number or the name that the groups have, BadInput with the
    line for what no group could ask for. Nobody is moved: changes come by approval only.
    """
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why the terms change: the audit keeps it")
    terms = read_terms(text)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('groups', 0))")
    newest = terms_definition()
    if newest is not None and terms_of(newest) == msgspec.structs.replace(terms, version=newest.version):
        return newest
    _check_place(terms, newest)
    definition, _ = store(GROUPS, terms.groups, msgspec.to_builtins(terms))
    subject, detail = f"{GROUPS} {terms.groups} {terms.version}", {"sha256": definition.sha256}
    record("publish groups", "definition", subject, actor, reason.strip(), detail)
    return definition


def _check_place(terms: Terms, newest: Definition | None) -> None:
    if newest is not None and newest.name != terms.groups:
        raise Refused(
            f"the groups are called {newest.name}: there is one set of them, so name yours the same"
        )
    number = newest.version + 1 if newest else 1
    if terms.version != number:
        raise Refused(f"these terms would be version {number}, not {terms.version}: number them so")
    if Definition.objects.filter(kind=SCHEME, name=terms.groups).exists():
        raise Refused(f"{terms.groups} is a scheme of tiers: give the groups another name")


def _unknown(threshold: Threshold) -> str:
    """Why nobody could tell the figure that a threshold asks for; empty where somebody could."""
    name = threshold.measure
    if not name.startswith(FACT):
        return "" if name in catalogue.BY_NAME else f"there is no measure {name}"
    tree, wanted = classes(), name.removeprefix(FACT)
    if wanted not in tree:
        return f"the taxonomy has no class {wanted}"
    holds = tree.at(wanted).holds
    return "" if holds in NUMBERS else f"{wanted} holds a {holds or 'part of the tree'}, which is no number"


def _check_words(terms: Terms) -> None:
    name = terms.groups
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        raise BadInput(f"the name of the groups has 1 to {LONGEST_NAME} letters without spaces around them")
    for code, words in terms.reasons.items():
        if ":" in code or code != code.strip() or len(code) > LONGEST_NAME or len(words) > LONGEST_WORDS:
            raise BadInput(
                f"the reason {code[:LONGEST_NAME]!r}: its code has at most {LONGEST_NAME} letters, no colon and no "
                f"spaces around it, its words at most {LONGEST_WORDS} letters"
            )
