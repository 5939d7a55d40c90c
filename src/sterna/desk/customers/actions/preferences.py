"""What customers decide on their own page: who may write to them, how often, about what, and what is true of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Func, Value

from sterna.desk.audit.actions import record
from sterna.desk.config import clock, events
from sterna.desk.config.refused import Refused
from sterna.desk.customers import queries
from sterna.desk.customers.actions.facts import Said, retract_all, say_facts
from sterna.desk.customers.models import (
    Consent,
    Customer,
    Fact,
    LawfulBasis,
    Preference,
    Rating,
    SourceRecord,
)
from sterna.desk.customers.models.people import SEQUENCE
from sterna.desk.customers.signals import PreferencesChanged

SOURCE = "customer"
# The texts that customers are shown, by the name that stands with their word; one that changes gets a new number.
PAGE_WORDING, STOP_WORDING = "own-page-1", "stop-link-1"
WORDINGS = {
    PAGE_WORDING: "Yes, you may write to me or call me for this, in this way, until I take it back here.",
    STOP_WORDING: "Stop: nothing more for this, in this way.",
}
Way = tuple[str, str]  # medium, purpose
_NEXT = Func(Value(SEQUENCE), function="nextval")


@dataclass(frozen=True)
class Choices:
    """What a customer chose: yes or no by (medium, purpose), at most so many contacts, topics not wanted."""

    words: Mapping[Way, bool]
    most_a_month: int | None
    no_topics: Sequence[str]


@transaction.atomic
def choose(customer: Customer, choices: Choices) -> int:
    """Keep what changed, as the customer's own words; returns how many changes. It binds the next contact."""
    held = _held(customer)
    allowed = {(each.medium, each.purpose): each.granted for each in queries.standings(held)}
    changed = {way: said for way, said in choices.words.items() if said != allowed.get(way, False)}
    for (medium, purpose), granted in sorted(changed.items()):
        _say(held, medium, purpose, granted, PAGE_WORDING)
    wishes = _wish(held, choices)
    if changed or wishes:
        words = [
            f"{medium} for {purpose}: {'yes' if yes else 'no'}" for (medium, purpose), yes in changed.items()
        ]
        detail = {"words": sorted(words), **wishes}
        record(
            "change preferences", "customer", str(held.pk), reason="on the customer's own page", detail=detail
        )
        _tell(held, [way for way, yes in changed.items() if not yes])
    return len(changed) + len(wishes)


@transaction.atomic
def stop(customer: Customer, medium: str, purpose: str) -> bool:
    """Keep a no by a link to say no; False when it was no already."""
    held = _held(customer)
    standing = [each for each in queries.standings(held) if (each.medium, each.purpose) == (medium, purpose)]
    if standing and not standing[0].granted:
        return False
    _say(held, medium, purpose, False, STOP_WORDING)
    detail = {"words": [f"{medium} for {purpose}: no"]}
    record("change preferences", "customer", str(held.pk), reason="by the link to stop", detail=detail)
    _tell(held, [(medium, purpose)])
    return True


@transaction.atomic
def rate(customer: Customer, touchpoint: str, score: int) -> None:
    """Keep how the customer found a touchpoint, 1 to 5; the newest takes the place of the one before."""
    if not 1 <= score <= 5:
        raise Refused("a rating is a whole number from 1 to 5")
    Rating.objects.update_or_create(
        source_record=_own_record(_held(customer)),
        touchpoint=touchpoint,
        defaults={"score": score, "said_at": clock.now()},
    )


@transaction.atomic
def correct_fact(customer: Customer, pk: int, value: str) -> None:
    """Take the customer's word for a declared fact: the old one is retracted, the new one is theirs."""
    fact = _own_fact(customer, pk)
    if not value.strip():
        raise Refused("write what is right, or withdraw it")
    said = Said(
        _own_record(customer).pk, fact.fact_class, value.strip(), SOURCE, fact.purpose, clock.today(), clock.now(),
        confidence=1.0,
    )  # fmt: skip
    if value.strip() == fact.value:
        return
    retract_all([fact.pk], "the customer corrected it", None)
    if say_facts([said]).refused:
        raise Refused(f"{value.strip()!r} cannot stand there")


@transaction.atomic
def withdraw_fact(customer: Customer, pk: int) -> None:
    """Hold a declared fact no longer, nor what was inferred from it, nor an older word of the same class."""
    fact = _own_fact(customer, pk)
    of_class = Fact.objects.filter(
        source_record__customer=customer, fact_class=fact.fact_class, retracted_at=None, rule=""
    )
    retract_all(list(of_class.values_list("pk", flat=True)), "the customer withdrew it", None)


def _own_fact(customer: Customer, pk: int) -> Fact:
    fact = Fact.objects.filter(source_record__customer=customer, pk=pk, retracted_at=None).first()
    if fact is None:
        raise Refused("this is not known any more")
    if fact.rule:
        raise Refused("this was concluded from something else: correct that")
    return fact


def _held(customer: Customer) -> Customer:
    """The customer, locked: two pages that are saved at once come one after the other."""
    held = Customer.objects.select_for_update().get(pk=customer.pk)
    return Customer.objects.select_for_update().get(pk=held.redirects_to_id) if held.redirects_to_id else held


def _own_record(customer: Customer) -> SourceRecord:
    """The record that the customer's own words go with: the oldest, so that they follow a merge and a split."""
    found = SourceRecord.objects.filter(customer=customer).order_by("sequence").first()
    if found is None:
        raise Refused("no source has told who this is: there is nothing to keep it with")
    return found


def _say(customer: Customer, medium: str, purpose: str, granted: bool, wording: str) -> None:
    """Keep a word; the same word of the same day is said again, and so the newest."""
    given = {
        "medium": medium,
        "purpose": purpose,
        "source": SOURCE,
        "said_on": clock.today(),
        "granted": granted,
    }
    own = {"source_record": SourceRecord.objects.filter(customer=customer).order_by("sequence").first()}
    own |= {} if own["source_record"] else {"customer": customer}  # type: ignore[dict-item]
    newest = {"recorded_at": clock.now(), "wording": wording, "lawful_basis": LawfulBasis.CONSENT}
    if not Consent.objects.filter(**given, **own).update(sequence=_NEXT, **newest):
        Consent.objects.create(**{"customer": customer, **given, **own, **newest})


def _wish(customer: Customer, choices: Choices) -> dict[str, object]:
    """What of the limit and the topics changed."""
    before = queries.preference(customer)
    topics = sorted(set(choices.no_topics))
    wishes: dict[str, object] = {}
    if choices.most_a_month != (before.most_a_month if before else None):
        wishes["most_a_month"] = choices.most_a_month
    if topics != (before.no_topics if before else []):
        wishes["no_topics"] = topics
    if wishes:
        Preference.objects.update_or_create(
            source_record=_own_record(customer),
            defaults={
                "most_a_month": choices.most_a_month,
                "no_topics": topics,
                "said_at": clock.now(),
                "sequence": _NEXT,
            },
        )
    return wishes


def _tell(customer: Customer, refused: Sequence[Way]) -> None:
    cluster: tuple[UUID, ...] = tuple(queries.cluster_ids(customer))
    events.publish(PreferencesChanged(cluster, frozenset(refused), clock.now()))
