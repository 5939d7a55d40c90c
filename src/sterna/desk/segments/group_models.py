"""What groups A, B and C are made of beside stays: judgements, changes to approve, reasons, blind checks."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from sterna.desk.config.ids import new_id

_GROUP = 4  # A, B, C or none
_KIND = 5  # need, want or value


def _customer(name: str) -> models.ForeignKey:
    return models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name=name)


def _person(null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=null, on_delete=models.PROTECT, related_name="+")


class GroupJudgement(models.Model):
    """What somebody of the staff found of a customer: needs, wants or values what we do, or does not; never changed."""

    id = models.BigAutoField(primary_key=True)
    customer = _customer("group_judgements")
    kind = models.CharField(max_length=_KIND)
    holds = models.BooleanField()
    why = models.TextField()
    on = models.DateField()
    by = _person()
    recorded_at = models.DateTimeField()


class GroupChange(models.Model):
    """A change of group that somebody proposed, with all that the group asks for; nothing moves before it is approved.

    Without `proposed_by` Sterna proposed it. A row never changes but for its decision.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer = _customer("group_changes")
    definition = models.ForeignKey("segments.Definition", on_delete=models.PROTECT, related_name="+")
    from_group = models.CharField(max_length=_GROUP)
    to_group = models.CharField(max_length=_GROUP)
    reason = models.TextField()
    expected_on = models.DateField(null=True)
    next_step = models.TextField(blank=True)
    proposed_by = _person(null=True)
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    decided_by = _person(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_reason = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("customer",), condition=Q(state="open"), name="group_change_open"
            ),
        )


class GroupReason(models.Model):
    """Why a customer is in a group: as it was approved at entry, or said anew at a review; never changed."""

    id = models.BigAutoField(primary_key=True)
    customer = _customer("group_reasons")
    group = models.CharField(max_length=_GROUP)
    is_review = models.BooleanField()
    reason = models.TextField()
    expected_on = models.DateField(null=True)
    next_step = models.TextField(blank=True)
    on = models.DateField()
    by = _person()
    recorded_at = models.DateTimeField()


class AgreementCheck(models.Model):
    """Staff judge the same customers without seeing each other's answers; closed, it tells how far they agree."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    title = models.CharField(max_length=80)
    opened_by = _person()
    opened_at = models.DateTimeField()
    closed_by = _person(null=True)
    closed_at = models.DateTimeField(null=True)
    # Krippendorff's, as it was when it closed; NULL where it cannot be told.
    alpha = models.FloatField(null=True)


class CheckJudge(models.Model):
    """Who of the staff is asked in a check."""

    id = models.BigAutoField(primary_key=True)
    check_of = models.ForeignKey(AgreementCheck, on_delete=models.CASCADE, related_name="judges")
    user = _person()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("check_of", "user"), name="check_judge_once"),)


class CheckCustomer(models.Model):
    """A customer who is judged in a check."""

    id = models.BigAutoField(primary_key=True)
    check_of = models.ForeignKey(AgreementCheck, on_delete=models.CASCADE, related_name="customers")
    customer = _customer("agreement_checks")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("check_of", "customer"), name="check_customer_once"),)


class CheckAnswer(models.Model):
    """The group in which one of the staff sees one customer of a check; it is given once."""

    id = models.BigAutoField(primary_key=True)
    asked = models.ForeignKey(CheckCustomer, on_delete=models.CASCADE, related_name="answers")
    judge = models.ForeignKey(CheckJudge, on_delete=models.CASCADE, related_name="answers")
    group = models.CharField(max_length=1)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("asked", "judge"), name="check_answer_once"),)
