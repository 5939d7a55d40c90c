"""What is known of customers: facts with where they are from, the taxonomy, the rules, and what staff notes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from sterna.desk.config.ids import new_id
from sterna.desk.customers.models.people import SourceRecord

LONGEST_VALUE = 300


def _person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")


class Published(models.Model):
    """A document as it was published, which the database keeps as it is: by whom, when, why, and its text."""

    id = models.BigAutoField(primary_key=True)
    version = models.IntegerField()
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    source_text = models.TextField()
    reason = models.TextField()
    published_by = _person()
    published_at = models.DateTimeField()

    class Meta:
        abstract = True


class TaxonomyVersion(Published):
    """A published taxonomy; the one with the highest id is in force."""

    name = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("name", "version"), name="taxonomy_version_once"),)


class RulesVersion(Published):
    """Published rules of inference; of a taxonomy those with the highest id count."""

    taxonomy = models.CharField(max_length=60)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("taxonomy", "version"), name="rules_version_once"),)


class ContactNote(models.Model):
    """What somebody of the staff wrote down of a contact with a customer; the same message id is the same note."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="notes")
    touchpoint = models.CharField(max_length=60)
    medium = models.CharField(max_length=20)
    direction = models.CharField(max_length=10)
    purpose = models.CharField(max_length=20)
    text = models.TextField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    author = _person()
    message_id = models.CharField(max_length=200, unique=True)
    retracted_at = models.DateTimeField(null=True)
    retracted_by = _person()
    retracted_reason = models.TextField(blank=True)


class Fact(models.Model):
    """Something a source says of a customer, or a rule infers: what, when it was so, when and from whom we heard it.

    Bi-temporal: `observed_on` is when it was so, `recorded_at` when we came to know, `retracted_at` when we ceased to
    hold it. A row never changes but for its retraction. From `expires_on` on it holds no more. One that was inferred
    names the rule with its version, and its parents by `FactParent`.
    """

    id = models.BigAutoField(primary_key=True)
    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="facts")
    fact_class = models.CharField(max_length=80)
    value = models.CharField(max_length=LONGEST_VALUE)
    source = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40)
    observed_on = models.DateField()
    recorded_at = models.DateTimeField()
    confidence = models.FloatField(default=1.0)
    sensitivity = models.CharField(max_length=12, db_default="none", default="none")
    expires_on = models.DateField(null=True)
    touchpoint = models.CharField(max_length=60, blank=True, db_default="", default="")
    heard_by = _person()
    note = models.ForeignKey(ContactNote, null=True, on_delete=models.PROTECT, related_name="facts")
    rules = models.ForeignKey(RulesVersion, null=True, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=50, blank=True, db_default="", default="")
    retracted_at = models.DateTimeField(null=True)
    retracted_by = _person()
    retracted_reason = models.TextField(blank=True, db_default="", default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("source_record", "fact_class", "source", "observed_on", "value"),
                # What a rule makes is kept once by the inference itself.
                condition=Q(retracted_at=None, rule=""),
                name="fact_once",
            ),
        )
        indexes = (
            models.Index(
                fields=("fact_class", "source_record"), condition=Q(retracted_at=None), name="fact_by_class"
            ),
        )


class FactParent(models.Model):
    """A fact that an inferred one rests on."""

    id = models.BigAutoField(primary_key=True)
    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, related_name="parents")
    parent = models.ForeignKey(Fact, on_delete=models.CASCADE, related_name="children")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("fact", "parent"), name="fact_parent_once"),)


class FactRefusal(models.Model):
    """Facts of one class from one source that were not kept, with the reason; the same again only counts up."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=20)
    fact_class = models.CharField(max_length=80)
    source = models.CharField(max_length=60)
    reason = models.TextField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.BigIntegerField(default=1)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("code", "fact_class", "source"), name="fact_refusal_once"),
        )


class ClassCount(models.Model):
    """How full every class was at a moment: of how many customers something was known, fresh or at all.

    `body` holds of each class (customers with something fresh, with anything, day of the newest, facts of its own).
    """

    id = models.BigAutoField(primary_key=True)
    # None while the shipped taxonomy is used, which has no row.
    taxonomy = models.ForeignKey(TaxonomyVersion, null=True, on_delete=models.CASCADE, related_name="+")
    on = models.DateField()
    counted_at = models.DateTimeField()
    customers = models.BigIntegerField()
    body = models.JSONField()


class FactProposal(models.Model):
    """A fact that a note seems to hold, with the words it stands in; it counts once a person confirms it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        CONFIRMED = "confirmed", "Confirmed"
        REFUSED = "refused", "Refused"

    id = models.BigAutoField(primary_key=True)
    note = models.ForeignKey(ContactNote, on_delete=models.CASCADE, related_name="proposals")
    fact_class = models.CharField(max_length=80)
    value = models.CharField(max_length=LONGEST_VALUE, null=True)
    denied = models.BooleanField()
    confidence = models.FloatField()
    quote = models.TextField()
    start = models.IntegerField()
    end = models.IntegerField()
    reason = models.TextField()
    observed_on = models.DateField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    decided_by = _person()
    decided_at = models.DateTimeField(null=True)
    fact = models.ForeignKey(Fact, null=True, on_delete=models.PROTECT, related_name="proposals")

    class Meta:
        indexes = (models.Index(fields=("note",), condition=Q(state="open"), name="proposal_open"),)
