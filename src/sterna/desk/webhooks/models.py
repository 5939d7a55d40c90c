"""Where other systems want to hear of moves, and the outbox of signed messages to them."""

from django.db import models

from sterna.desk.config.ids import new_id


class Endpoint(models.Model):
    """The address of a receiver, and which messages it is told.

    An empty filter lets everything through. The secret stands nowhere: it is made anew out of `salt` under the
    installation's own secret, and `fingerprint` tells whether it is still the one that was shown.
    """

    class State(models.TextChoices):
        ENABLED = "enabled", "Enabled"
        DISABLED = "disabled", "Disabled"
        # By Sterna: the receiver said 410, or did not take a message for days.
        GONE = "gone", "Disabled after a 410"
        FAILING = "failing", "Disabled, took nothing"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80, unique=True)
    url = models.CharField(max_length=500)
    types = models.JSONField()
    schemes = models.JSONField(default=list)
    kinds = models.JSONField(default=list)
    # As "scheme/place": a move counts when it leads there or away from there.
    places = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ENABLED)
    salt = models.BinaryField(max_length=32)
    fingerprint = models.CharField(max_length=32)
    former_salt = models.BinaryField(max_length=32, null=True)
    former_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    # By the clock of the database, like everything that says when to send.
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    rests_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)


class Message(models.Model):
    """One message to one endpoint, as it is sent however often that takes; its id is that of its natural key.

    `turn` counts what one endpoint is told of a customer, a scheme and a day. It waits until `due_at`, and while
    `lease_until` has not passed a sender holds it. `answer` is how the receiver's last answer began, or why none came.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="messages", db_index=False)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.CASCADE, null=True, related_name="webhook_messages"
    )
    type = models.CharField(max_length=40)
    scheme = models.CharField(max_length=80, blank=True)
    on = models.DateField(null=True)
    turn = models.IntegerField(default=1)
    data = models.JSONField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    claim = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    status = models.IntegerField(null=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=("endpoint", "due_at"), name="message_due", condition=models.Q(state="waiting")
            ),
            models.Index(fields=("endpoint", "made_at", "id"), name="message_in_order"),
            models.Index(fields=("scheme", "on"), name="message_by_day"),
        )
