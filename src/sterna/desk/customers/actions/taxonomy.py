"""Publishes the taxonomy and the rules of inference: new versions with a reason; nothing in use vanishes unsaid."""

from collections.abc import Collection
from typing import NamedTuple

from django.db import connection, transaction

from sterna.desk.audit.actions import record
from sterna.desk.config import clock
from sterna.desk.config.refused import Refused
from sterna.desk.customers import shipped
from sterna.desk.customers.actions.counting import count_soon
from sterna.desk.customers.models import RulesVersion, TaxonomyVersion
from sterna.desk.customers.queries.taxonomy import classes, rules_in_force, uses
from sterna.desk.users.access import Right, demand
from sterna.desk.users.models import User
from sterna.engine.errors import BadInput
from sterna.engine.profiles.inference import RuleBook, check_rules, load_rules
from sterna.engine.profiles.inference import body as body_of_rules
from sterna.engine.profiles.inference import sha as sha_of_rules
from sterna.engine.taxonomy import Tree, body, load

# One publication at a time: two would else both check against the version before.
PUBLISHING = 5_307_105
STARTING = "An installation starts with the shipped example"


class InForce(NamedTuple):
    """The taxonomy and the rules by which facts are kept now, each with its row."""

    taxonomy: TaxonomyVersion
    classes: Tree
    rules: RulesVersion
    book: RuleBook


@transaction.atomic
def in_force() -> InForce:
    """What is in force; the first call of an installation writes down the shipped example as published."""
    taxonomy = TaxonomyVersion.objects.order_by("-id").first()
    rules = RulesVersion.objects.filter(taxonomy=taxonomy.name).order_by("-id").first() if taxonomy else None
    if taxonomy is None or rules is None:
        return _start()
    return InForce(taxonomy, classes(), rules, rules_in_force(taxonomy.name)[1])


def _start() -> InForce:
    """Write down what is missing of what is in force; whoever comes at the same moment waits and finds it there."""
    _lock()
    taxonomy = TaxonomyVersion.objects.order_by("-id").first()
    if taxonomy is None:
        source_text = shipped.text(f"{shipped.FIRST}.yaml")
        taxonomy = _store_taxonomy(shipped.tree(), source_text, STARTING, None)
    tree = classes()
    rules, book = rules_in_force(tree.taxonomy.name)
    if rules is None:
        rules = _store_rules(book, shipped.rules_text(tree.taxonomy.name), STARTING, None)
    return InForce(taxonomy, tree, rules, book)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [PUBLISHING])


@transaction.atomic
def publish_taxonomy(
    text: str, reason: str, actor: User | None, vanishing: Collection[str] = ()
) -> TaxonomyVersion:
    """Put the taxonomy in the YAML `text` in force; the same content again changes nothing.

    Raises Refused without the right or a reason, for a version that is not above the last, for one that the rules in
    force do not fit, and when a class vanishes that something uses or has facts of: the refusal names each use. Name
    the class in `vanishing` to let it go all the same; its facts stay and count no more.
    """
    _begin(reason, actor)
    tree = _read(text)
    if not TaxonomyVersion.objects.exists():
        return _store_taxonomy(tree, text, reason, actor)
    before = in_force()
    if before.taxonomy.sha256 == tree.sha256:
        return before.taxonomy
    if tree.taxonomy.name == before.taxonomy.name and tree.version <= before.taxonomy.version:
        raise Refused(
            f"version {tree.version} of {tree.taxonomy.name} is not above {before.taxonomy.version}, which is in "
            "force: give it the next number"
        )
    if tree.taxonomy.name == before.taxonomy.name:
        _require_fit(before.book, tree)
    _refuse_vanishing(before.classes, tree, set(vanishing))
    return _store_taxonomy(tree, text, reason, actor)


def _read(text: str) -> Tree:
    try:
        return Tree(load(text))
    except BadInput as error:
        raise Refused(str(error)) from error


def _refuse_vanishing(before: Tree, after: Tree, agreed: set[str]) -> None:
    gone = [name for name in before.ids() if name not in after and name not in agreed]
    if not gone:
        return
    users: dict[str, list[str]] = {name: [] for name in gone}
    # Rules are of one taxonomy and go with it; a new version of it was checked against them already.
    for use in uses():
        if use.fact_class in users and use.kind != "rule":
            users[use.fact_class].append(use.sentence)
    for name, many in _held(gone).items():
        users[name].append(f"{many:,} facts")
    for name in gone:
        if users[name]:
            raise Refused(
                f"{name} would vanish and is used by {', '.join(users[name])}: keep it, or say that it goes"
            )


def _held(names: Collection[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select fact_class, count(*) from customers_fact where retracted_at is null and fact_class = any(%s) "
            "group by fact_class order by fact_class",
            [list(names)],
        )
        return dict(cursor.fetchall())


def _store_taxonomy(tree: Tree, text: str, reason: str, actor: User | None) -> TaxonomyVersion:
    name = tree.taxonomy.name
    if TaxonomyVersion.objects.filter(name=name, version=tree.version).exists():
        raise Refused(f"version {tree.version} of {name} was published before: give it the next number")
    stored = TaxonomyVersion.objects.create(
        name=name,
        version=tree.version,
        body=body(tree.taxonomy),
        sha256=tree.sha256,
        source_text=text,
        reason=reason,
        published_by=actor,
        published_at=clock.now(),
    )
    count_soon()
    record("publish taxonomy", "taxonomy", f"{name} {tree.version}", actor, reason, {"sha256": tree.sha256})
    return stored


@transaction.atomic
def publish_rules(text: str, reason: str, actor: User | None) -> RulesVersion:
    """Put the rules of inference in the YAML `text` in force for their taxonomy; the same content changes nothing.

    What is inferred follows at the next turn of the nightly job, or at once for whom something is heard of. Raises
    Refused without the right or a reason, for a version that is not above the last, and for rules that do not fit.
    """
    _begin(reason, actor)
    try:
        book = load_rules(text)
    except BadInput as error:
        raise Refused(str(error)) from error
    now = in_force()
    _require_fit(book, now.classes)
    if now.rules.sha256 == sha_of_rules(book):
        return now.rules
    if book.version <= now.rules.version:
        raise Refused(
            f"version {book.version} of the rules is not above {now.rules.version}, which is in force: give them the "
            "next number"
        )
    return _store_rules(book, text, reason, actor)


def _begin(reason: str, actor: User | None) -> None:
    demand(actor, Right.MANAGE)
    if not reason.strip():
        raise Refused("write why: whoever wonders next year what changed will want to know")
    _lock()


def _require_fit(book: RuleBook, tree: Tree) -> None:
    found = check_rules(book, tree)
    if found:
        raise Refused(f"the rules of inference do not fit: {found[0].message}; {found[0].mend}")


def _store_rules(book: RuleBook, text: str, reason: str, actor: User | None) -> RulesVersion:
    stored = RulesVersion.objects.create(
        taxonomy=book.name,
        version=book.version,
        body=body_of_rules(book),
        sha256=sha_of_rules(book),
        source_text=text,
        reason=reason,
        published_by=actor,
        published_at=clock.now(),
    )
    record("publish rules", "rules", f"{book.name} {book.version}", actor, reason, {"sha256": stored.sha256})
    return stored
