"""What the app keeps of a person: identifiers, edges, facts, consents, addresses, households, words of their own."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, UUIDField

from sterna.desk.config.personal import Erased, Impersonal, Keeper, Sheet, Subject, pattern
from sterna.desk.customers import hanging
from sterna.desk.customers.actions.removing import remove, rename
from sterna.desk.customers.models import (
    Address,
    BlockedValue,
    Consent,
    ContactNote,
    Customer,
    CustomerRequest,
    Fact,
    FactProposal,
    FactRefusal,
    Household,
    HouseholdMember,
    IdentityDecision,
    IdentityEdge,
    IdentityRefusal,
    Occasion,
    Question,
    ReviewPair,
    SharedValue,
    SourceRecord,
)

GONE = "(erased)"
# They tell of somebody else too: of the pair that waits for a steward, of the identifier that was left apart.
OF_OTHERS = (
    "customers.ReviewPair",
    "customers.Followed",
    "customers.IdentityRefusal",
    "customers.IdentityEdge",
)
# What staff writes in their own words may name somebody beside whom it is of.
WRITTEN = {
    ContactNote: ("text", "retracted_reason"),
    FactProposal: ("quote", "value", "reason"),
    Fact: ("retracted_reason",),
    CustomerRequest: ("words", "promise", "outcome"),
    Question: ("words", "answer"),
    Occasion: ("whose", "retracted_reason"),
    HouseholdMember: ("reason",),
    ReviewPair: ("reason",),
}


def collect(subject: Subject) -> Iterator[str]:
    """Ids of notes, requests, questions and the like: the audit names what was done to them by these."""
    for model in hanging.hanging("customers"):
        if isinstance(model._meta.pk, UUIDField):
            yield from map(str, hanging.rows(model, subject).values_list("pk", flat=True))


def export(subject: Subject) -> list[Sheet]:
    """Who the person is, why, and what is known and allowed; nothing of anybody else."""
    edges = IdentityEdge.objects.filter(left__in=subject.records, right__in=subject.records)
    return [
        Sheet(
            "customers_customer",
            "The person as one customer, with ids that lead there.",
            list(Customer.objects.filter(pk__in=subject.customers).order_by("pk").values()),
        ),
        Sheet(
            "customers_sourcerecord",
            "What each source calls the person.",
            list(SourceRecord.objects.filter(pk__in=subject.records).order_by("sequence").values()),
        ),
        Sheet(
            "customers_identityedge",
            "Why these are taken for one person, with the evidence.",
            list(edges.order_by("pk").values()),
        ),
        *hanging.sheets("customers", subject, OF_OTHERS),
    ]


def erase(subject: Subject) -> list[Erased]:
    """Remove the person's records; what others share with them is kept and no longer names them."""
    return [each for each in _erased(subject) if each.number]


def _erased(subject: Subject) -> Iterator[Erased]:
    yield _decisions(subject)
    homes = list(
        HouseholdMember.objects.filter(customer__in=subject.customers).values_list("household", flat=True)
    )
    refusals = IdentityRefusal.objects.filter(identifier__in=subject.keys)
    yield Erased("customers_identityrefusal", "removed", refusals.delete()[0])
    yield from remove("customers", subject)
    yield from _households(homes, subject)
    yield from rename(WRITTEN, subject)
    yield _unblocked(subject)
    for side in ("one", "two"):
        found = SharedValue.objects.filter(**{f"{side}__in": subject.keys})
        yield Erased("customers_sharedvalue", "replaced", found.update(**{side: subject.pseudonym}))
    yield from _said_of_classes(subject)
    for model in (Consent, Address):
        # Said when the record was part of this customer; it is somebody else's since a split.
        strays = model.objects.filter(customer__in=subject.customers)
        for stray in strays.select_related("source_record"):
            if stray.source_record is not None:
                model.objects.filter(pk=stray.pk).update(customer=stray.source_record.customer_id)
    records = SourceRecord.objects.filter(pk__in=subject.records)
    yield Erased("customers_sourcerecord", "removed", records.delete()[0])
    lonely = Customer.objects.filter(pk__in=subject.customers, source_records=None)
    lonely.update(redirects_to=None)
    yield Erased("customers_customer", "removed", lonely.delete()[0])


def _decisions(subject: Subject) -> Erased:
    """What a steward wrote of a merge or split of this person."""
    touched = IdentityEdge.objects.filter(Q(left__in=subject.records) | Q(right__in=subject.records))
    named = IdentityDecision.objects.filter(pk__in=touched.exclude(decision=None).values("decision"))
    named.exclude(undone_reason="").update(undone_reason=GONE)
    return Erased(
        "customers_identitydecision", "replaced", named.exclude(reason=GONE).update(reason=GONE, key=None)
    )


def _households(homes: list[Any], subject: Subject) -> Iterator[Erased]:
    empty = Household.objects.filter(pk__in=homes, members=None)
    yield Erased("customers_household", "removed", empty.delete()[0])
    said = pattern(subject.keys)
    # Why somebody lived with them is told of them too: there a first name is enough to tell who is meant.
    told = pattern(subject.parts)
    for stay in HouseholdMember.objects.filter(household__in=homes).exclude(reason=""):
        reason = told.sub(subject.pseudonym, stay.reason) if told else stay.reason
        if reason != stay.reason:
            HouseholdMember.objects.filter(pk=stay.pk).update(reason=reason)
            yield Erased("customers_householdmember", "replaced", 1)
    for home in Household.objects.filter(pk__in=homes):
        key = said.sub(subject.pseudonym, home.key) if said else home.key
        if key != home.key:
            Household.objects.filter(pk=home.pk).update(key=key)
            yield Erased("customers_household", "replaced", 1)


def _unblocked(subject: Subject) -> Erased:
    """A blocked value that was theirs: what is on the list of the erased needs no second bar."""
    values = {value.lower() for value in subject.values}
    others = SourceRecord.objects.exclude(pk__in=subject.records).filter(value__in=subject.values)
    own = values - {value.lower() for value in others.values_list("value", flat=True)}
    found = BlockedValue.objects.filter(is_pattern=False, value__in=own)
    return Erased("customers_blockedvalue", "removed", found.delete()[0])


def _said_of_classes(subject: Subject) -> Iterator[Erased]:
    said = pattern(subject.telling)
    for refusal in FactRefusal.objects.all():
        if said and said.search(refusal.reason):
            refusal.delete()
            yield Erased("customers_factrefusal", "removed", 1)


KEEPERS = (
    Keeper(
        "customers",
        models=(
            "customers.Customer",
            "customers.SourceRecord",
            "customers.IdentityDecision",
            "customers.Household",
            "customers.SharedValue",
            "customers.FactRefusal",
            "customers.BlockedValue",
            *hanging.labels("customers"),
        ),
        export=export,
        erase=erase,
        collect=collect,
    ),
    Impersonal("customers.IdentifierKind", "rules of an installation for kinds of identifiers"),
    Impersonal("customers.LinkModel", "weights of levels of likeness, no value of anybody"),
    Impersonal("customers.TaxonomyVersion", "classes of what may be known, of nobody"),
    Impersonal("customers.ClassCount", "how many customers something is known of, by class"),
    Impersonal("customers.RulesVersion", "rules of inference, of nobody"),
    Impersonal("erased.jsonl", "keyed hashes of those who were erased"),
    Impersonal("restoring", "tells that a restore is going on"),
    Impersonal("customers.Erasure", "a person only while an erasure is going on; the receipt names nobody"),
)
