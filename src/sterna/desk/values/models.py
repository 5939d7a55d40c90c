"""Values as a run published them: one row a customer and run, each figure NULL where it is unknown."""

from django.db import models


def _money() -> models.DecimalField:
    return models.DecimalField(max_digits=18, decimal_places=2, null=True)


class Worth(models.Model):
    """What a customer gives, is expected to give, and could give, as of one run."""

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
    orders = models.BigIntegerField(null=True)
    recency_days = models.BigIntegerField(null=True)
    breadth = models.BigIntegerField(null=True)
    alive = models.FloatField(null=True)
    expected_orders = models.FloatField(null=True)
    expected_order_value = models.FloatField(null=True)
    expected_spend = _money()
    headroom = _money()
    potential = _money()
    top_category = models.CharField(max_length=120, null=True)
    room_category = models.CharField(max_length=120, null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run_id", "customer"), name="worth_once_a_run"),)
        # Of each order that pages show; an index on (run, figure, key) serves it both ways and from any row on.
        indexes = tuple(
            models.Index(fields=("run_id", column, "id"), name=f"worth_in_{column}")
            for column in ("spend", "headroom", "orders", "recency_days", "expected_spend", "breadth")
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
    """A fitted model of one run: its name, parameters, how well it fits, and where it stands at a boundary."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    name = models.CharField(max_length=40)
    body = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run_id", "name"), name="model_once_a_run"),)
