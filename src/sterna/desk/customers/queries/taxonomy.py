"""Reads the taxonomy and the rules of inference in force, and who uses which class."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Max, QuerySet

from sterna.desk.customers import shipped
from sterna.desk.customers.models import FactRefusal, RulesVersion, TaxonomyVersion
from sterna.desk.customers.profiling import CLASSES
from sterna.desk.sources.models import Source
from sterna.engine.profiles.inference import RuleBook, of_body
from sterna.engine.rules import facts_in
from sterna.engine.taxonomy import Tree
from sterna.engine.taxonomy import of_body as document_of_body


@dataclass(frozen=True)
class Use:
    """Something that needs facts of a class: what kind of thing, its name for people, whose it is, how much it counts.

    `importance` is between 0 and 1: 1 where nothing happens without the fact, 0 where it is taken as it comes and
    nobody is asked for it.
    """

    fact_class: str
    kind: str
    title: str
    owner: str
    importance: float

    @property
    def collects(self) -> bool:
        """Whether it brings such facts in, which is no use of them."""
        return self.kind == "source"

    @property
    def sentence(self) -> str:
        """The use in a few words."""
        return f"{self.kind} {self.title}" + (f" of {self.owner}" if self.owner else "")


Provider = Callable[[], Iterable[Use]]
_providers: dict[str, Provider] = {}


def register_uses(name: str, provider: Provider) -> None:
    """Have `provider` tell which classes an upper app uses; called in `ready()`, the last of a name counts."""
    _providers[name] = provider


def forget_uses(name: str) -> None:
    """Take back the registration of a name."""
    _providers.pop(name, None)


def taxonomy_versions() -> QuerySet[TaxonomyVersion]:
    """Every published taxonomy, the one in force first; none while the shipped one is used."""
    return TaxonomyVersion.objects.select_related("published_by").order_by("-id")


def rules_versions() -> QuerySet[RulesVersion]:
    """Every published book of rules, the newest first."""
    return RulesVersion.objects.select_related("published_by").order_by("-id")


def classes() -> Tree:
    """The taxonomy in force; the shipped retail example until one is published."""
    newest = TaxonomyVersion.objects.order_by("-id").values_list("sha256", flat=True).first()
    return shipped.tree() if newest is None else _tree(newest)


def newest_taxonomy() -> int | None:
    """The id of the taxonomy in force; None while the shipped one is used."""
    newest: int | None = TaxonomyVersion.objects.aggregate(newest=Max("id"))["newest"]
    return newest


@lru_cache(maxsize=8)
def _tree(sha256: str) -> Tree:
    # The same hash is the same document, so what was read of it once holds.
    stored = TaxonomyVersion.objects.filter(sha256=sha256).values_list("body", flat=True)[:1]
    return Tree(document_of_body(stored.get()))


def rules_in_force(taxonomy: str) -> tuple[RulesVersion | None, RuleBook]:
    """The newest rules of a taxonomy with their row; the shipped ones, which have none, until some are published."""
    found = RulesVersion.objects.filter(taxonomy=taxonomy).order_by("-id").first()
    return (None, shipped.rules(taxonomy)) if found is None else (found, of_body(found.body))


def uses() -> list[Use]:
    """All that uses facts, by class: rules and sources here, plans and the like as they are registered."""
    found = [*_of_rules(), *_of_sources(), *_of_matching()]
    found += [use for provider in _providers.values() for use in provider()]
    return sorted(found, key=lambda use: (use.fact_class, -use.importance, use.kind, use.title))


def _of_rules() -> Iterable[Use]:
    tree = classes()
    for rule in rules_in_force(tree.taxonomy.name)[1].rules:
        for name in sorted({leaf.fact_class for leaf in facts_in(rule.when)}):
            yield Use(name, "rule", rule.title, tree.taxonomy.owner, 0.25)


def _of_sources() -> Iterable[Use]:
    """A source that collects a class needs it to be there, which is not yet a use of what it collects."""
    for source in Source.objects.exclude(traits={}).order_by("name"):
        for trait, declared in sorted(source.traits.items()):
            yield Use(declared["fact_class"], "source", f"{source.title} ({trait})", "", 0.0)


def _of_matching() -> Iterable[Use]:
    """What customers are told apart by at night, and what names them wherever they are addressed."""
    for name in sorted({*CLASSES} & {*classes().ids()}):
        yield Use(name, "matching", "who is who", "", 0.0)


def fact_refusals() -> QuerySet[FactRefusal]:
    """Facts that were not kept, by class and reason, the latest first."""
    return FactRefusal.objects.order_by("-last_at", "-id")
