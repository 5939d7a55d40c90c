"""Values as a run published them, each figure NULL where it is unknown, and the credits that staff recorded."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from sterna.desk.config.ids import new_id


def _money() -> models.DecimalField:
    return models.DecimalField(max_digits=18, decimal_places=2, null=True)


def _count() -> models.BigIntegerField:
    return models.BigIntegerField(null=True)


def _real() -> models.FloatField:
    return models.FloatField(null=True)


def _text() -> models.CharField:
    return models.CharField(max_length=200, null=True)


class Worth(models.Model):
    """Every measure of a customer as of one run, named as in the engine's catalogue; NULL is unknown."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="worths")
    first_seen_on = models.DateField(null=True)
    first_order_on = models.DateField(null=True)
    last_order_on = models.DateField(null=True)
    orders_total = models.BigIntegerField(null=True)
    spend_total = _money()
    spend = _money()
    spend_before = _money()
    revenue = _money()
    discounts = _money()
    returns = _money()
    cost = _money()
    margin = _money()
    uncategorized = _money()
    orders = _count()
    recency_days = _count()
    tenure_days = _count()
    breadth = _count()
    contacts_in = _count()
    contacts_out = _count()
    order_frequency = _real()
    category_entropy = _real()
    contact_frequency = _real()
    alive = _real()
    expected_orders = _real()
    expected_orders_low = _real()
    expected_orders_high = _real()
    expected_order_value = _money()
    expected_spend = _money()
    expected_spend_low = _money()
    expected_spend_high = _money()
    lifetime_value = _money()
    lifetime_value_low = _money()
    lifetime_value_high = _money()
    wallet_low = _money()
    wallet = _money()
    wallet_high = _money()
    share_of_wallet = _real()
    wallet_confidence = _real()
    wallet_source = models.CharField(max_length=120, null=True)
    wallet_on = models.DateField(null=True)
    headroom_low = _money()
    headroom = _money()
    headroom_high = _money()
    headroom_source = models.CharField(max_length=120, null=True)
    potential = _money()
    influence_low = _money()
    influence = _money()
    by_referral = _money()
    by_influence = _money()
    by_knowledge = _money()
    newcomers = _count()
    top_category = models.CharField(max_length=120, null=True)
    room_category = models.CharField(max_length=120, null=True)
    discounts_reason = _text()
    profit_reason = _text()
    order_reason = _text()
    breadth_reason = _text()
    contact_reason = _text()
    forecast_reason = _text()
    alive_reason = _text()
    wallet_reason = _text()
    headroom_reason = _text()
    influence_reason = _text()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run_id", "customer"), name="worth_once_a_run"),)
        # Of each order that pages show; an index on (run, figure, key) serves it both ways and from any row on.
        indexes = (
            *(
                models.Index(fields=("run_id", column, "id"), name=f"worth_in_{column}")
                for column in ("spend", "headroom", "orders", "recency_days", "expected_spend", "breadth")
            ),
            # Few of many bring anybody.
            models.Index(
                fields=("run_id", "influence_low", "id"),
                condition=Q(newcomers__gt=0),
                name="worth_influential",
            ),
        )


class CategoryRoom(models.Model):
    """A customer's spend, peers' spend and headroom in one category as of one run; the largest five are kept."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="rooms")
    category = models.CharField(max_length=120)
    own = _money()
    peer = _money()
    headroom = _money()
    peers = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run_id", "customer", "category"), name="room_once_a_run"),
        )


class Model(models.Model):
    """How a run made something: a fitted model, a back-test, the wallets, the credits, a list of best customers."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    name = models.CharField(max_length=80)
    body = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run_id", "name"), name="model_once_a_run"),)


class HouseholdWallet(models.Model):
    """The wallet of a household as of one run: known members added up, the others counted."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    household = models.ForeignKey("customers.Household", on_delete=models.CASCADE, related_name="wallets")
    members = models.BigIntegerField()
    unknown = models.BigIntegerField()
    own = _money()
    own_known = _money()
    low = _money()
    mid = _money()
    high = _money()
    headroom = _money()
    share = _real()
    reason = _text()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("run_id", "household"), name="household_wallet_once_a_run"),
        )


class Credit(models.Model):
    """That a newcomer came because of a customer, wholly or by a share; it stays with the two it was said of.

    `came_anyway` and the amounts are NULL where nobody can say. `saved` is what acquiring the newcomer would have cost
    otherwise, `cost` what was paid for the credit: money of the program. A row never changes but for its withdrawal.
    """

    class Kind(models.TextChoices):
        REFERRAL = "referral", "Referral"
        INFLUENCE = "influence", "Influence"
        KNOWLEDGE = "knowledge", "Knowledge"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    newcomer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="credits_for")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="credits")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    share = models.DecimalField(max_digits=5, decimal_places=4)
    came_anyway = models.BooleanField(null=True)
    saved = _money()
    cost = _money()
    said_on = models.DateField()
    why = models.TextField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    key = models.CharField(max_length=80, null=True, unique=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="credit_share"),
            models.CheckConstraint(
                condition=(Q(saved=None) | Q(saved__gte=0)) & (Q(cost=None) | Q(cost__gte=0)),
                name="credit_money",
            ),
            models.UniqueConstraint(
                fields=("newcomer", "customer", "kind"), condition=Q(withdrawn_at=None), name="credit_once"
            ),
        )
