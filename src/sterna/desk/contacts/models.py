"""The send ledger: what is due to whom, what became of it, and why somebody was left out."""

from django.conf import settings
from django.db import models

from sterna.desk.config.ids import new_id

# The state of a receipt by which the customer took what a contact offered; the contact itself stays as it is.
ACCEPTED = "accepted"


class Contact(models.Model):
    """One contact with one customer. The natural key is unique for ever: no crash or rerun makes two of one."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RESERVED = "reserved", "Reserved"
        HANDED_OVER = "handed over", "Handed over"
        CONFIRMED = "confirmed", "Confirmed"
        FAILED = "failed", "Failed"
        # Bytes may have been taken and no answer came: marketing is not sent again, a person looks.
        UNKNOWN = "unknown", "Unknown"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    natural_key = models.CharField(max_length=240, unique=True)
    plan = models.ForeignKey("plans.Plan", on_delete=models.PROTECT, related_name="contacts")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="contacts")
    goal = models.CharField(max_length=80)
    asset = models.CharField(max_length=80)
    medium = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    direction = models.CharField(max_length=10, default="outbound")
    experiment = models.CharField(max_length=120, blank=True)
    run_id = models.UUIDField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    due_on = models.DateField()
    expires_on = models.DateField()
    address = models.CharField(max_length=400)
    reason = models.TextField()
    cost = models.DecimalField(max_digits=18, decimal_places=2)
    planned_at = models.DateTimeField()
    # Who holds a reserved contact and until when. Leases and waits run on the database's own clock: under a pretended
    # present that stands still they would never end.
    claim = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    # Set before the first byte leaves. A lease that ends with it set may have reached somebody.
    handing_at = models.DateTimeField(null=True)
    # After a temporary failure: not tried again before.
    not_before = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    handed_over_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    # What was said to this customer, kept as it was rendered when it left.
    subject = models.TextField(blank=True)
    text = models.TextField(blank=True)
    used_facts = models.JSONField(default=list)

    class Meta:
        indexes = (
            models.Index(fields=("state", "due_on", "id"), name="contact_to_send"),
            models.Index(fields=("run_id", "asset", "medium"), name="contact_by_asset"),
        )


class Receipt(models.Model):
    """An answer of a channel about one contact, in the order it came."""

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="receipts")
    at = models.DateTimeField()
    state = models.CharField(max_length=12)
    reference = models.CharField(max_length=300, blank=True)
    detail = models.TextField(blank=True)


class LeftOut(models.Model):
    """Why a run planned no contact for a customer, as a code and in words."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="left_out")
    goal = models.CharField(max_length=80, blank=True)
    asset = models.CharField(max_length=80, blank=True)
    reason_code = models.CharField(max_length=40)
    reason = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run_id", "customer"), name="left_out_once_a_run"),)
        indexes = (models.Index(fields=("run_id", "reason_code"), name="left_out_by_reason"),)


class Task(models.Model):
    """Something a person does for one contact, such as a phone call, by a day."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        NOT_REACHED = "not reached", "Not reached"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, related_name="task")
    due_on = models.DateField()
    script = models.TextField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT)
    note = models.TextField(blank=True)
