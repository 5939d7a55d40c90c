"""How a run treats each customer of a segment, and how many stand in each cell of the grid."""

from django.db import models


class Treatment(models.Model):
    """Where one customer stands in the grid of a scheme of segments as of a run, and the level of that cell.

    A figure is NULL where it is unknown. At most `contacts` that promote leave in `days`.
    """

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    scheme = models.CharField(max_length=80)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="treatments")
    segment = models.CharField(max_length=80)
    value_band = models.CharField(max_length=80)
    potential_band = models.CharField(max_length=80)
    value_figure = models.DecimalField(max_digits=28, decimal_places=12, null=True)
    potential_figure = models.DecimalField(max_digits=28, decimal_places=12, null=True)
    personalization = models.CharField(max_length=12)
    contacts = models.IntegerField()
    days = models.IntegerField()
    retention = models.CharField(max_length=12)

    class Meta:
        app_label = "segments"
        constraints = (
            models.UniqueConstraint(fields=("run_id", "scheme", "customer"), name="treatment_once_a_run"),
        )
        indexes = (
            models.Index(
                fields=("run_id", "scheme", "segment", "value_band", "potential_band"),
                name="treatment_by_cell",
            ),
            models.Index(fields=("run_id", "scheme", "segment", "retention"), name="treatment_by_retention"),
        )


class TreatmentCell(models.Model):
    """How many customers a run put in one cell of a segment's grid, and the level they got."""

    id = models.BigAutoField(primary_key=True)
    run_id = models.UUIDField()
    scheme = models.CharField(max_length=80)
    segment = models.CharField(max_length=80)
    value_band = models.CharField(max_length=80)
    potential_band = models.CharField(max_length=80)
    personalization = models.CharField(max_length=12)
    contacts = models.IntegerField()
    days = models.IntegerField()
    retention = models.CharField(max_length=12)
    customers = models.BigIntegerField()

    class Meta:
        app_label = "segments"
        constraints = (
            models.UniqueConstraint(
                fields=("run_id", "scheme", "segment", "value_band", "potential_band"),
                name="treatment_cell_once_a_run",
            ),
        )
